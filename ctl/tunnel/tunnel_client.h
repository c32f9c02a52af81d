/* The FTP client of a tunnel: the server is looked at before, so that none is started on a tunnel
 * that cannot work; and what else is known of the server. */
#pragma once

#include "base/loop.h"
#include "client/ftp_dialogue.h"
#include "status/notice.h"

struct helper;
struct tunnel;

struct probe {
	enum probe_step { PROBE_NONE, PROBE_GREETING, PROBE_USER, PROBE_QUIT, PROBE_OVER } step;
	struct ftp_dialogue ftp;
	struct watch *watch;
	struct timer patience; /* for the answer to QUIT */
	bool serves;           /* there was a greeting, and a USER was answered */
	char text[400];        /* the greeting; or what the server says instead, escaped; or nothing */
	const struct helper *helper; /* while it runs */
	struct sshrun *sftp;   /* is that served where FTP is not? */
	bool sftp_serves;
};

struct notices {
	unsigned told;            /* mask of those that are told once */
	char refusal[NOTICE_MAX]; /* why there is no FTP server, as far as is known */
};

void tunnel_probe(struct tunnel *);  /* ready: look at the server, and then start the client */
void tunnel_probed(struct tunnel *); /* the helper of the probe has ended */
void probe_end(struct probe *);      /* harmless if there is none */
void tunnel_noticed(struct tunnel *, const struct helper *, enum notice, const char *why);
