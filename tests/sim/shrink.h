/* The smallest dialogue that still fails in the same way. */
#ifndef SHRINK_H
#define SHRINK_H

#include "dialogue.h"

/* In which way it fails, valid until the next call. NULL: all is well, or the dialogue says nothing
 * (it is not the same when played direct twice). */
typedef const char *shrink_fn(const struct dialogue *);

void shrink(struct dialogue *, shrink_fn *);

#endif
