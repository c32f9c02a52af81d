#include <sys/socket.h>

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/list.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/memory.h"
#include "base/packet.h"
#include "net/listener.h"
#include "net/peer.h"
#include "tunnel/tunnel_private.h"

#define LOOK_MS 300 /* for us to see the end of a master that a helper has seen */

/* A control connection that waits for the master; master.c bounds the time. */
struct caller {
	struct caller *next;
	struct session session;
};

static void
caller_free(struct caller *c)
{
	close(c->session.in);
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
	send(c->session.in, reply, strlen(reply), MSG_NOSIGNAL);
}

static void
refuse(struct caller *c, const char *why)
{
	log_at(LOG_SESSIONS, "session of %s refused: %s", c->session.peer, why);
	tell(c, "", why);
	caller_free(c);
}

static void
peer_text(struct session *s)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);
	char host[48], port[8];

	strcpy(s->peer, "ssh");
	if (getpeername(s->in, (struct sockaddr *)&ss, &len) == -1 || ss.ss_family == AF_UNIX)
		return;
	if (getnameinfo((struct sockaddr *)&ss, len, host, sizeof(host), port, sizeof(port),
	    NI_NUMERICHOST | NI_NUMERICSERV) == 0)
		snprintf(s->peer, sizeof(s->peer), strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
}

/* May it use the listener? false: no, and it is closed. A stranger is told nothing, one who may be the user
 * what is missing. */
static bool
admit(struct tunnel *t, struct caller *c)
{
	char name[PEER_NAME_MAX], why[256] = "it is on another host; -g would let it in", byte;
	bool any_user = t->cmdline->ftp.allow_any;
	unsigned missed;
	uid_t uid;
	enum peer_result owner = peer_uid(c->session.in, &uid);
	/* on a system that tells no owner nobody gets in: the user should know */
	int level = owner == PEER_UNKNOWN ? LOG_NORMAL : LOG_SESSIONS;

	if (owner == PEER_REMOTE ? t->cmdline->gateway : any_user ||
	    (owner == PEER_KNOWN && (uid == geteuid() || uid == 0)))
		return true;
	/* the owner of a socket that is closed cannot be told */
	if (owner == PEER_UNKNOWN && packet_over(recv(c->session.in, &byte, 1, MSG_PEEK | MSG_DONTWAIT))) {
		log_at(LOG_SESSIONS, "connection from %s: it was closed at once", c->session.peer);
		caller_free(c);
		return false;
	}
	if (owner == PEER_KNOWN)
		snprintf(why, sizeof(why), "it belongs to user %s; FtpAllowUsers=any would let it in",
		    peer_name(name, uid));
	else if (owner == PEER_UNKNOWN)
		snprintf(why, sizeof(why), "its owner cannot be told; FtpAllowUsers=any would let it in");
	if (ratelimit_due(&t->accept.told, why, loop_now(), &missed)) {
		if (missed > 0)
			log_at(level, "%u connections more were refused: %s", missed, why);
		log_at(level, "connection from %s refused: %s", c->session.peer, why);
	}
	t->accept.refused++;
	if (owner == PEER_UNKNOWN)
		tell(c, "This connection is refused: ", why);
	caller_free(c);
	return false;
}

static struct caller *
take(struct accepts *a)
{
	struct caller *c = a->first;

	if (c != NULL) {
		a->first = c->next;
		a->waiting--;
	}
	return c;
}

void
accept_master(struct tunnel *t, enum master_state state)
{
	struct caller *c;

	if (state == MASTER_DOWN && t->accept.first != NULL)
		state = master_want(t->master, false); /* it died under those who wait */
	while (state != MASTER_STARTING && (c = take(&t->accept)) != NULL) {
		if (state != MASTER_UP)
			refuse(c, t->master->reason);
		else if (helpers_start(t, &c->session) == -1)
			refuse(c, strerror(errno));
		else
			caller_free(c);
	}
}

void
accept_end(struct accepts *a)
{
	struct caller *c;

	while ((c = take(a)) != NULL)
		refuse(c, "the tunnel is being closed");
	timer_stop(&a->look);
}

static struct caller *
caller_new(const struct session *s)
{
	struct caller *c = memory_make(struct caller, .session = *s);

	if (c == NULL)
		close(s->in);
	return c;
}

/* What comes in on the far side comes by a unix socket. */
void
accept_incoming(void *tunnel, const struct listener *l, int fd)
{
	const struct session session = { .in = fd, .out = fd, .own_session = true, .remote = l->is_unix,
		.server = l->target };
	struct tunnel *t = tunnel;
	struct caller *c = caller_new(&session);
	unsigned limit = t->cmdline->ftp.connections;
	char why[256];

	if (c == NULL)
		return;
	peer_text(&c->session);
	if (!admit(t, c))
		return;
	if (limit > 0 && t->helpers.count + t->accept.waiting >= limit) {
		snprintf(why, sizeof(why), "Too many sessions (FtpConnections=%u), try again later", limit);
		refuse(c, why);
		return;
	}
	if (!memory_reserve()) {
		refuse(c, "Out of memory, try again later");
		return;
	}
	/* It waits first: a start that fails at once refuses all who wait. */
	list_append(caller, t->accept.first, c);
	t->accept.waiting++;
	accept_master(t, master_want(t->master, t->accept.may_ask));
	t->accept.may_ask = false;
}

static void
look(void *arg)
{
	struct tunnel *t = arg;

	accept_master(t, master_want(t->master, false));
}

/* Its helper may have seen the master's end before us. */
void
accept_again(struct tunnel *t, const struct helper *helper, int fd)
{
	struct session again = helper->session;
	struct caller *c;
	char why[SPEC_HOST_MAX + 100];

	again.in = again.out = fd;
	again.again = true;
	if ((c = caller_new(&again)) == NULL)
		return;
	if (helper->session.again || t->cmdline->run == RUN_STDIO) {
		snprintf(why, sizeof(why), "cannot connect to the FTP server %s port %u: "
		    "the ssh connection is gone", again.server.host, again.server.port);
		refuse(c, why);
		tunnel_noticed(t, helper, NOTICE_NO_SERVER, "the ssh connection is gone");
		return;
	}
	list_append(caller, t->accept.first, c);
	t->accept.waiting++;
	if (t->master->state != MASTER_UP)
		look(t);
	else if (t->accept.look.loop == NULL)
		timer_set(&t->accept.look, t->loop, LOOK_MS, look, t);
}
