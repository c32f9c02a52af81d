/* What the parts of a tunnel share: tunnel.c (its life), tunnel_open.c (listeners near us),
 * tunnel_master.c (the master, and listeners on the far side), tunnel_client.c (the FTP client, and
 * what is known of its server), tunnel_status.c. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "accept/accept.h"
#include "accept/far_listeners.h"
#include "client/foreground.h"
#include "net/listener.h"
#include "status/notice.h"
#include "tunnel/tunnel.h"

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
	struct helpers helpers;
	struct listener *near;
	struct accept accept;
	struct far_listeners far_listeners;
	struct {
		struct listener *listener;
		struct client *first; /* ftp-over-ssh-ctl, each that asks */
		size_t clients;
		struct status_tunnel gone; /* the sums of the sessions that have ended */
	} statusd;
	uint64_t started;
	struct watch *parent; /* -f, until we are ready */
	struct timer reopen, silent;
	enum phase phase;
	bool over;             /* leave the main loop */
	bool in_background;
	bool ends_with_master; /* it is of the ssh whose LocalCommand we are */
	int status;            /* our exit status; -n: to die of signal n */
	char skipped[1024];    /* why the last forward of ssh's configuration is not there */
	struct ratelimit told;    /* messages that repeat themselves */
	char trouble[256];     /* the last error, "" = none yet, and when it was */
	uint64_t trouble_at;
	bool was_up, is_lost;  /* the ssh connection */
	struct proc notify;    /* FtpNotify */
	unsigned noticed;      /* mask of notices that are told once */
	struct foreground client;
	struct probe *probe;   /* before it */
	const struct helper *prober; /* while it runs */
	struct sshrun *sftp;
	bool sftp_serves;
	char refusal[NOTICE_MAX]; /* why there is no FTP server, as far as is known */
	char name[320];        /* for ftp-over-ssh-ctl */
};

/* tunnel.c */
void tunnel_end(struct tunnel *, int status);
int tunnel_fail(struct tunnel *, const char *why); /* always -1 */
void tunnel_ready(struct tunnel *);
void tunnel_say(struct tunnel *, const char *text); /* not again and again */
void tunnel_signalled(void *tunnel, int signo);

/* tunnel_open.c: 0, or -1 when the tunnel has been ended */
int tunnel_open_listeners(struct tunnel *);

/* tunnel_master.c */
void tunnel_connect(struct tunnel *);
void tunnel_close_far(struct tunnel *);
void tunnel_master_changed(void *tunnel, enum master_state);
void tunnel_far_refused(void *tunnel, const struct tunnel_spec *, bool optional, const char *why);
void tunnel_far_settled(void *tunnel);

/* tunnel_client.c */
void tunnel_probe(struct tunnel *); /* ready: look at the server, and then start the client */
void tunnel_probed(void *tunnel); /* the helper of the probe has ended */
void tunnel_client_forget(struct tunnel *);
void tunnel_noticed(void *tunnel, const struct helper *, enum notice, const char *why);

/* tunnel_status.c: what there is to tell; false: there is no more room */
typedef bool tunnel_status_fn(void *arg, const struct status_record *);
void tunnel_status(const struct tunnel *, tunnel_status_fn *, void *arg);
void tunnel_status_add(struct status_tunnel *sum, const struct status_session *);
void tunnel_status_open(struct tunnel *);

/* tunnel_statusd.c */
int statusd_open(struct tunnel *, char *why, size_t why_size); /* -1 with a message: no status, no harm */
void statusd_close(struct tunnel *); /* harmless if it is not open */
void statusd_ended(struct tunnel *, const struct helper *); /* about to be freed */
void statusd_report(void *tunnel, struct helper *, const void *data, size_t len);
