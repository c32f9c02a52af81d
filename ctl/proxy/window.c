#include "proxy/window.h"

#define STEP_MOST    (512 * 1024)       /* of a large window, credit comes in such pieces */
#define RTT_LEAST_US 500                /* less is our own scheduling */
#define BURST_MOST   (8 * WINDOW_FIRST) /* beyond, a queue in a busy master costs too much */

uint32_t
window_begin(struct window *w, struct window_pool *p)
{
	uint64_t size = WINDOW_FIRST, left = p->max > p->sum ? p->max - p->sum : 0;

	if (size > left)
		size = left;
	if (size < WINDOW_LEAST)
		size = WINDOW_LEAST;
	*w = (struct window){ .size = size, .open = size, .before = size, .most = WINDOW_MAX };
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

static void
window_grow(struct window *w, struct window_pool *p, uint64_t more)
{
	uint64_t left = p->max > p->sum ? p->max - p->sum : 0;

	if (more > left) {
		more = left;
		p->wanted = true;
	}
	w->size += more;
	w->taken += more;
	p->sum += more;
}

/* Where the window is what limits, it comes in a burst, and then nothing comes: a part of the burst
 * tells how much a whole round trip could bring. Until it does, for each byte two are granted. */
static void
window_burst(struct window *w, struct window_pool *p, uint64_t elapsed_us)
{
	uint64_t could = w->round * p->rtt_us / (elapsed_us + 1);

	if (w->size < BURST_MOST && w->round >= w->size / 4 && could > w->size &&
	    w->most == WINDOW_MAX)
		window_grow(w, p, could - w->size < w->taken ? could - w->size : w->taken);
}

/* What is granted beyond a round trip's worth stands in a queue somewhere. What was granted last
 * shows in the round after the next. */
static void
window_round(struct window *w, struct window_pool *p, uint64_t elapsed_us)
{
	uint64_t trip = w->round * p->rtt_us / elapsed_us;
	uint64_t spare = STEP_MOST + w->size / 32, before = w->before;

	w->round = 0;
	w->before = w->size;
	w->peak -= w->peak / 8;
	if (w->peak < trip)
		w->peak = trip;
	w->most = WINDOW_MAX;
	if (w->peak + spare >= before)
		window_grow(w, p, w->size < 16 * WINDOW_FIRST ? WINDOW_FIRST : w->size / 16);
	else if ((w->most = w->peak + 2 * spare) < WINDOW_FIRST)
		w->most = WINDOW_FIRST;
}

uint32_t
window_credit(struct window *w, struct window_pool *p, uint64_t now_us)
{
	uint64_t share = p->max / (p->count > 0 ? p->count : 1), give;
	uint64_t elapsed_us = now_us - w->began_us;

	if (p->wanted)
		window_shrink(w, p, share > WINDOW_LEAST ? share : WINDOW_LEAST);
	if (elapsed_us >= p->rtt_us) {
		window_round(w, p, elapsed_us);
		w->began_us = now_us;
	} else
		window_burst(w, p, elapsed_us);
	window_shrink(w, p, w->most);
	give = w->taken;
	w->taken = 0;
	w->open += give;
	return (uint32_t)give;
}
