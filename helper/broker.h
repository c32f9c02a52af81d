/* The broker: the process that may open things. It holds both ends, answers the
 * session's requests and applies the policy to each by itself. */
#ifndef BROKER_H
#define BROKER_H

#include "end.h"
#include "options.h"
#include "session.h"

struct broker;

struct broker_config {
	const struct ftp_options *options;
	/* The first has the control connection; "" = one that is not up. */
	const char *ctl_path[MASTERS_MAX];
	size_t masters;
	const char *destination;
	const char *ftp_host; /* of the control connection to the FTP server */
	uint16_t ftp_port;
	bool remote;          /* -R: the client end is far, the server end near */
	atomic_uint *forwards; /* of each, shared with its other users; may be NULL */
	bool relay;           /* -g: listeners beyond loopback */
	/* The client's control connection where it is near; AF_UNSPEC where not known. */
	struct sockaddr_storage client_local, client_peer;
	uid_t client_uid;
};

/* Everything here must outlive the broker. NULL with a message in why. */
struct broker *broker_new(struct loop *, const struct broker_config *, char *why, size_t why_size);
void broker_free(struct broker *);

/* Connect to the FTP server; runs the loop until it is done. rfd and wfd are the
 * caller's. -1 with a message in why. */
int broker_dial_control(struct broker *, int *rfd, int *wfd, char *why, size_t why_size);

/* What the session has to know about this broker's ends. */
void broker_describe(const struct broker *, struct session_config *);

/* Serve requests that come over fd until its other side is closed. */
void broker_serve(struct broker *, int fd);

#endif
