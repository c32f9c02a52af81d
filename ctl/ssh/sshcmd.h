/* Command lines of ssh ($FTP_OVER_SSH_SSH): what its configuration says, and a ControlMaster of our own.
 *
 * A destination is always behind "--". A ControlPath is taken literally (ssh would
 * expand % in it). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "process/proc.h"
#include "ssh/sshrun.h"

struct ssh_settings {
	const char *const *options; /* "-F", "file", "-o", "X=y"; never -L, -R, -N, -S, -f */
	size_t count;
	const char *destination;
	const char *ctl_path; /* -S, as it was typed; only sshcmd_config() looks at it */
	char *config; /* what sshcmd_config() has given; only a master of our own needs it */
};

struct ssh_master {
	const char *ctl_path;
	bool batch;  /* ask nothing (BatchMode) */
	int verbose; /* its -v */
};

/* Is it ssh who knows which path that is (~, %C, ${HOME})? Not if it is there literally. */
bool sshcmd_expands(const char *ctl_path);

/* What `ssh -G` prints, malloc'ed; NULL with a message in why. Its controlpath is that of the
 * configuration, or ctl_path expanded, if it is to be. */
char *sshcmd_config(const struct ssh_settings *, unsigned timeout_ms, char *why,
    size_t why_size);
/* The next line of it with that (lower case) keyword: its value in dst, and where to go on
 * looking for another one; NULL when there is none. Pure. */
const char *sshcmd_value(const char *config, const char *keyword, char *dst, size_t size);

/* Has it another value than unset, which is in value then? config: NULL = nothing is set. */
bool sshcmd_is_set(const char *config, const char *keyword, const char *unset, char *value, size_t size);

/* ProxyJump as the ProxyCommand that ssh makes of it: "ProxyCommand=...", malloc'ed; NULL: out of memory.
 * jump is as `ssh -G` prints it ("one,user@[192.0.2.1]:22"), config_file what -F names or NULL. Pure. */
char *sshjump_command(const char *program, const char *config_file, const char *jump);

/* Does the configuration have ssh say less than what we want to hear from it? */
bool sshcmd_is_hushed(const struct ssh_settings *);
/* Run a command there through the master at ctl_path, and in no other way, beside the loop: what is an
 * option for that, -T or -Ts (a subsystem), and the command. NULL with errno. See sshrun_new(). */
struct sshrun *sshcmd_through(struct loop *, const struct ssh_settings *, const char *ctl_path,
    const char *const what[2], unsigned timeout_ms, sshrun_fn *, void *arg);

/* Start `ssh -fNM`, stdin and terminal inherited for its prompts; -1 with errno. It exits when the
 * master is in the background (status 0) or has failed; if we are killed before, it is ended. err is
 * its stderr: the master may keep it open.
 *
 * The master ends 2 s after the last connection to its control socket and the last channel. */
int sshcmd_master_start(struct proc *, struct loop *, const struct ssh_settings *,
    const struct ssh_master *, int err, proc_fn *, void *arg);
