#include "queue.h"

#include <stdlib.h>

struct pending *
queue_at(struct queue *q, size_t index)
{
	return index < q->count ? &q->slot[(q->head + index) % QUEUE_MAX] : NULL;
}

struct pending *
queue_push(struct queue *q, enum pending_kind kind)
{
	struct pending *p;

	if (q->count == QUEUE_MAX)
		return NULL;
	p = &q->slot[(q->head + q->count++) % QUEUE_MAX];
	*p = (struct pending){ .kind = kind };
	return p;
}

struct pending *
queue_head(struct queue *q)
{
	return queue_at(q, 0);
}

struct pending *
queue_tail(struct queue *q)
{
	return q->count ? queue_at(q, q->count - 1) : NULL;
}

void
queue_pop(struct queue *q)
{
	free(q->slot[q->head].text);
	q->slot[q->head].text = NULL;
	q->head = (q->head + 1) % QUEUE_MAX;
	q->count--;
}

void
queue_clear(struct queue *q)
{
	while (q->count > 0)
		queue_pop(q);
}
