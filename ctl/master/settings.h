/* What is known of the ControlMaster before there is one. */
#pragma once

#include <stdbool.h>

#include "ssh/sshcmd.h"

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
