/* What somebody else may do to a transfer: where he can be told from the client, nothing. */
#include "judge.h"

bool
judge_disputed(const struct play *through, int transfer)
{
	const struct deeds *deeds = &through->deeds[transfer];

	bool aside = deeds->aside != NULL && *deeds->aside > 0;

	return deeds->anybody || (deeds->untold > 0 && (!deeds->there || aside));
}

/* The first final reply that the client has read in it; 0: none. */
static int
final_code(const struct view *v, int transfer)
{
	for (unsigned i = 0; i < v->count; i++)
		if (v->seen[i].kind == SEEN_REPLY && v->seen[i].transfer == transfer &&
		    v->seen[i].code >= 200)
			return v->seen[i].code;
	return 0;
}

static const char *
same_disputed(const struct play *direct, const struct play *through, int t)
{
	const struct deeds *deeds = &through->deeds[t];
	const struct seen *up = view_received(&through->server, t);
	const struct seen *down = view_received(&through->client, t);
	int before = final_code(&direct->client, t), now = final_code(&through->client, t);
	bool taken = deeds->untold == 1 && !deeds->there;

	if (deeds->stolen > 0)
		return "a stranger has got bytes of a download";
	if (deeds->anybody || !judge_disputed(through, t))
		return NULL;
	if (up != NULL && up->how == HOW_WRONG && !taken)
		return "a stranger's bytes are in an upload";
	if (down != NULL && down->how == HOW_WRONG)
		return "a stranger's bytes are in a download";
	if (now != 0 && now != before && now != 425 && !(taken && direct->deeds[t].up))
		return "a stranger changes the reply";
	return NULL;
}

const char *
judge_strangers(const struct play *direct, const struct play *through, FILE *f)
{
	const char *why = NULL;

	for (int t = 0; t < TRANSFERS && why == NULL; t++)
		if ((why = same_disputed(direct, through, t)) != NULL && f != NULL)
			fprintf(f, "transfer %d: %s\n", t, why);
	return why;
}
