/* Is the client's process just dying?
 *
 * One that is killed gives up its table of descriptors first, and only then, one after the other
 * and as it gets a processor, end the connections that were in it (Linux: exit_files() before
 * exit_task_work()). So if its data connection has ended and nobody has the control connection in
 * his table, that one will end, too, however long it takes. */
#ifndef HOLDER_H
#define HOLDER_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>

struct holder {
	struct sockaddr_storage client, local; /* of the control connection */
	pid_t pid; /* the process that was found to have it, 0 = none yet */
	int fd;    /* ... by this number */
};

/* Ask once while it lives, to know it by. False also where it cannot be told: another machine,
 * another system, no access. Quick while all is as before, else it looks through /proc. */
bool holder_dies(struct holder *);

#endif
