/* The session process: the session machine between its control connections and the broker.
 *
 * After run_session() has been entered with a sandbox, the process can use nothing but the
 * descriptors named here, and no data descriptor ever comes. */
#pragma once

#include "session/session.h"
#include "status/status_records.h"

struct counts;

struct run_config {
	struct session_config session; /* its callbacks and arg are set here */
	int client_rfd, client_wfd, server_fd; /* the control connections; taken over */
	int ask_fd;                 /* to the broker */
	int status_fd;              /* to the tunnel, -1 = none */
	int stop_fd;                /* becomes readable when the session is to end */
	const struct counts *counts;
	enum status_method method;  /* of the data channels, for the tunnel */
	unsigned idle_ms, grace_ms; /* idle_ms 0 = no limit */
	unsigned greeting_ms;       /* how long the server may take for its first reply */
	const char *peer;           /* for messages: who the client is */
};

/* 0 when the session ended by itself, 1 when it could not be run or there is no server. */
int run_session(const struct run_config *);
