#include "ends/dial.h"

void
dialler_gone(struct dialler *d, const char *reason)
{
	struct end *end = d->master->end;

	d->master->gone = true;
	end->fn(end->arg, &(struct end_result){ .event = END_GONE, .reason = reason,
	    .all = d->master->number == 0 });
}

void
dialler_checked(struct dialler *d, const struct stream *asked, unsigned channel, bool alive)
{
	struct end *end = d->master->end;

	end->fn(end->arg, &(struct end_result){ .event = alive ? END_ALIVE : END_DEAD,
	    .channel = channel, .asked = asked });
}
