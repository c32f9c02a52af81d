/* Is the client's process just dying?
 *
 * One that is killed gives up its table of descriptors first, and only then, one after the other
 * and as it gets a processor, end the connections that were in it (Linux: exit_files() before
 * exit_task_work()). So if its data connection has ended and its table has the control connection
 * no more, that one will end, too, however long it takes. The process is looked for once, when the
 * first upload begins, which may take milliseconds; after that one look at one descriptor tells. Where
 * the system does not say who owns a socket (net/peer_owner.h), or has no such /proc, nothing is known
 * of it. */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

#include "net/peer_owner.h"
#include "state/action.h"

struct client_process {
	struct sockaddr_storage client, local; /* of the control connection */
	struct holder holder;
	bool sought;
};

/* Of a control connection with these addresses; one that is not of this machine is not looked for. */
void client_process_init(struct client_process *, const struct sockaddr_storage *client,
    const struct sockaddr_storage *local);
void client_process_find(void *); /* again, or of none: nothing */
/* LIVES: somebody has the control connection. UNKNOWN: another machine, another system, no access,
 * or it was not found in time. */
enum client_state client_process_state(struct client_process *);
