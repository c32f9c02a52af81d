#include "state/attribution.h"

/* What kind of answer a code can be. */
enum code_class {
	CODE_BEGIN,   /* 1xx */
	CODE_PORT,    /* 227, 228, 229 */
	CODE_END,     /* 225, 226, 426: of a transfer, or ABOR's */
	CODE_YES,     /* another 2xx */
	CODE_MORE,    /* 3xx */
	CODE_NO,      /* another 4xx or 5xx */
	CODE_CLASSES
};

/* Which command can be answered by what, outside of a transfer that is under way. */
static const bool takes[PENDING_KINDS][CODE_CLASSES] = {
	/*                      1xx    227    226    2xx    3xx    4xx, 5xx */
	[PENDING_GREETING] = { true,  false, true,  true,  true,  true },
	[PENDING_PLAIN]    = { false, false, true,  true,  true,  true },
	[PENDING_PASSIVE]  = { false, true,  false, false, false, true },
	[PENDING_ACTIVE]   = { false, false, false, true,  false, true },
	[PENDING_TRANSFER] = { true,  false, true,  true,  true,  true },
	[PENDING_FEAT]     = { false, false, true,  true,  true,  true },
	[PENDING_TYPE]     = { false, false, true,  true,  true,  true },
	[PENDING_ABOR]     = { false, false, true,  false, false, true },
	[PENDING_AUTH]     = { false, false, true,  true,  true,  true },
	[PENDING_EPSV_ALL] = { false, false, true,  true,  true,  true },
	[PENDING_MODE_B]   = { false, false, true,  true,  true,  true },
};

static enum code_class
code_class(int code)
{
	if (code < 200)
		return CODE_BEGIN;
	if (code >= 227 && code <= 229)
		return CODE_PORT;
	if (code == 225 || code == 226 || code == 426)
		return CODE_END;
	return code < 300 ? CODE_YES : code < 400 ? CODE_MORE : CODE_NO;
}

/* No transfer ends with these while others wait for theirs. */
static bool
code_ends_no_transfer(int code)
{
	static const int codes[] = { 200, 202, 211, 212, 213, 214, 215, 220, 221, 230, 257, 331,
		332, 350, 500, 501, 502, 503, 504, 530 };

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i] == code)
			return true;
	return false;
}

static bool
can_take(const struct pending *p, int code)
{
	if (p->kind == PENDING_ABOR && code_class(code) == CODE_NO && (code < 500 || code > 504))
		return false; /* it names nothing that could fail */
	return p->sent && takes[p->kind][code_class(code)];
}

/* The first one from there on that the code can answer, one whose reply is late only where there is
 * no other; past the end: none. */
static size_t
next_taker(const struct queue *q, size_t from, int code)
{
	size_t late = q->count;

	for (; from < q->count; from++) {
		if (!can_take(queue_at(q, from), code))
			continue;
		if (!queue_at(q, from)->aside)
			return from;
		if (late == q->count)
			late = from;
	}
	return late;
}

static struct attribution
answer(size_t entry, size_t never)
{
	return (struct attribution){ .whose = WHOSE_ENTRY, .entry = entry, .never = never };
}

/* One that has begun and ended does not begin again: the next command does. */
static bool
begins_behind(const struct queue *q, int code, struct transfer_seen seen, size_t first)
{
	const struct pending *next = queue_at(q, queue_next_sent(q, first + 1));

	return code_class(code) == CODE_BEGIN && seen.ended && queue_at(q, first)->started &&
	    next != NULL && next->kind == PENDING_TRANSFER;
}

/* 1xx: only a transfer begins; 227: only a setup is answered so. What stands before it was left out
 * by the server, but for a transfer in the middle of which it is said. */
static struct attribution
attribute_leap(const struct queue *q, int code, struct transfer_seen seen, size_t first)
{
	bool transfer = first < q->count && queue_at(q, first)->kind == PENDING_TRANSFER;
	size_t at = next_taker(q, first + (transfer && begins_behind(q, code, seen, first)), code);

	if (at < q->count && transfer && at != first && seen.moved && !seen.ended)
		return answer(at, 0);
	if (at < q->count)
		return answer(at, at);
	return (struct attribution){
		.whose = code_class(code) == CODE_PORT ? WHOSE_FORGED : WHOSE_NOBODY };
}

/* A transfer is under way, and others wait behind it. */
static struct attribution
attribute_during(const struct queue *q, int code, struct transfer_seen seen, size_t first)
{
	size_t other = next_taker(q, first + 1, code);

	if (code_class(code) == CODE_END) {
		struct attribution a = answer(first, first);

		a.doubtful = seen.late && other < q->count && queue_at(q, other)->kind == PENDING_TRANSFER;
		return a;
	}
	if (code_ends_no_transfer(code)) {
		if (other < q->count)
			return answer(other, 0);
		return (struct attribution){ .whose = WHOSE_NOBODY };
	}
	if (seen.late && other < q->count)
		return answer(other, 0);
	if (!seen.waited && !seen.follows && !(seen.ended && code < 300))
		return (struct attribution){ .whose = WHOSE_UNKNOWN };
	if (seen.ended && !seen.follows)
		return (struct attribution){ .whose = WHOSE_ENTRY, .entry = first, .never = first,
			.doubtful = true };
	return other < q->count ? answer(other, 0) :
				  (struct attribution){ .whose = WHOSE_NOBODY };
}

/* It is PORT's own word, which stands behind: no transfer ends with it that has not begun, and the answer
 * to a PORT of ours must not be taken for that of one in doubt, whose client has gone on. */
static bool
answered_before(const struct queue *q, size_t at, int code)
{
	const struct pending *p = queue_at(q, at), *next = queue_at(q, queue_next_sent(q, at + 1));

	return code == 200 && next != NULL && next->kind == PENDING_ACTIVE && next->gone_on &&
	    (p->kind == PENDING_TRANSFER ? !p->started : p->doubtful && next->translated);
}

/* In turn. An ABOR has often no reply of its own, and a setup in doubt may have had its own. */
static struct attribution
attribute_in_turn(const struct queue *q, int code, size_t first)
{
	const struct pending *p;
	struct attribution a;
	size_t at;

	for (at = first; (p = queue_at(q, at)) != NULL; at = queue_next_sent(q, at + 1)) {
		bool had = answered_before(q, at, code);

		if (!had && next_taker(q, at, code) == at)
			break;
		if (p->kind == PENDING_ABOR && queue_next_sent(q, at + 1) == q->count &&
		    code_class(code) != CODE_MORE)
			break; /* nobody else is there to be answered */
		if (p->kind != PENDING_ABOR && !p->doubtful && !had)
			return (struct attribution){ .whose = WHOSE_NOBODY };
	}
	if (p == NULL)
		return (struct attribution){ .whose = WHOSE_NOBODY, .never = at };
	a = answer(at, at);
	a.doubtful = queue_next_sent(q, at + 1) < q->count && (p->kind == PENDING_ABOR ?
	    code_class(code) == CODE_NO : p->kind == PENDING_TRANSFER && !p->started && code == 200);
	return a;
}

struct attribution
attribute(const struct queue *q, int code, struct transfer_seen seen)
{
	size_t first = queue_next_sent(q, 0);
	const struct pending *p = queue_at(q, first);

	if (code == 421 && p != NULL)
		return (struct attribution){ .whose = WHOSE_ALL };
	if (p != NULL && p->kind == PENDING_GREETING && code_class(code) != CODE_PORT) {
		size_t next = queue_next_sent(q, first + 1);

		if (next == q->count || code < 200 || code == 220)
			return answer(first, first);
		first = next; /* a server that does not greet */
		p = queue_at(q, first);
	}
	if (code_class(code) == CODE_BEGIN || code_class(code) == CODE_PORT)
		return attribute_leap(q, code, seen, first);
	if (p != NULL && p->kind == PENDING_TRANSFER && seen.moved &&
	    queue_next_sent(q, first + 1) < q->count)
		return attribute_during(q, code, seen, first);
	return attribute_in_turn(q, code, first);
}
