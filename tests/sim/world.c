#include "world.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK    (1024 * 1024)
#define CHUNKS   512
#define HEAP_MAX 65536

struct happening {
	uint64_t at, order;
	world_fn *fn; /* NULL: forgotten, or over */
	void *arg;
};

static struct {
	uint64_t now, order;
	unsigned steps;
	struct happening *heap[HEAP_MAX];
	size_t count;
	char **chunk;
	size_t chunks, used; /* the last chunk in use, and how much of it */
} world;
static char *memory[WORLD_MEMORIES][CHUNKS];

struct dice world_dice;

uint64_t
dice_roll(struct dice *d)
{
	uint64_t z = (d->state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

unsigned
dice_below(struct dice *d, unsigned n)
{
	return n == 0 ? 0 : (unsigned)((dice_roll(d) >> 32) * n >> 32);
}

unsigned
dice_between(struct dice *d, unsigned lo, unsigned hi)
{
	return lo + dice_below(d, hi - lo + 1);
}

bool
dice_chance(struct dice *d, unsigned percent)
{
	return dice_below(d, 100) < percent;
}

void
world_begin(uint64_t seed, unsigned in)
{
	world.chunk = memory[in];
	world.now = world.order = 0;
	world.steps = 0;
	world.count = 0;
	world.chunks = world.used = 0;
	world_dice.state = seed * 0x2545f4914f6cdd1dULL + 1;
}

static char *
chunk_take(size_t size)
{
	char *p;

	if (world.used + size > CHUNK) {
		world.chunks++;
		world.used = 0;
	}
	if (size > CHUNK || world.chunks >= CHUNKS)
		abort(); /* no dialogue is that large */
	if (world.chunk[world.chunks] == NULL &&
	    (world.chunk[world.chunks] = malloc(CHUNK)) == NULL)
		abort();
	p = world.chunk[world.chunks] + world.used;
	world.used += size;
	return p;
}

void *
world_new(size_t size)
{
	size = (size + 15) & ~(size_t)15;
	return memset(chunk_take(size), 0, size);
}

char *
world_text(const char *text, size_t len)
{
	char *p = chunk_take((len + 16) & ~(size_t)15);

	memcpy(p, text, len);
	p[len] = '\0';
	return p;
}

uint64_t
world_now(void)
{
	return world.now;
}

unsigned
world_steps(void)
{
	return world.steps;
}

static bool
sooner(const struct happening *a, const struct happening *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

struct happening *
world_in(uint64_t us, world_fn *fn, void *arg)
{
	struct happening *h = world_new(sizeof(*h));
	size_t i = world.count++;

	if (world.count > HEAP_MAX)
		abort();
	*h = (struct happening){ world.now + us, world.order++, fn, arg };
	for (; i > 0 && sooner(h, world.heap[(i - 1) / 2]); i = (i - 1) / 2)
		world.heap[i] = world.heap[(i - 1) / 2];
	world.heap[i] = h;
	return h;
}

void
world_forget(struct happening *h)
{
	if (h != NULL)
		h->fn = NULL;
}

static struct happening *
heap_pop(void)
{
	struct happening *first = world.heap[0], *last = world.heap[--world.count];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < world.count) {
		if (child + 1 < world.count && sooner(world.heap[child + 1], world.heap[child]))
			child++;
		if (!sooner(world.heap[child], last))
			break;
		world.heap[i] = world.heap[child];
		i = child;
	}
	world.heap[i] = last;
	return first;
}

bool
world_step(void)
{
	while (world.count > 0) {
		struct happening *h = heap_pop();
		world_fn *fn = h->fn;

		if (fn == NULL)
			continue;
		h->fn = NULL;
		world.now = h->at;
		world.steps++;
		fn(h->arg);
		return true;
	}
	return false;
}
