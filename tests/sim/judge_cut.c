/* L: after a cut nobody takes a part for the whole. */
#include <string.h>

#include "judge.h"

static const char *
cut_download(const struct play *direct, const struct play *through, int t)
{
	const struct seen *a = view_received(&direct->client, t), *b = view_received(&through->client, t);

	if (judge_disputed(through, t))
		return NULL;
	if (b != NULL && b->how == HOW_WRONG)
		return "wrong bytes";
	if (a == NULL || b == NULL || a->how != HOW_EOF || b->how != HOW_EOF || b->n >= a->n)
		return NULL;
	return view_success(&through->client, t, &direct->deeds[t])
		   ? "a short download with an honest end and a 2xx"
		   : NULL;
}

static const char *
cut_upload(const struct dialogue *d, const struct play *direct, const struct play *through, int t,
    enum cut cut)
{
	const struct seen *a = view_received(&direct->server, t), *b = view_received(&through->server, t);
	bool sshd_ends_it = cut == CUT_LINK && !d->knob[K_FAR];

	bool left = cut == CUT_CLIENT && through->deeds[t].quit; /* then an end is as it should be */

	if (a == NULL || a->how != HOW_EOF || direct->deeds[t].aborted || left || judge_disputed(through, t))
		return NULL;
	if (b != NULL && b->how == HOW_WRONG)
		return "wrong bytes";
	if (b != NULL && b->how == HOW_EOF && b->n < a->n && !sshd_ends_it)
		return "the end of file of an upload that was cut";
	if (view_success(&through->client, t, &direct->deeds[t]) &&
	    (b == NULL || b->how != HOW_EOF || b->n < a->n))
		return "a 2xx for an upload that was cut";
	return NULL;
}

const char *
judge_cut(const struct dialogue *d, const struct play *direct, const struct play *through,
    enum cut cut, FILE *f)
{
	const char *why = through->fault;

	for (int t = 0; t < TRANSFERS && why == NULL; t++) {
		why = cut_download(direct, through, t);
		if (why == NULL)
			why = cut_upload(d, direct, through, t, cut);
		if (why != NULL && f != NULL)
			fprintf(f, "transfer %d: %s\n", t, why);
	}
	return why;
}
