/* Where FTP clients come in: the near listeners of a tunnel. */
#ifndef ENTRANCES_H
#define ENTRANCES_H

#include "cmdline.h"
#include "listener.h"

struct loop;
struct entrances;

typedef void entrances_fn(void *arg, const struct tunnel_spec *, int fd); /* takes fd */

struct entrances *entrances_new(struct loop *, const struct cmdline *); /* NULL: no memory */
void entrances_free(struct entrances *); /* NULL is harmless */

/* Listen for a spec, without accepting yet. For messages see listener.h. */
enum listen_result entrances_add(struct entrances *, const struct tunnel_spec *, char *why,
    size_t why_size);
/* The same with a descriptor that listens already. */
enum listen_result entrances_adopt(struct entrances *, const struct tunnel_spec *, int fd,
    char *why, size_t why_size);

/* The numeric address of the first listener; NULL when there is none. */
const struct hostport *entrances_first(const struct entrances *);
void entrances_announce(const struct entrances *); /* on stdout, a line for each listener */
/* Visit every listener. */
void entrances_each(const struct entrances *, void (*fn)(void *arg, const struct hostport *at,
    const struct hostport *target), void *arg);
void entrances_start(struct entrances *, entrances_fn *, void *arg);

#endif
