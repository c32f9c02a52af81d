/* The broker: the process that may open things, and moves the data. It holds both ends, answers
 * the session's requests and applies the policy to each by itself. It outlives the session process
 * where a connection has to be held. */
#pragma once

#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "options/options.h"
#include "state/session_config.h"

struct loop;
struct broker;
struct counts;

struct broker_config {
	const struct ftp_options *options;
	/* The first has the control connection; "" = one that is not up. */
	const char *ctl_path[MASTERS_MAX];
	size_t masters;
	const char *ftp_host; /* of the control connection to the FTP server */
	uint16_t ftp_port;
	bool remote;          /* -R: the client end is far, the server end near */
	bool dials;           /* an earlier session has dialled data ports: nothing forbids that */
	bool relay;           /* -g: listeners beyond loopback */
	int keep_fd;          /* to the tunnel, -1 = none (keep.h) */
	int proxy_fd;         /* a proxy connection of the first master that is at rest; -1 = none */
	/* The client's control connection where it is near; AF_UNSPEC where not known. */
	struct sockaddr_storage client_local, client_peer;
	uid_t client_uid;
	const struct own_addresses *own; /* of own_addresses() */
	struct counts *counts;
	int client_fd;
	const int *stop; /* the first is readable when we are to end */
};

/* Everything here must outlive the broker. NULL with errno and a message in why. */
struct broker *broker_new(struct loop *, const struct broker_config *, char *why, size_t why_size);
void broker_free(struct broker *); /* gives back what was opened in the master */

/* Connect to the FTP server, and wait until that is done. *fd is the caller's, and -1 where only the
 * second knows it. Both: -1 with a message in why; it is one of these where the master has ended, and where
 * nobody needs it any more: we are to end, or the client has left without a word. */
#define BROKER_GONE "the ssh connection is gone"
#define BROKER_STOPPED "the tunnel is going down"
#define BROKER_LEFT "it has not answered so far, and the client has ended its side"
int broker_dial_control(struct broker *, int *fd, char *why, size_t why_size);
int broker_dialled(struct broker *, int *fd, char *why, size_t why_size);

void own_addresses(struct own_addresses *); /* of this machine: once, for the sandbox cannot */
/* What the session has to know about this broker's ends. */
void broker_describe(const struct broker *, struct session_config *);

/* Serve requests that come over fd until its other side is closed. What transfers there are then is
 * broken off. false: the session has asked for what no honest one does, and is to be ended. */
bool broker_serve(struct broker *, int fd);
/* Then: until nothing has to be held or waited for any more. */
void broker_linger(struct broker *);
