#include "state/queue.h"

#include <stdlib.h>

struct pending *
queue_at(const struct queue *q, size_t index)
{
	return index < q->count ? (struct pending *)&q->slot[(q->head + index) % QUEUE_MAX] : NULL;
}

struct pending *
queue_push(struct queue *q, enum pending_kind kind)
{
	const struct pending *first = queue_first_sent(q);
	struct pending *p;

	if (q->count == QUEUE_MAX)
		return NULL;
	p = &q->slot[(q->head + q->count++) % QUEUE_MAX];
	*p = (struct pending){ .kind = kind, .gone_on = first != NULL && first->doubtful };
	return p;
}

struct pending *
queue_push_first(struct queue *q, enum pending_kind kind)
{
	if (q->count == QUEUE_MAX)
		return NULL;
	q->head = (q->head + QUEUE_MAX - 1) % QUEUE_MAX;
	q->count++;
	q->slot[q->head] = (struct pending){ .kind = kind };
	return &q->slot[q->head];
}

struct pending *
queue_tail(const struct queue *q)
{
	return q->count ? queue_at(q, q->count - 1) : NULL;
}

struct pending *
queue_find(const struct queue *q, unsigned kinds, unsigned channel)
{
	for (size_t i = 0; i < q->count; i++) {
		struct pending *p = queue_at(q, i);

		if ((KIND(p->kind) & kinds) && (channel == 0 || p->channel == channel))
			return p;
	}
	return NULL;
}

size_t
queue_next_sent(const struct queue *q, size_t from)
{
	while (from < q->count && !queue_at(q, from)->sent)
		from++;
	return from;
}

struct pending *
queue_first_sent(const struct queue *q)
{
	return queue_at(q, queue_next_sent(q, 0));
}

bool
pending_is_setup(const struct pending *p)
{
	return (KIND(p->kind) & SETUPS) != 0;
}

static void
pending_free(struct pending *p)
{
	free(p->text);
	free(p->instead);
	*p = (struct pending){ .kind = PENDING_OWN };
}

void
queue_answer(struct pending *p, char *text)
{
	pending_free(p);
	p->text = text;
}

void
queue_pop(struct queue *q)
{
	pending_free(&q->slot[q->head]);
	q->head = (q->head + 1) % QUEUE_MAX;
	q->count--;
}

void
queue_clear(struct queue *q)
{
	while (q->count > 0)
		queue_pop(q);
}
