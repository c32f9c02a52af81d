/* Copies of what must not end with this process, should it be killed: the tunnel has them. */
#pragma once

#include <stdbool.h>

struct proxy;

struct keep {
	int fd; /* the keep socket; -1: there is no tunnel */
};

/* NULL is harmless in all of these. */
bool keep_lives(void *keep); /* the tunnel, and so what it keeps */
bool keep_proxy(struct keep *, unsigned number, struct proxy *); /* and its trace; true: it is there */
void keep_upload(const struct keep *, unsigned id, int fd);    /* the server's end of an upload */
void keep_release(const struct keep *, unsigned id);
