/* Where FTP clients come in: the near listeners of a tunnel. */
#ifndef NEAR_LISTENERS_H
#define NEAR_LISTENERS_H

#include "options/cmdline.h"
#include "net/listener.h"

struct loop;
struct near_listeners;

typedef void near_listeners_fn(void *arg, const struct tunnel_spec *, int fd); /* takes fd */

struct near_listeners *near_listeners_new(struct loop *, const struct cmdline *); /* NULL: no memory */
void near_listeners_free(struct near_listeners *); /* NULL is harmless */

/* Listen for a spec, without accepting yet. For messages see listener.h. */
enum listen_result near_listeners_add(struct near_listeners *, const struct tunnel_spec *, char *why,
    size_t why_size);
/* The same with a descriptor that listens already. */
enum listen_result near_listeners_adopt(struct near_listeners *, const struct tunnel_spec *, int fd,
    char *why, size_t why_size);

/* The numeric address of the first listener; NULL when there is none. */
const struct hostport *near_listeners_first(const struct near_listeners *);
void near_listeners_announce(const struct near_listeners *); /* on stdout, a line for each listener */
/* Visit every listener. */
void near_listeners_each(const struct near_listeners *, void (*fn)(void *arg, const struct hostport *at,
    const struct hostport *target), void *arg);
void near_listeners_start(struct near_listeners *, near_listeners_fn *, void *arg);

#endif
