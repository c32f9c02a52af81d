/* A password out of the text of a ~/.netrc. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* That of user in the first entry for one of the machines (NULL-terminated) or in "default". */
bool netrc_password(const char *text, const char *const machines[], const char *user, char *dst,
    size_t size);
