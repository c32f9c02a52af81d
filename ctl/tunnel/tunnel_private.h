/* What the parts of a tunnel share: tunnel.c (its life), tunnel_open.c (listeners near us), tunnel_accept.c
 * and tunnel_helpers.c (control connections that come in, and who serves them), tunnel_master.c (the master),
 * tunnel_far.c (listeners on the far side), tunnel_client.c (the FTP client, and what is known of its server),
 * tunnel_status.c and tunnel_statusd.c. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/loop.h"
#include "base/memory.h"
#include "base/ratelimit.h"
#include "client/ftp_client.h"
#include "client/ftp_dialogue.h"
#include "master/kept.h"
#include "master/master.h"
#include "net/listener.h"
#include "process/linelog.h"
#include "status/notice.h"
#include "tunnel/tunnel.h"

#define TUNNEL_FAILED 255
#define TUNNEL_RETRY_MS 5000 /* after the ssh server refused one: the old connection may hold it */

enum phase {
	OPENING, /* waiting for the master and the far listeners */
	READY,
	ENDING   /* nobody is let in any more; helpers have their grace */
};

/* A control connection that has come in. */
struct session {
	int in, out;                /* the caller's */
	bool own_session;           /* keep the terminal's signals away from its helper */
	bool remote, again, unsaid; /* -R; another helper has handed it back; -v says nothing of it */
	char peer[64];              /* the FTP client's address */
	struct hostport server;
};

struct helper {
	struct helper *next;
	struct tunnel *tunnel;
	struct watch *watch;
	int status_fd;             /* our end; closing it ends the helper's session */
	struct proc proc;
	unsigned number;           /* 1 is the first */
	struct kept_by *kept;      /* what it has handed over, should it be killed */
	struct seen *seen;         /* what it has reported: of the status socket; malloc'ed */
	uint64_t started;          /* as loop_now() */
	bool asked;                /* to report now */
	struct session session;    /* in and out are closed */
};

struct tunnel {
	const struct tunnel_setup *setup;
	const struct cmdline *cmdline;
	struct loop *loop;
	struct signals *signals;
	/* The first one, and FtpMasters - 1 more of our own that carry data channels only. Those are started when
	 * the first one is up and our own, nobody is asked anything for them, and one that cannot be had is done
	 * without. Helpers are given them all in this order. */
	struct {
		struct master_settings further; /* of all but the first */
		size_t count;
		struct master one[MASTERS_MAX];
	} masters;
	struct master *master; /* the first of them */
	struct {
		struct helper *first;  /* the latest */
		size_t count, started; /* now; since the beginning */
		struct hostport dials; /* the latest server whose data ports one of them has dialled */
		struct kept kept;
		struct linelog log;    /* not open: their messages go where ours go */
	} helpers;
	struct listener *near;
	struct {
		bool may_ask; /* for the first connection ssh may ask at the terminal (FtpConnect=first) */
		unsigned long refused; /* strangers, so far */
		struct caller *first;  /* who wait for the master */
		size_t waiting;
		struct timer look; /* whether the master is there all the same */
		struct ratelimit told; /* of those who were turned away: why, which names the user */
	} accept;
	struct {
		struct mux *link;  /* while there is something to ask or to be answered */
		struct far *first; /* NULL: there are none */
	} far;
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
	struct {
		enum probe_step { PROBE_NONE, PROBE_GREETING, PROBE_USER, PROBE_QUIT, PROBE_OVER } step;
		struct ftp_dialogue ftp;
		struct watch *watch;
		struct timer patience; /* for the answer to QUIT */
		bool serves;           /* there was a greeting, and a USER was answered */
		char text[400];        /* the greeting; or what the server says instead, escaped; or nothing */
		const struct helper *helper; /* while it runs */
	} probe; /* before it */
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
void tunnel_helper_ended(struct tunnel *, const struct helper *, int status); /* its exit status, or 128+n */

/* tunnel_accept.c: takes fd */
void accept_incoming(void *tunnel, const struct listener *, int fd);
/* Takes fd, which its helper has handed back because the master was gone: it gets one more chance. */
void accept_again(struct tunnel *, const struct helper *, int fd);
/* The master has come up or gone down: start or refuse those who wait. */
void accept_master(struct tunnel *, enum master_state);
void accept_end(struct tunnel *); /* refuses who still waits */

/* tunnel_helpers.c */
void helpers_end(struct tunnel *); /* leaves them to themselves; harmless if there are none */
int helpers_start(struct tunnel *, const struct session *); /* -1 with errno */
bool helpers_need_masters(const struct tunnel *); /* they, or what they have left */
/* How the next one is to dial: as it was asked for; auto: by a proxy connection where the first master is our
 * own, by the requests of `ssh -O forward` where it is the user's, which a proxy connection that ends at the
 * wrong time would kill. Told before there is one, too. By requests also where the first one has refused so much
 * over proxy connections that it has to be spared: it keeps each, and ends with too many (kept_refused()). */
enum forward_method helpers_method(const struct tunnel *);

/* tunnel_open.c: 0, or -1 when the tunnel has been ended */
int tunnel_open_listeners(struct tunnel *);

/* tunnel_master.c */
void tunnel_connect(struct tunnel *);
void masters_begin(struct tunnel *);
void masters_tend(struct tunnel *); /* start anew those that have gone */
void tunnel_reopen_later(struct tunnel *, unsigned ms); /* the far listeners */

/* tunnel_far.c */
/* Add one before the first far_open(); optional: it may be refused. -1 with a message. */
int far_add(struct tunnel *, const struct tunnel_spec *, bool optional, char *why, size_t why_size);
int far_open(struct tunnel *);      /* ask the master for all that are not open; -1 with errno */
void far_cancel(struct tunnel *);   /* close them all; waits for it, 2 s at most */
void far_free(struct tunnel *);     /* all of them: there are none then */
void far_announce(struct tunnel *); /* on stdout, a line for each one that is open on a port not yet told */
void far_lost(struct tunnel *);     /* the master is gone, and so are they */
void far_status(const struct tunnel *, struct bytes *out);

/* tunnel_client.c */
void tunnel_probe(struct tunnel *); /* ready: look at the server, and then start the client */
void tunnel_probed(void *tunnel); /* the helper of the probe has ended */
void tunnel_probe_end(struct tunnel *); /* harmless if there is none */
void tunnel_noticed(struct tunnel *, const struct helper *, enum notice, const char *why);

/* tunnel_status.c: what there is to tell, for statusd_put() */
void tunnel_status(const struct tunnel *, struct bytes *out);
void status_listener(struct bytes *out, const struct hostport *at, const struct hostport *target, bool remote);
void tunnel_status_add(struct status_tunnel *sum, const struct status_session *);

/* tunnel_statusd.c */
void statusd_open(struct tunnel *); /* there may be none: no harm */
void statusd_close(struct tunnel *); /* harmless if it is not open */
bool statusd_put(struct bytes *out, const struct status_record *); /* false: there is no more room */
void statusd_report(struct tunnel *, struct helper *, const void *data, size_t len); /* untrusted */
