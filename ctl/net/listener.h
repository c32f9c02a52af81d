/* The sockets of this machine: here those that listen, by TCP or for ssh (unix); in peer.h whose they are. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "options/cmdline.h"

struct loop;
struct watch;

enum listen_result { LISTEN_FAILED = -1, LISTEN_OK, LISTEN_IN_USE };

struct listener;
/* Takes the connection: CLOEXEC, non-blocking. */
typedef void listener_fn(void *arg, const struct listener *, int fd);

struct listener {
	struct listener *next;
	struct hostport at, target; /* numeric address, unix: path; target of its spec */
	struct loop *loop;
	struct watch *watch;
	listener_fn *fn;
	void *arg;
	int fd;
	bool is_unix;
};

/* Listen, without accepting yet: one more for each address, at the end of the list. Of the command line it is -4,
 * -6 and -g that count. why tells what and why, and what to do. */
enum listen_result listener_tcp(struct listener **list, struct loop *, const struct tunnel_spec *,
    const struct cmdline *, char *why, size_t why_size);
enum listen_result listener_unix(struct listener **out, struct loop *, const char *path,
    char *why, size_t why_size);
/* Take over a descriptor that listens already (socket activation). */
enum listen_result listener_adopt(struct listener **list, struct loop *, const struct tunnel_spec *,
    const struct cmdline *, int fd, char *why, size_t why_size);

void listener_start(struct listener *, listener_fn *, void *arg); /* the whole list; once */
void listener_free(struct listener *); /* the whole list; NULL is harmless; unlinks */

/* A socket that listens there: CLOEXEC, non-blocking, on an IPv6 address for IPv6 alone; or -1. */
int listener_bind(const struct sockaddr *, socklen_t, int backlog);

/* accept(2) for whoever has a listening socket in a watch: CLOEXEC, non-blocking; -1 with errno.
 * from may be NULL. When there are no descriptors or memory for a connection that is there, the
 * watch pauses for a moment: poll(2) would go on saying that there is one. */
int listener_accept(int fd, struct watch *, struct sockaddr_storage *from);
#define LISTENER_PAUSE_MS 100
