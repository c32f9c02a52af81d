/* The running helpers (ftp-over-ssh-helper), one for each control connection. */
#pragma once

#include "master/kept.h"
#include "master/masters.h"
#include "options/cmdline.h"
#include "process/proc.h"
#include "status/notice.h"

#define HELPER_PEER_MAX 64
struct helper {
	struct helper *next;
	struct helpers *owner;
	struct watch *watch;
	int status_fd;             /* our end; closing it ends the helper's session */
	struct proc proc;
	unsigned number;           /* 1 is the first */
	struct kept_by *kept;      /* what it has handed over, should it be killed */
	void *seen;                /* what it has reported: of the status socket; malloc'ed */
	uint64_t started;          /* as loop_now() */
	bool remote, again, asked; /* -R; another has handed the client back; to report now */
	char peer[HELPER_PEER_MAX]; /* the FTP client's address */
	struct hostport server;
};

struct helper_start {
	int in, out;               /* the control connection; stays the caller's */
	bool own_session;          /* keep the terminal's signals away from it */
	bool remote, again, unsaid; /* as in struct helper; -v says nothing of it */
	const char *peer;
	const struct hostport *server;
};

/* Part of its owner, who fills in all up to arg. */
struct helpers {
	struct loop *loop;
	const char *program;
	const struct cmdline *cmdline;
	const struct masters *masters; /* when one is started the first one is up */
	/* status: its exit status, 128+n when a signal ended it. The helper is freed after it. */
	void (*ended)(void *arg, const struct helper *, int status);
	void (*notice)(void *arg, const struct helper *, enum notice, const char *why);
	void (*report)(void *arg, struct helper *, const void *data, size_t len); /* untrusted */
	void (*back)(void *arg, const struct helper *, int fd); /* NOTICE_NO_MASTER; takes fd */
	void *arg;
	struct helper *first; /* the latest */
	size_t count, started; /* now; since the beginning */
	struct hostport dials; /* the latest server whose data ports one of them has dialled */
	struct kept kept;
	struct linelog *log; /* NULL: their messages go where ours go */
};

void helpers_begin(struct helpers *);
void helpers_end(struct helpers *);  /* leaves them to themselves; harmless if they have not begun */
int helpers_start(struct helpers *, const struct helper_start *); /* -1 with errno */
void helpers_terminate(struct helpers *);
bool helpers_need_masters(const struct helpers *); /* they, or what they have left */
/* How the next one is to dial: as masters_method() says, unless the first master has refused so much over
 * proxy connections that it has to be spared: it keeps each, and ends with too many (kept_refused()). */
enum forward_method helpers_method(const struct helpers *);
