#include "ask/counts.h"

#include <sys/mman.h>

#include <stdatomic.h>
#include <string.h>

#define TRIES 1000 /* each fails only if the broker has written meanwhile */

/* Two figures, written in turn: the sequence is how often, and tells which of them is whole. A
 * broker that stops in the middle of writing, or dies there, leaves the other. */
struct counts {
	struct place {
		atomic_uint sequence;
		atomic_uint channel; /* 0 = free */
		struct session_count count[2];
	} place[COUNTS_MAX];
};

struct counts *
counts_new(void)
{
	void *at = mmap(NULL, sizeof(struct counts), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

void
counts_protect(struct counts *c)
{
	mprotect(c, sizeof(*c), PROT_READ);
}

int
counts_begin(struct counts *c, unsigned channel)
{
	const struct session_count none = { { 0 }, { 0 } };

	for (int i = 0; i < COUNTS_MAX; i++) {
		if (atomic_load(&c->place[i].channel) != 0)
			continue;
		counts_set(c, i, &none);
		atomic_store(&c->place[i].channel, channel);
		return i;
	}
	return -1;
}

void
counts_set(struct counts *c, int place, const struct session_count *count)
{
	struct place *p = &c->place[place];

	unsigned next = atomic_load(&p->sequence) + 1;

	p->count[next % 2] = *count;
	atomic_store(&p->sequence, next);
	atomic_thread_fence(memory_order_seq_cst); /* before the next one is begun */
}

void
counts_end(struct counts *c, int place)
{
	atomic_store(&c->place[place].channel, 0);
}

static void
place_get(const struct place *p, struct session_count *count)
{
	for (int i = 0; i < TRIES; i++) {
		unsigned before = atomic_load(&p->sequence);

		*count = p->count[before % 2];
		atomic_thread_fence(memory_order_acquire);
		if (atomic_load(&p->sequence) == before)
			return;
	}
}

void
counts_get(const struct counts *c, unsigned channel, struct session_count *count)
{
	memset(count, 0, sizeof(*count));
	for (int i = 0; i < COUNTS_MAX; i++)
		if (atomic_load(&c->place[i].channel) == channel) {
			place_get(&c->place[i], count);
			return;
		}
}
