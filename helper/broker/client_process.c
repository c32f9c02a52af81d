#include "broker/client_process.h"

#include <unistd.h>

#include "net/peer.h"

void
client_process_init(struct client_process *h, const struct sockaddr_storage *client,
    const struct sockaddr_storage *local)
{
	*h = (struct client_process){ .client = *client, .local = *local };
	if (!addr_is_here((const struct sockaddr *)client, (const struct sockaddr *)local))
		h->client.ss_family = AF_UNSPEC;
}

void
client_process_find(void *process)
{
	struct client_process *h = process;
	struct peer_socket socket;

	if (h->sought || h->client.ss_family == AF_UNSPEC)
		return;
	h->sought = true;
	/* are the descriptors of that user's processes ours to read? */
	if (peer_owner(&h->client, &h->local, &socket) && socket.id != 0 &&
	    (geteuid() == 0 || geteuid() == socket.uid))
		holder_find(&h->holder, &socket);
}

/* If the process that we know has it no more, a child may have inherited it: look again. */
enum client_state
client_process_state(struct client_process *h)
{
	struct peer_socket socket;

	client_process_find(h);
	if (h->client.ss_family == AF_UNSPEC)
		return CLIENT_UNKNOWN;
	if (!peer_owner(&h->client, &h->local, &socket))
		return h->holder.pid != 0 ? CLIENT_DIES : CLIENT_UNKNOWN;
	if (socket.id == 0)
		return CLIENT_DIES;
	if (h->holder.pid == 0)
		return CLIENT_UNKNOWN;
	return holder_has(&h->holder, &socket) || holder_find(&h->holder, &socket) ?
	    CLIENT_LIVES : CLIENT_DIES;
}
