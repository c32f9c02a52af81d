#include "master/refusals.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct refusals {
	struct refusals *next;
	uint32_t count;
	char *ctl_path;
};

uint32_t
refusals_count(const struct refusals *r, const char *ctl_path)
{
	for (; r != NULL; r = r->next)
		if (strcmp(r->ctl_path, ctl_path) == 0)
			return r->count;
	return 0;
}

static struct refusals *
refusals_new(struct refusals **list, const char *ctl_path)
{
	struct refusals *r = memory_new(sizeof(*r));

	if (r == NULL)
		return NULL;
	if ((r->ctl_path = memory_text(ctl_path)) == NULL) {
		free(r);
		return NULL;
	}
	r->next = *list;
	return *list = r;
}

void
refusals_add(struct refusals **list, const char *ctl_path, uint32_t count)
{
	struct refusals *r = *list;

	if (count == 0)
		return;
	while (r != NULL && strcmp(r->ctl_path, ctl_path) != 0)
		r = r->next;
	if (r != NULL || (r = refusals_new(list, ctl_path)) != NULL)
		r->count += count;
}

void
refusals_forget(struct refusals *r, const char *ctl_path)
{
	for (; r != NULL; r = r->next)
		if (strcmp(r->ctl_path, ctl_path) == 0)
			r->count = 0;
}

void
refusals_free(struct refusals *r)
{
	struct refusals *next;

	for (; r != NULL; r = next) {
		next = r->next;
		free(r->ctl_path);
		free(r);
	}
}
