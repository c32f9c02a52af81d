/* What a session machine has to say and wants to have done. Pure. */
#pragma once

#include "base/memory.h"
#include "state/action.h"

struct output {
	struct bytes bytes[2]; /* to each side; nothing any more when it is hung up */
	bool hung_up[2];
	struct action *action;
	size_t count, next;
	void (*trace)(void *arg, enum side from, const char *line, size_t len);
	void *arg;
};

void output_free(struct output *);
void output_write(struct output *, enum side to, const char *, size_t len);
void output_line(struct output *, enum side to, const char *, size_t len); /* adds CRLF */
void output_text(struct output *, enum side to, const char *);             /* a line */
void output_act(struct output *, const struct action *);
void output_hangup(struct output *, enum side); /* once */
bool output_next(struct output *, struct action *);
