#include "proxy/window.h"

#define STEP_MOST (1024 * 1024) /* of a large window, credit comes in such pieces */
#define FEW       8             /* round trips */
#define RTT_LEAST_US 500        /* less is our own scheduling */

uint32_t
window_begin(struct window *w, struct window_pool *p)
{
	uint64_t size = WINDOW_FIRST, left = p->max > p->sum ? p->max - p->sum : 0;

	if (size > left)
		size = left;
	if (size < WINDOW_LEAST)
		size = WINDOW_LEAST;
	*w = (struct window){ .size = size, .open = size, .rtt_us = RTT_LEAST_US };
	p->sum += size;
	p->count++;
	return (uint32_t)size;
}

void
window_end(struct window *w, struct window_pool *p)
{
	if (w->size == 0)
		return;
	p->sum -= w->size;
	p->count--;
	w->size = 0;
}

void
window_measure(struct window *w, uint64_t rtt_us, uint64_t now_us)
{
	w->rtt_us = rtt_us < RTT_LEAST_US ? RTT_LEAST_US : rtt_us;
	w->began_us = now_us;
}

int
window_came(struct window *w, uint64_t n)
{
	if (n > w->open)
		return -1;
	w->open -= n;
	return 0;
}

bool
window_read(struct window *w, uint64_t n)
{
	uint64_t step = w->size / 4 < STEP_MOST ? w->size / 4 : STEP_MOST;

	w->taken += n;
	w->round += n;
	return w->taken >= step;
}

static uint64_t
window_growth(struct window *w, struct window_pool *p)
{
	uint64_t more = w->size, left = p->max > p->sum ? p->max - p->sum : 0;

	if (more > left) {
		more = left;
		p->wanted = true;
	}
	w->size += more;
	p->sum += more;
	return more;
}

/* Where another channel wants more, one that has more than its share gives back, by getting no
 * credit for a while. */
static void
window_shrink(struct window *w, struct window_pool *p)
{
	uint64_t share = p->max / (p->count > 0 ? p->count : 1), less;

	if (share < WINDOW_LEAST)
		share = WINDOW_LEAST;
	if (w->size <= share)
		return;
	less = w->size - share < w->taken ? w->size - share : w->taken;
	w->taken -= less;
	w->size -= less;
	p->sum -= less;
	p->wanted = false;
}

uint32_t
window_credit(struct window *w, struct window_pool *p, uint64_t waiting, uint64_t now_us)
{
	uint64_t give;

	if (p->wanted)
		window_shrink(w, p);
	give = w->taken;
	if (w->round >= w->size) {
		if (now_us - w->began_us <= FEW * w->rtt_us && waiting <= w->size / 2)
			give += window_growth(w, p);
		w->round = 0;
		w->began_us = now_us;
	}
	w->taken = 0;
	w->open += give;
	return (uint32_t)give;
}
