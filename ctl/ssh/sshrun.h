/* Run ssh beside the loop and collect what it prints (stdout and stderr together). */
#pragma once

#include <stdbool.h>

struct loop;
struct sshrun;

#define SSHRUN_OUTPUT_MAX 262144 /* the rest is read and forgotten */

struct sshrun_result {
	int status;         /* exit status; -1: killed, or not to be told */
	bool timed_out;     /* it was killed for that */
	const char *output; /* NUL-terminated, dies with the run */
};

typedef void sshrun_fn(void *arg, const struct sshrun_result *);

/* argv[0] is looked up in PATH; stdin is /dev/null. The callback comes once, from the
 * loop, and may free the run. NULL with errno when there is no process to be had; a
 * program that cannot be executed exits with 127 and says why. */
struct sshrun *sshrun_new(struct loop *, const char *const argv[], unsigned timeout_ms,
    sshrun_fn *, void *arg);
void sshrun_free(struct sshrun *); /* NULL is harmless; kills and reaps what still runs */
