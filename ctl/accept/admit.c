#include "accept/admit.h"

#include <sys/socket.h>

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "net/peer.h"
#include "options/spec.h"

static void
peer_text(int fd, char *peer)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);
	char host[48], port[8];

	strcpy(peer, "ssh");
	if (getpeername(fd, (struct sockaddr *)&ss, &len) == -1 || ss.ss_family == AF_UNIX)
		return;
	if (getnameinfo((struct sockaddr *)&ss, len, host, sizeof(host), port, sizeof(port),
	    NI_NUMERICHOST | NI_NUMERICSERV) == 0)
		snprintf(peer, ADMIT_PEER_MAX, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host,
		    port);
}

/* The owner of a socket that is closed cannot be told. */
static bool
has_left(int fd)
{
	char byte;
	ssize_t n = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	return n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR);
}

enum admission
admit(int fd, const struct admit_policy *policy, struct visitor *v)
{
	char name[PEER_NAME_MAX];
	uid_t uid;

	peer_text(fd, v->peer);
	switch (peer_uid(fd, &uid)) {
	case PEER_KNOWN:
		if (policy->any_user || uid == geteuid() || uid == 0)
			return ADMIT;
		snprintf(v->why, sizeof(v->why), "it belongs to user %s; FtpAllowUsers=any would "
		    "let it in", peer_name(name, uid));
		return ADMIT_STRANGER;
	case PEER_UNKNOWN:
		if (policy->any_user)
			return ADMIT;
		if (has_left(fd))
			return ADMIT_GONE;
		snprintf(v->why, sizeof(v->why), "its owner cannot be told; FtpAllowUsers=any would "
		    "let it in");
		return ADMIT_UNKNOWN;
	default:
		snprintf(v->why, sizeof(v->why), "it is on another host; -g would let it in");
		return policy->gateway ? ADMIT : ADMIT_STRANGER;
	}
}
