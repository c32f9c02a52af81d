/* Copies of what must not end with this process, should it be killed: the tunnel has them. */
#ifndef KEEP_H
#define KEEP_H

#include <stdbool.h>

struct keep;

/* NULL is harmless in all of these but the first. */
struct keep *keep_new(int fd); /* the keep socket, which is taken; NULL: no memory */
void keep_free(struct keep *);
bool keep_lives(void *keep); /* the tunnel, and so what it keeps */
/* A proxy connection and its trace (proxy.h); -1: the tunnel has no copy. */
int keep_proxy(struct keep *, unsigned number, int fd, int trace);
void keep_upload(struct keep *, unsigned id, int fd);    /* the server's end of an upload */
void keep_release(struct keep *, unsigned id);

#endif
