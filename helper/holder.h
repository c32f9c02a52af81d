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
	pid_t pid;     /* the process that was found to have it, 0 = none yet */
	int fd;        /* ... by this number */
	bool unseen;   /* once before, nobody was found: it may be where /proc does not show it */
};

/* Of a control connection with these addresses; one that is not of this machine is not looked for. */
void holder_init(struct holder *, const struct sockaddr_storage *client,
    const struct sockaddr_storage *local);

/* For how many milliseconds is the control connection's end worth waiting for? 0: it lives, or
 * it cannot be told (another machine, another system, no access). Quick
 * while all is as when it was looked for last, else it looks through /proc. */
unsigned holder_dies_ms(struct holder *);
void holder_know(struct holder *); /* while it lives, so that its end is known for certain */

#endif
