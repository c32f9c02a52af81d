/* What becomes of what is kept when the tunnel ends. */
#include <stdlib.h>

#include "base/rundir.h"
#include "master/keepmsg.h"
#include "master/kept_private.h"

static bool
copy_held(const struct copy *c)
{
	return c->hold || (c->timer.loop != NULL && !c->ends);
}

bool
kept_holds(const struct kept *k)
{
	const struct copy *c = k->copies;

	while (c != NULL && !copy_held(c))
		c = c->next;
	return c != NULL;
}

void
kept_free(struct kept *k, bool ours)
{
	struct copy *c;
	const char *rundir;

	if (k == NULL)
		return;
	rundir = rundir_of(k->ctl_path);
	while ((c = k->copies) != NULL) {
		if (copy_held(c))
			drain_hold_behind(c->fd, NULL, (int)k->hold_ms);
		if (!ours && (c->forgotten || c->spare) && !c->guarded)
			drain_hold_behind(c->fd, rundir, -1);
		else if (!ours && !c->spare && !c->forgotten && c->op == KEEP_PROXY && c->drain.unanswered > 0)
			drain_behind(&c->drain, c->fd, NULL, 0, rundir);
		copy_free(c);
	}
	free(k);
}
