#include "state/output.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void
output_free(struct output *o)
{
	bytes_free(&o->bytes[CLIENT]);
	bytes_free(&o->bytes[SERVER]);
	free(o->action);
}

void
output_write(struct output *o, enum side to, const char *data, size_t len)
{
	if (!o->hung_up[to])
		bytes_add(&o->bytes[to], data, len);
}

void
output_line(struct output *o, enum side to, const char *line, size_t len)
{
	if (o->trace != NULL)
		o->trace(o->arg, OTHER(to), line, len);
	output_write(o, to, line, len);
	output_write(o, to, "\r\n", 2);
}

void
output_text(struct output *o, enum side to, const char *text)
{
	output_line(o, to, text, strlen(text));
}

void
output_act(struct output *o, const struct action *a)
{
	struct action *new = memory_append(&o->action, &o->count, sizeof(*new));

	if (new != NULL)
		*new = *a;
}

void
output_hangup(struct output *o, enum side side)
{
	if (o->hung_up[side])
		return;
	o->hung_up[side] = true;
	output_act(o, &(struct action){ .kind = ACT_HANGUP, .end = side });
}

bool
output_next(struct output *o, struct action *a)
{
	if (o->next == o->count) {
		o->next = o->count = 0;
		return false;
	}
	*a = o->action[o->next++];
	return true;
}
