/* Is what was seen through the tunnel what is seen direct (T), and was a cut never taken for
 * success (L)? Both know nothing but what the peers have seen and done. */
#ifndef JUDGE_H
#define JUDGE_H

#include "play.h"

/* Two direct plays: what the first says of the order of things is what both do. */
void judge_merge(struct play *direct, const struct play *again);

/* NULL, or in which way they differ; where, if not NULL, tells more on stderr. */
const char *judge_same(
    const struct dialogue *, const struct play *direct, const struct play *through, FILE *where);
/* Of the transfers to whose ports strangers came; those that they may disturb are compared only
 * here. */
const char *judge_strangers(const struct play *direct, const struct play *through, FILE *where);
bool judge_disputed(const struct play *through, int transfer);
const char *judge_cut(const struct dialogue *, const struct play *direct,
    const struct play *cut_one, enum cut, FILE *where);

#endif
