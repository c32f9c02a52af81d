/* The options of ftp-over-ssh, one row each: cmdline.c reads a command line, cmdline_flags.c knows what they
 * do, and describes them. */
#pragma once

#include "base/log.h"
#include "options/cmdline.h"

struct scan {
	struct cmdline *c;
	struct strings *ssh;  /* where options for ssh go */
	const char *argument; /* of the option at hand */
	bool server_given;
	int verbose; /* how often */
	char *why;
	size_t why_size;
};

struct flag {
	const char *name;     /* "-x" */
	const char *argument; /* what it takes, NULL = nothing */
	bool for_ssh;         /* ssh gets it as well */
	enum { FLAG_NOTHING, FLAG_TRUE, FLAG_NUMBER, FLAG_TEXT, FLAG_CALL, FLAG_REFUSED } kind;
	size_t field;         /* of struct cmdline; becomes true, value, the argument, or as set() does */
	int value;
	int (*set)(struct scan *, void *field);
	const char *help;
};

/* The table, ended by a name of NULL. Last is what ssh knows and we do not take, and why. */
extern const struct flag flag_table[];

/* The option is there: 0, or -1 with the message in scan. */
int flag_apply(struct scan *, const struct flag *);

/* Always -1, with that message. */
#define scan_fail(s, ...) log_why((s)->why, (s)->why_size, __VA_ARGS__)
