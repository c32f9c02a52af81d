#include "accept/accept.h"

#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accept/admit.h"
#include "base/list.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/memory.h"
#include "base/ratelimit.h"

#define LOOK_MS 300 /* for us to see the end of a master that a helper has seen */

/* A control connection that waits for the master; master.c bounds the time. */
struct client {
	struct client *next;
	int fd;
	bool remote, again;
	struct hostport server;
	char peer[ADMIT_PEER_MAX];
};

struct accept {
	struct loop *loop;
	struct timer look; /* whether the master is there all the same */
	const struct cmdline *cmdline;
	struct master *master;
	struct helpers *helpers;
	struct client *first;
	size_t waiting;
	unsigned long refused;
	struct ratelimit told; /* of those who were turned away: why, which names the user */
	bool may_ask;
};

struct accept *
accept_new(struct loop *loop, const struct cmdline *cmdline, struct master *master,
    struct helpers *helpers)
{
	struct accept *r = memory_new(sizeof(*r));

	if (r == NULL)
		return NULL;
	r->loop = loop;
	r->cmdline = cmdline;
	r->master = master;
	r->helpers = helpers;
	return r;
}

static void
client_free(struct client *c)
{
	close(c->fd);
	free(c);
}

/* Service not available (RFC 959, 4.2.1); the peer has said nothing yet, so that closing
 * loses nothing. */
static void
tell(const struct client *c, const char *head, const char *why)
{
	char reply[600], text[500];

	log_escape(text, sizeof(text), why, strlen(why));
	snprintf(reply, sizeof(reply), "421 %s%s\r\n", head, text);
	send(c->fd, reply, strlen(reply), MSG_NOSIGNAL);
}

static void
refuse(struct client *c, const char *why)
{
	log_at(LOG_SESSIONS, "session of %s refused: %s", c->peer, why);
	tell(c, "", why);
	client_free(c);
}

/* A stranger gets nothing to see; who may be the user is told what is missing. */
static void
turn_away(struct accept *r, struct client *c, enum admission admission,
    const struct visitor *v)
{
	unsigned missed;

	if (admission == ADMIT_GONE) {
		log_at(LOG_SESSIONS, "connection from %s: it was closed at once", v->peer);
		client_free(c);
		return;
	}
	if (ratelimit_due(&r->told, v->why, loop_now(), &missed)) {
		if (missed > 0)
			log_at(LOG_SESSIONS, "%u connections more were refused: %s", missed, v->why);
		log_at(LOG_SESSIONS, "connection from %s refused: %s", v->peer, v->why);
	}
	r->refused++;
	if (admission == ADMIT_UNKNOWN)
		tell(c, "This connection is refused: ", v->why);
	client_free(c);
}

static void
serve(struct accept *r, struct client *c)
{
	const struct helper_start start = { .in = c->fd, .out = c->fd, .own_session = true,
		.remote = c->remote, .again = c->again, .peer = c->peer, .server = &c->server };

	if (helpers_start(r->helpers, &start) == -1)
		refuse(c, strerror(errno));
	else
		client_free(c);
}

static struct client *
take(struct accept *r)
{
	struct client *c = r->first;

	if (c != NULL) {
		r->first = c->next;
		r->waiting--;
	}
	return c;
}

void
accept_master(struct accept *r, enum master_state state)
{
	struct client *c;

	if (state == MASTER_DOWN && r->first != NULL)
		state = master_want(r->master, false); /* it died under those who wait */
	while (state != MASTER_STARTING && (c = take(r)) != NULL)
		if (state == MASTER_UP)
			serve(r, c);
		else
			refuse(c, master_reason(r->master));
}

void
accept_free(struct accept *r)
{
	struct client *c;

	if (r == NULL)
		return;
	while ((c = take(r)) != NULL)
		refuse(c, "the tunnel is being closed");
	timer_stop(&r->look);
	free(r);
}

unsigned long
accept_refused(const struct accept *r)
{
	return r->refused;
}

void
accept_may_ask(struct accept *r)
{
	r->may_ask = true;
}

static void
wait_for_master(struct accept *r, struct client *c)
{
	list_append(client, r->first, c);
	r->waiting++;
}

static bool
is_full(const struct accept *r)
{
	unsigned limit = r->cmdline->ftp.connections;

	return limit > 0 && helpers_count(r->helpers) + r->waiting >= limit;
}

static struct client *
client_new(const struct hostport *server, bool remote, int fd)
{
	struct client *c = memory_new(sizeof(*c));

	if (c == NULL) {
		close(fd);
		return NULL;
	}
	c->fd = fd;
	c->remote = remote;
	c->server = *server;
	return c;
}

void
accept_client(struct accept *r, const struct hostport *server, bool remote, int fd)
{
	const struct admit_policy policy = { r->cmdline->gateway, r->cmdline->ftp.allow_any };
	struct client *c = client_new(server, remote, fd);
	enum admission admission;
	struct visitor visitor;
	char why[256];

	if (c == NULL)
		return;
	if ((admission = admit(fd, &policy, &visitor)) != ADMIT) {
		turn_away(r, c, admission, &visitor);
		return;
	}
	memcpy(c->peer, visitor.peer, sizeof(c->peer));
	if (is_full(r)) {
		snprintf(why, sizeof(why), "Too many sessions (FtpConnections=%u), try again later",
		    r->cmdline->ftp.connections);
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
	struct client *c = client_new(&helper->server, helper->remote, fd);
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
