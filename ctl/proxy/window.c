#include "proxy/window.h"

#define STEP_MOST (512 * 1024) /* of a large window, credit comes in such pieces */
#define RTT_LEAST_US 500        /* less is our own scheduling */

uint32_t
window_begin(struct window *w, struct window_pool *p)
{
	uint64_t size = WINDOW_FIRST, left = p->max > p->sum ? p->max - p->sum : 0;

	if (size > left)
		size = left;
	if (size < WINDOW_LEAST)
		size = WINDOW_LEAST;
	*w = (struct window){ .size = size, .open = size, .before = size };
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
window_measure(struct window *w, struct window_pool *p, uint64_t rtt_us, uint64_t now_us)
{
	if (rtt_us < RTT_LEAST_US)
		rtt_us = RTT_LEAST_US;
	if (p->rtt_us == 0 || rtt_us < p->rtt_us)
		p->rtt_us = rtt_us;
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

/* By getting no credit for a while. */
static void
window_shrink(struct window *w, struct window_pool *p, uint64_t size)
{
	uint64_t less;

	if (w->size <= size)
		return;
	less = w->size - size < w->taken ? w->size - size : w->taken;
	w->taken -= less;
	w->size -= less;
	p->sum -= less;
	p->wanted = false;
}

/* What is granted beyond a round trip's worth stands in a queue somewhere. What was granted last
 * shows in the round after the next. */
static void
window_round(struct window *w, struct window_pool *p, uint64_t elapsed_us)
{
	uint64_t trip = w->round * p->rtt_us / elapsed_us;
	uint64_t spare = STEP_MOST + w->size / 32, before = w->before;
	uint64_t left = p->max > p->sum ? p->max - p->sum : 0;
	uint64_t more = w->size < 16 * WINDOW_FIRST ? WINDOW_FIRST : w->size / 16;

	w->round = 0;
	w->before = w->size;
	w->peak -= w->peak / 8;
	if (w->peak < trip)
		w->peak = trip;
	if (w->peak + spare < before) {
		window_shrink(w, p, w->peak + 2 * spare > WINDOW_FIRST ?
		    w->peak + 2 * spare : WINDOW_FIRST);
		return;
	}
	if (more > left) {
		more = left;
		p->wanted = true;
	}
	w->size += more;
	w->taken += more;
	p->sum += more;
}

uint32_t
window_credit(struct window *w, struct window_pool *p, uint64_t now_us)
{
	uint64_t share = p->max / (p->count > 0 ? p->count : 1), give;

	if (p->wanted)
		window_shrink(w, p, share > WINDOW_LEAST ? share : WINDOW_LEAST);
	if (now_us - w->began_us >= p->rtt_us) {
		window_round(w, p, now_us - w->began_us);
		w->began_us = now_us;
	}
	give = w->taken;
	w->taken = 0;
	w->open += give;
	return (uint32_t)give;
}
