/* The session process: the session machine between its descriptors.
 *
 * After run_session() has been entered with a sandbox, the process can use nothing but
 * the descriptors named here and what the broker sends. */
#ifndef RUN_H
#define RUN_H

#include <signal.h>

#include "conn.h"
#include "session.h"
#include "status_records.h"

struct run_config {
	struct session_config session;
	struct conn client, server; /* the control connections; taken over */
	int ask_fd;                 /* to the broker */
	int status_fd;              /* to the tunnel, -1 = none */
	enum status_method method;  /* of the data channels, for the tunnel */
	bool far[2];
	unsigned abort_hold_ms, idle_ms, grace_ms; /* idle_ms 0 = no limit */
	unsigned greeting_ms;       /* how long the server may take for its first reply */
	const char *peer;           /* for messages: who the client is */
	int crowd_fd;               /* crowd.h; -1 = none */
	int stop_fd;                /* becomes readable when the session is to end */
};

/* 0 when the session ended by itself, 1 when it could not be run or there is no server. */
int run_session(const struct run_config *);

#endif
