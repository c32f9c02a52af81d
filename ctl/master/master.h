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

#include "ssh/sshcmd.h"

struct loop;
struct master;

enum master_state { MASTER_DOWN, MASTER_STARTING, MASTER_UP };

struct master_settings {
	struct ssh_settings ssh;
	const char *ctl_path;    /* named by the user, or NULL */
	const char *config_path; /* the configuration's, or NULL */
	bool no_delay;           /* true is run on one of our own, */
	bool no_delay_yours;     /* on one of the user's */
	bool persists;           /* ControlPersist is set: a master ends when nobody is connected */
	int verbose;             /* -v of ssh, for one of our own */
	const char *servers;     /* the FTP server, for messages about it */
	char path[1024];         /* of the configuration, or what it makes of ctl_path */
};

/* Ask ssh's configuration for the rest of them, which points into them: they stay where they are, and
 * ssh.config is to be freed. -1 with a message. */
int master_configure(struct master_settings *, char *why, size_t why_size);

/* Called when a start has ended (UP or DOWN) and when the master has died (DOWN). */
typedef void master_fn(void *arg, enum master_state);

/* The settings are kept, not copied. Starts DOWN. Nobody may be called: NULL. */
struct master *master_new(struct loop *, const struct master_settings *, master_fn *, void *arg);
void master_free(struct master *); /* NULL is harmless */
/* Nobody else needs it: one of our own is told to end, and then there is master_free() alone. */
void master_stop(struct master *);

/* See to it that there is one. The state now; DOWN means that it is too early for another
 * attempt. ask: ssh may ask for passwords at the terminal. */
enum master_state master_want(struct master *, bool ask);
/* Wait so long, from now, for the first answer of the one that the user named. */
void master_be_patient(struct master *, unsigned ms);
enum master_state master_state(const struct master *);

const char *master_path(const struct master *);   /* UP only */
unsigned master_next_attempt(const struct master *); /* ms until it is not too early; DOWN only */
pid_t master_pid(const struct master *);          /* UP only; 0 = not known */
const char *master_reason(const struct master *); /* why it is DOWN: "what: why" */
/* Why the ssh server refused a channel last, as sshlog_refusal(). Only of our own master. */
bool master_refusal(struct master *, char *dst, size_t size);
bool master_is_ours(const struct master *); /* UP only: we have started it */
