#include "accept/accept.h"

#include <sys/socket.h>

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/list.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/packet.h"
#include "net/peer.h"

#define LOOK_MS 300 /* for us to see the end of a master that a helper has seen */

/* A control connection that waits for the master; master.c bounds the time. */
struct caller {
	struct caller *next;
	int fd;
	bool remote, again;
	struct hostport server;
	char peer[HELPER_PEER_MAX]; /* its address as text */
};

static void
client_free(struct caller *c)
{
	close(c->fd);
	free(c);
}

/* Service not available (RFC 959, 4.2.1); the peer has said nothing yet, so that closing
 * loses nothing. */
static void
tell(const struct caller *c, const char *head, const char *why)
{
	char reply[600], text[500];

	log_escape(text, sizeof(text), why, strlen(why));
	snprintf(reply, sizeof(reply), "421 %s%s\r\n", head, text);
	send(c->fd, reply, strlen(reply), MSG_NOSIGNAL);
}

static void
refuse(struct caller *c, const char *why)
{
	log_at(LOG_SESSIONS, "session of %s refused: %s", c->peer, why);
	tell(c, "", why);
	client_free(c);
}

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
		snprintf(peer, HELPER_PEER_MAX, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
}

/* Who may use a listener? false: not he, and he is done with. A stranger gets nothing to see; who may be
 * the user is told what is missing. */
static bool
admit(struct accept *r, struct caller *c)
{
	char name[PEER_NAME_MAX], why[256] = "it is on another host; -g would let it in", byte;
	bool any_user = r->cmdline->ftp.allow_any;
	unsigned missed;
	uid_t uid;
	enum peer_result owner = peer_uid(c->fd, &uid);
	/* on a system that tells no owner nobody gets in: the user should know */
	int level = owner == PEER_UNKNOWN ? LOG_NORMAL : LOG_SESSIONS;

	if (owner == PEER_REMOTE ? r->cmdline->gateway : any_user ||
	    (owner == PEER_KNOWN && (uid == geteuid() || uid == 0)))
		return true;
	/* the owner of a socket that is closed cannot be told */
	if (owner == PEER_UNKNOWN && packet_over(recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT))) {
		log_at(LOG_SESSIONS, "connection from %s: it was closed at once", c->peer);
		client_free(c);
		return false;
	}
	if (owner == PEER_KNOWN)
		snprintf(why, sizeof(why), "it belongs to user %s; FtpAllowUsers=any would let it in",
		    peer_name(name, uid));
	else if (owner == PEER_UNKNOWN)
		snprintf(why, sizeof(why), "its owner cannot be told; FtpAllowUsers=any would let it in");
	if (ratelimit_due(&r->told, why, loop_now(), &missed)) {
		if (missed > 0)
			log_at(level, "%u connections more were refused: %s", missed, why);
		log_at(level, "connection from %s refused: %s", c->peer, why);
	}
	r->refused++;
	if (owner == PEER_UNKNOWN)
		tell(c, "This connection is refused: ", why);
	client_free(c);
	return false;
}

static struct caller *
take(struct accept *r)
{
	struct caller *c = r->first;

	if (c != NULL) {
		r->first = c->next;
		r->waiting--;
	}
	return c;
}

void
accept_master(struct accept *r, enum master_state state)
{
	struct caller *c;

	if (state == MASTER_DOWN && r->first != NULL)
		state = master_want(r->master, false); /* it died under those who wait */
	while (state != MASTER_STARTING && (c = take(r)) != NULL) {
		const struct helper_start start = { .in = c->fd, .out = c->fd, .own_session = true,
			.remote = c->remote, .again = c->again, .peer = c->peer, .server = &c->server };

		if (state != MASTER_UP)
			refuse(c, master_reason(r->master));
		else if (helpers_start(r->helpers, &start) == -1)
			refuse(c, strerror(errno));
		else
			client_free(c);
	}
}

void
accept_end(struct accept *r)
{
	struct caller *c;

	while ((c = take(r)) != NULL)
		refuse(c, "the tunnel is being closed");
	timer_stop(&r->look);
}

static void
wait_for_master(struct accept *r, struct caller *c)
{
	list_append(caller, r->first, c);
	r->waiting++;
}

static struct caller *
client_new(const struct hostport *server, bool remote, int fd)
{
	struct caller *c = memory_make(struct caller, .fd = fd, .remote = remote,
	    .server = *server);

	if (c == NULL)
		close(fd);
	return c;
}

void
accept_client(struct accept *r, const struct hostport *server, bool remote, int fd)
{
	struct caller *c = client_new(server, remote, fd);
	unsigned limit = r->cmdline->ftp.connections;
	char why[256];

	if (c == NULL)
		return;
	peer_text(fd, c->peer);
	if (!admit(r, c))
		return;
	if (limit > 0 && r->helpers->count + r->waiting >= limit) {
		snprintf(why, sizeof(why), "Too many sessions (FtpConnections=%u), try again later", limit);
		refuse(c, why);
		return;
	}
	if (!memory_reserve()) {
		refuse(c, "Out of memory, try again later");
		return;
	}
	/* It waits first: a start that fails at once refuses all who wait. */
	wait_for_master(r, c);
	accept_master(r, master_want(r->master, r->may_ask));
	r->may_ask = false;
}

static void
look(void *arg)
{
	struct accept *r = arg;

	accept_master(r, master_want(r->master, false));
}

/* Its helper may have seen the master's end before us. */
bool
accept_again(struct accept *r, const struct helper *helper, int fd)
{
	struct caller *c = client_new(&helper->server, helper->remote, fd);
	char why[SPEC_HOST_MAX + 100];

	if (c == NULL)
		return true;
	memcpy(c->peer, helper->peer, sizeof(c->peer));
	if (helper->again || r->cmdline->run == RUN_STDIO) {
		snprintf(why, sizeof(why), "cannot connect to the FTP server %s port %u: "
		    "the ssh connection is gone", helper->server.host, helper->server.port);
		refuse(c, why);
		return false;
	}
	c->again = true;
	wait_for_master(r, c);
	if (master_state(r->master) != MASTER_UP)
		look(r);
	else if (r->look.loop == NULL)
		timer_set(&r->look, r->loop, LOOK_MS, look, r);
	return true;
}
