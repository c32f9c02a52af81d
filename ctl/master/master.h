/* The ControlMaster that a tunnel uses: found, or started by us; watched; replaced by another
 * one when it dies. Everything happens beside the loop.
 *
 * With a ctl_path that the user named: that one and no other, never started nor stopped by us.
 * Else the one that answers at the ControlPath of ssh's configuration, never stopped by us.
 * Else one of our own: it ends 2 s after the last connection to it, of which we hold one and each
 * helper another, however we end. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/loop.h"
#include "master/settings.h"
#include "process/proc.h"

enum master_state { MASTER_DOWN, MASTER_STARTING, MASTER_UP };

/* Called when a start has ended (UP or DOWN) and when the master has died (DOWN). */
typedef void master_fn(void *arg, enum master_state);

/* Part of its owner; all but the first four is its own affair. */
struct master {
	enum master_state state;
	char path[256];    /* UP only */
	char reason[1024]; /* why it is DOWN: "what: why" */
	pid_t pid;         /* UP only; 0 = not known */
	struct loop *loop;
	const struct master_settings *settings;
	master_fn *fn;
	void *arg;
	enum { MASTER_NAMED, MASTER_CONFIGURED, MASTER_OWN } origin; /* in use, or that is being tried */
	struct mux *mux;
	struct procwatch *process; /* instead of mux */
	uint32_t alive_id;
	struct timer timer; /* bounds or repeats the attempt */
	uint64_t patience_end, next_attempt;
	unsigned backoff;
	bool ask;
	struct proc ssh; /* our own, while it logs in */
	struct sshlog *sshlog;
	struct sshrun *no_delay; /* FtpNoDelay */
};

/* The settings are kept, not copied. Starts DOWN. Nobody may be called: NULL. */
void master_begin(struct master *, struct loop *, const struct master_settings *, master_fn *, void *arg);
void master_end(struct master *); /* harmless if it has not begun */
/* Nobody else needs it: one of our own is told to end, and then there is master_end() alone. */
void master_stop(struct master *);

/* See to it that there is one. The state now; DOWN means that it is too early for another
 * attempt. ask: ssh may ask for passwords at the terminal. */
enum master_state master_want(struct master *, bool ask);
/* Wait so long, from now, for the first answer of the one that the user named. */
void master_be_patient(struct master *, unsigned ms);
unsigned master_next_attempt(const struct master *); /* ms until it is not too early; DOWN only */
/* Why the ssh server refused a channel last, as sshlog_refusal(). Only of our own master. */
bool master_refusal(struct master *, char *dst, size_t size);
bool master_is_ours(const struct master *); /* UP only: we have started it */
