/* What FTP peers do: a seed makes a dialogue. */
#ifndef GRAMMAR_H
#define GRAMMAR_H

#include "dialogue.h"

void grammar_make(struct dialogue *, uint64_t seed);
void grammar_print(FILE *); /* how often each production was used */

#endif
