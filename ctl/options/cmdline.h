/* The command line of ftp-over-ssh, and FTP_OVER_SSH_OPTIONS, which stands before it. It prints
 * nothing and never exits. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/memory.h"
#include "options/options.h"
#include "options/spec.h"

enum run {
	RUN_CLIENT, /* run an FTP client on a tunnel of its own */
	RUN_TUNNEL, /* -N */
	RUN_STDIO,  /* -W */
	RUN_USAGE, RUN_VERSION, RUN_OPTIONS /* -h, -V, -o help: print it and be done */
};

struct specs {
	struct tunnel_spec *spec;
	size_t count;
};

struct cmdline {
	enum run run;
	bool background, gateway, to_syslog, no_input;
	int verbosity;               /* enum log_level */
	int ssh_verbosity;           /* the -v that ssh gets */
	int family;                  /* AF_UNSPEC, AF_INET, AF_INET6 */
	const char *log_file;        /* -E, NULL = stderr */
	const char *ctl_path;        /* -S, NULL = find or start a master */
	const char *destination;
	const char *ftp_user;        /* -u, NULL = none */
	char *environment;           /* what the texts point to that come from there */
	char *const *command;        /* what follows it, NULL-terminated; NULL = nothing */
	struct hostport server;      /* -t or -W */
	struct specs local, remote;  /* -L, -R */
	struct strings ssh;          /* options that ssh gets: "-F", "file", "-o", "X=y" */
	uint32_t digest;             /* of the options that make a tunnel what it is, in any order */
	struct strings ftp_texts;    /* the Ftp options as they were given, for the helper */
	struct ftp_options ftp;
};

/* 0, or -1 with a message in why: bad usage. cmdline_free() after both. */
int cmdline_parse(struct cmdline *, int argc, char *const argv[], char *why, size_t why_size);
void cmdline_free(struct cmdline *);
/* The synopsis, and all of -h: options and Ftp options. */
const char *cmdline_synopsis(void);
void cmdline_help(FILE *);
void cmdline_ftp_options(FILE *);
