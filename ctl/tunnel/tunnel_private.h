/* A tunnel, for its parts: each has a header with what is its own. */
#pragma once

#include "base/ratelimit.h"
#include "client/ftp_client.h"
#include "tunnel/masters.h"
#include "tunnel/tunnel.h"
#include "tunnel/tunnel_accept.h"
#include "tunnel/tunnel_client.h"
#include "tunnel/tunnel_far.h"
#include "tunnel/tunnel_helpers.h"
#include "tunnel/tunnel_ssh.h"
#include "tunnel/tunnel_statusd.h"

#define TUNNEL_FAILED 255

enum phase {
	OPENING, /* waiting for the master and the far listeners */
	READY,
	ENDING   /* nobody is let in any more; helpers have their grace */
};

struct tunnel {
	const struct tunnel_setup *setup;
	const struct cmdline *cmdline;
	struct loop *loop;
	struct signals *signals;
	struct masters masters;
	struct master *master; /* the first of them */
	struct ssh_connection ssh;
	struct listener *near;
	struct far_listeners far;
	struct accepts accept;
	struct helpers helpers;
	struct probe probe; /* before the client */
	struct foreground client;
	struct notices notices;
	struct statusd statusd;
	uint64_t started;
	struct watch *parent; /* -f, until we are ready */
	enum phase phase;
	bool over;             /* leave the main loop */
	bool in_background;
	int status;            /* our exit status; -n: to die of signal n */
	char skipped[1024];    /* why the last forward of ssh's configuration is not there */
	struct ratelimit told; /* messages that repeat themselves */
	char trouble[256];     /* the last error, "" = none yet, and when it was */
	uint64_t trouble_at;
};

void tunnel_end(struct tunnel *, int status);
int tunnel_fail(struct tunnel *, const char *why); /* always -1 */
void tunnel_ready(struct tunnel *);
void tunnel_say(struct tunnel *, const char *text); /* not again and again */
void tunnel_signalled(void *tunnel, int signo);
void tunnel_helper_ended(struct tunnel *, const struct helper *, int status); /* its exit status, or 128+n */
int tunnel_open_listeners(struct tunnel *); /* tunnel_open.c: 0, or -1 when the tunnel has been ended */
