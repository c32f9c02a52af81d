/* The running helpers (ftp-over-ssh-helper), one for each control connection. */
#pragma once

#include "master/kept.h"
#include "options/options.h"
#include "options/spec.h"
#include "process/linelog.h"
#include "process/proc.h"

struct tunnel;

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

struct helpers {
	struct helper *first;  /* the latest */
	size_t count, started; /* now; since the beginning */
	struct hostport dials; /* the latest server whose data ports one of them has dialled */
	struct kept kept;
	struct linelog log;    /* not open: their messages go where ours go */
};

int helpers_start(struct tunnel *, const struct session *); /* -1 with errno */
bool helpers_need_masters(const struct helpers *); /* they, or what they have left */
/* Leaves them to themselves; harmless if there are none. ours: the masters, as for kept_close(). */
void helpers_end(struct helpers *, bool ours);
/* How the next one is to dial: as it was asked for; auto: by a proxy connection where the first master is our
 * own, by the requests of `ssh -O forward` where it is the user's, which a proxy connection that ends at the
 * wrong time would kill. Told before there is one, too. By requests also where the first one has refused so much
 * over proxy connections that it has to be spared: it keeps each, and ends with too many (kept_refused()). */
enum forward_method helpers_method(const struct tunnel *);
