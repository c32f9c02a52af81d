/* Does the client still have its control connection open, or is it a process that dies?
 *
 * A process that is killed gives up its table of descriptors first, and only then, one after the
 * other, end the connections that were in it (Linux: exit_files() before exit_task_work()). So
 * while some process has the control connection in its table, an end of file on the data
 * connection is one that the client meant. */
#ifndef HOLDER_H
#define HOLDER_H

#include <sys/socket.h>
#include <sys/types.h>

struct holder {
	struct sockaddr_storage client, local; /* of the control connection */
	pid_t pid; /* the process that was found to have it, 0 = none yet */
	int fd;    /* ... by this number */
};

enum holder_state {
	HOLDER_UNKNOWN, /* it cannot be told: another machine, other system, no access */
	HOLDER_LIVES,
	HOLDER_DIES     /* it was found before, and nobody has the connection any more */
};

/* Quick when the answer is as before; else it looks through /proc. */
enum holder_state holder_ask(struct holder *);

#endif
