/* One tunnel: master, listeners, helpers, and what it is there for: an FTP client in the
 * foreground, staying up (-N), or one control connection on stdin and stdout (-W). */
#pragma once

#include "options/cmdline.h"
#include "master/master.h"

struct tunnel_setup {
	const struct cmdline *cmdline;
	const struct master_settings *master;
	const char *ssh_config; /* what `ssh -G` printed, for its forwards; NULL = none wanted */
	const char *helper;     /* the helper program */
	int activated;          /* descriptors that a service manager handed over */
	int ready;              /* for background_ready(), -1 = in the foreground */
};

/* From the first listener to the last helper: the exit status, or -n to die of signal n, as the FTP client
 * has. Says itself what is wrong. */
int tunnel_run(const struct tunnel_setup *);
