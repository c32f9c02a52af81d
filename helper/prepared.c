#include "prepared.h"

#include <unistd.h>

struct prepared *
prepared_find(struct preparation *p, unsigned channel)
{
	for (int i = 0; i < PREPARED_MAX; i++)
		if (p->one[i].channel == channel)
			return &p->one[i];
	return NULL;
}

struct prepared *
prepared_new(struct preparation *p, unsigned channel, enum side first)
{
	struct prepared *one;

	prepared_drop(prepared_find(p, channel));
	if ((one = prepared_find(p, 0)) != NULL)
		*one = (struct prepared){ .channel = channel, .first = first, .conn = CONN_NONE,
			.duplicate = -1 };
	return one;
}

void
prepared_drop(struct prepared *one)
{
	if (one == NULL)
		return;
	conn_close(&one->conn);
	if (one->duplicate != -1)
		close(one->duplicate);
	one->channel = 0;
	one->duplicate = -1;
}

void
preparation_clear(struct preparation *p)
{
	for (int i = 0; i < PREPARED_MAX; i++)
		if (p->one[i].channel != 0)
			prepared_drop(&p->one[i]);
}
