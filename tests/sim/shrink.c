#include "shrink.h"

#include <string.h>

static bool
still_fails(const struct dialogue *d, shrink_fn *check, const char *why)
{
	const char *now = check(d);

	return now != NULL && strcmp(now, why) == 0;
}

static bool
drop_range(struct dialogue *d, struct op *ops, unsigned from, unsigned count, shrink_fn *check,
    const char *why)
{
	bool was[OPS_MAX], any = false;

	for (unsigned i = 0; i < count; i++) {
		was[i] = ops[from + i].off;
		any |= !was[i];
		ops[from + i].off = true;
	}
	if (any && still_fails(d, check, why))
		return true;
	for (unsigned i = 0; i < count; i++)
		ops[from + i].off = was[i];
	return false;
}

static bool
drop_groups(struct dialogue *d, shrink_fn *check, const char *why)
{
	bool better = false;

	for (unsigned g = 0; g <= d->groups; g++) {
		struct dialogue before = *d;
		bool any = false;

		for (unsigned i = 0; i < d->client_ops; i++)
			if (d->client[i].group == g && !d->client[i].off)
				d->client[i].off = any = true;
		if (any && still_fails(d, check, why))
			better = true;
		else
			*d = before;
	}
	return better;
}

static bool
drop_ops(struct dialogue *d, shrink_fn *check, const char *why)
{
	bool better = false;

	for (unsigned n = 8; n > 0; n /= 2) {
		for (unsigned i = 0; i + n <= d->client_ops; i++)
			better |= drop_range(d, d->client, i, n, check, why);
		for (unsigned i = 0; i + n <= d->ops; i++)
			better |= drop_range(d, d->op, i, n, check, why);
	}
	return better;
}

static bool
make_smaller(struct dialogue *d, shrink_fn *check, const char *why)
{
	bool better = false;

	for (unsigned i = 0; i < d->client_ops + d->ops; i++) {
		struct op *op = i < d->client_ops ? &d->client[i] : &d->op[i - d->client_ops];
		int was = op->n;

		if (op->off || was < 2)
			continue;
		op->n = was > 100 ? 100 : 1;
		if (op->n != was && still_fails(d, check, why))
			better = true;
		else
			op->n = was;
	}
	for (int k = 0; k < KNOBS; k++) {
		int was = d->knob[k];

		d->knob[k] = dialogue_knobs[k];
		if (was != d->knob[k] && still_fails(d, check, why))
			better = true;
		else
			d->knob[k] = was;
	}
	return better;
}

/* Programs of which nothing is left would be answered by nothing: they go, too. */
static void
drop_programs(struct dialogue *d, shrink_fn *check, const char *why)
{
	for (unsigned i = 0; i < d->programs;) {
		struct program was = d->program[i];

		memmove(&d->program[i], &d->program[i + 1], (--d->programs - i) * sizeof(was));
		if (still_fails(d, check, why))
			continue;
		memmove(&d->program[i + 1], &d->program[i], (d->programs++ - i) * sizeof(was));
		d->program[i++] = was;
	}
}

void
shrink(struct dialogue *d, shrink_fn *check)
{
	const char *first = check(d);
	char why[512];
	bool better = first != NULL;

	snprintf(why, sizeof(why), "%s", first ? first : "");
	for (int round = 0; round < 6 && better; round++) {
		better = drop_groups(d, check, why);
		drop_programs(d, check, why);
		better |= drop_ops(d, check, why);
		better |= make_smaller(d, check, why);
	}
}
