/* One `ssh -O forward|cancel|check`, run beside the loop and understood. */
#ifndef FORWARD_EXEC_H
#define FORWARD_EXEC_H

#include "forward.h"

struct loop;
struct forward_run;

enum forward_verb { FORWARD_VERB_OPEN, FORWARD_VERB_CANCEL, FORWARD_VERB_CHECK };

/* The answer (its id is 0) comes once, from the loop; the callback frees the run.
 * NULL with errno when ssh could not be started. */
struct forward_run *forward_run_new(struct loop *, const char *ctl_path,
    const char *destination, enum forward_verb, const struct forward *, unsigned timeout_ms,
    forward_fn *, void *arg);
void forward_run_free(struct forward_run *); /* NULL is harmless; kills ssh if it still runs */
/* As forward_run_free(), but gives ssh up to ms first. */
void forward_run_finish(struct forward_run *, unsigned ms);

/* What ssh's exit status and its output (stdout and stderr) mean. Pure. */
void forward_run_read(struct forward_result *, enum forward_verb, int status,
    const char *output);

#endif
