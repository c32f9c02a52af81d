#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/list.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/packet.h"
#include "base/rundir.h"
#include "net/listener.h"
#include "net/peer.h"
#include "status/seen.h"
#include "status/status.h"
#include "tunnel/tunnel_private.h"

#define CLIENTS_MAX 16
#define CLIENT_MS 10000          /* to ask and to take the answer */
#define FRESH_MS 500             /* for the sessions to say how they stand */
#define ANSWER_MAX (8U << 20)    /* sessions beyond that are left out */

/* One ftp-over-ssh-ctl: it asks, is answered, and that is it. */
struct client {
	struct client *next;
	struct tunnel *tunnel;
	struct watch *watch;
	struct timer deadline, patience;
	bool waits; /* for what the sessions say now */
	int fd;
	uint8_t in[128];
	size_t in_len;
	struct bytes out;
};

static void
client_free(void *arg)
{
	struct client *c = arg;

	list_remove(client, c->tunnel->statusd.first, c);
	c->tunnel->statusd.clients--;
	watch_free(c->watch);
	timer_stop(&c->deadline);
	timer_stop(&c->patience);
	close(c->fd);
	bytes_free(&c->out);
	free(c);
}

bool
statusd_put(struct bytes *out, const struct status_record *r)
{
	struct wire w;

	wire_write_to(&w, out->len < ANSWER_MAX ? bytes_room(out, STATUS_RECORD_MAX + 4) : NULL,
	    STATUS_RECORD_MAX + 4);
	if (w.data == NULL || status_put(&w, r) == -1)
		return false;
	out->len += w.len;
	return true;
}

static void
answer_done(struct client *c, const char *why)
{
	struct status_record r = { .type = STATUS_DONE };

	r.u.done.ok = why == NULL;
	snprintf(r.u.done.text, sizeof(r.u.done.text), "%s", why != NULL ? why : "");
	statusd_put(&c->out, &r);
}

static bool
tell(const struct helper *h, const struct status_record *ask)
{
	uint8_t packet[STATUS_RECORD_MAX];
	struct wire w;

	wire_write_to(&w, packet, sizeof(packet));
	status_put(&w, ask);
	return packet_send(h->status_fd, packet, w.len, NULL, 0) == 0;
}

/* " 1, 2, 3" behind what text holds already. */
static void
list_number(char *text, size_t size, uint32_t number)
{
	size_t used = strlen(text);

	if (used + 16 < size)
		snprintf(text + used, size - used, "%s %u", text[used - 1] == 's' ? "" : ",", number);
}

/* Within the session h; NULL: no such session. */
static void
nothing_there(struct client *c, const struct helper *h, const struct status_ask *ask)
{
	const struct seen *seen = h != NULL ? h->seen : NULL;
	char text[240];
	size_t used;

	if (h != NULL)
		snprintf(text, sizeof(text), "no data channel %u in session %u; there is", ask->channel,
		    h->number);
	else
		snprintf(text, sizeof(text), "no session %u; there is", ask->session);
	used = strlen(text);
	for (size_t i = 0; seen != NULL && i < seen->channels; i++)
		list_number(text, sizeof(text), seen->channel[i].number);
	for (h = h == NULL ? c->tunnel->helpers.first : NULL; h != NULL; h = h->next)
		list_number(text, sizeof(text), h->number);
	if (text[used] == '\0')
		strcat(text, " none");
	answer_done(c, text);
}

/* Session 0 stands for all of them. */
static void
close_all(struct client *c, const struct status_record *ask)
{
	const char *why = NULL;

	for (const struct helper *h = c->tunnel->helpers.first; h != NULL; h = h->next)
		if (!tell(h, ask))
			why = "a session is too busy to be told; try again";
	answer_done(c, why);
}

static void
close_one(struct client *c, const struct status_record *ask)
{
	const struct helper *h = c->tunnel->helpers.first;
	const struct status_ask *a = &ask->u.ask;
	size_t at;

	while (h != NULL && h->number != a->session)
		h = h->next;
	if (h == NULL || (a->channel != 0 && (h->seen == NULL ||
	    seen_channel(h->seen, a->channel, &at) == NULL)))
		nothing_there(c, h, a);
	else
		answer_done(c, tell(h, ask) ? NULL :
		    "the session is too busy to be told; try again");
}

static void
client_write(struct client *c)
{
	ssize_t n = send(c->fd, bytes_data(&c->out), c->out.len, MSG_NOSIGNAL);

	if (n > 0)
		bytes_take(&c->out, (size_t)n);
	if ((n <= 0 && !packet_again(errno)) || c->out.len == 0)
		client_free(c);
	else {
		watch_pause(c->watch, false);
		watch_events(c->watch, POLLOUT);
	}
}

static void
answer_now(void *arg)
{
	struct client *c = arg;

	timer_stop(&c->patience);
	c->waits = false;
	tunnel_status(c->tunnel, &c->out);
	answer_done(c, NULL);
	client_write(c);
}

/* When every session has said how it stands now, or has had the time for it. */
static void
answer_waiting(struct tunnel *t)
{
	struct client *next;

	for (const struct helper *h = t->helpers.first; h != NULL; h = h->next)
		if (h->asked)
			return;
	for (struct client *c = t->statusd.first; c != NULL; c = next) {
		next = c->next;
		if (c->waits)
			answer_now(c);
	}
}

/* At the end of a round: reports that were on their way before have come. */
static void
ask_helpers(void *arg)
{
	const struct status_record ask = { .type = STATUS_ASK, .u.ask.op = STATUS_ASK_ALL };
	struct client *c = arg;
	struct tunnel *t = c->tunnel;

	c->waits = true;
	timer_set(&c->patience, t->loop, FRESH_MS, answer_now, c);
	for (struct helper *h = t->helpers.first; h != NULL; h = h->next)
		h->asked = tell(h, &ask);
	answer_waiting(t);
}

/* Too many: what it sends fills its socket, and is dropped by the helper then. */
void
statusd_report(struct tunnel *t, struct helper *h, const void *data, size_t len)
{
	if (h->seen == NULL && (h->seen = memory_new(sizeof(struct seen))) == NULL)
		return;
	if (!seen_report(h->seen, data, len, loop_now()))
		watch_pause_for(h->watch, SEEN_WINDOW_MS);
	h->asked = false;
	answer_waiting(t);
}

static void
obey(struct client *c, const struct status_record *ask)
{
	switch (ask->u.ask.op) {
	case STATUS_ASK_CLOSE:
		(ask->u.ask.session == 0 ? close_all : close_one)(c, ask);
		break;
	case STATUS_ASK_STOP:
		log_at(LOG_SESSIONS, "stopped by ftp-over-ssh-ctl");
		answer_done(c, NULL);
		tunnel_signalled(c->tunnel, SIGTERM);
		break;
	default:
		watch_pause(c->watch, true);
		timer_set(&c->patience, c->tunnel->loop, 0, ask_helpers, c);
	}
}

/* A program of another version is told in ours, which it will notice. */
static void
client_ready(void *arg, short revents)
{
	struct client *c = arg;
	enum status_result result;
	struct status_record r;
	struct wire w;
	ssize_t n;

	if (c->out.len > 0) {
		client_write(c);
		return;
	}
	n = recv(c->fd, c->in + c->in_len, sizeof(c->in) - c->in_len, 0);
	if (packet_over(n))
		client_free(c);
	if (n <= 0)
		return;
	c->in_len += (size_t)n;
	wire_read_from(&w, c->in, c->in_len);
	result = status_get(&w, &r);
	if (result == STATUS_MORE && c->in_len < sizeof(c->in))
		return;
	if (result == STATUS_OK && r.type == STATUS_ASK)
		obey(c, &r);
	else
		answer_done(c, "this request is not understood");
	if (c->out.len > 0)
		client_write(c);
}

/* The directory lets nobody else in; whose socket it is, is the second lock. */
static void
accepted(void *arg, const struct listener *l, int fd)
{
	struct tunnel *t = arg;
	struct client *c = NULL;
	uid_t uid;

	if (t->statusd.clients >= CLIENTS_MAX || peer_uid(fd, &uid) != PEER_KNOWN ||
	    (uid != geteuid() && uid != 0) ||
	    (c = memory_make(struct client, .tunnel = t, .fd = fd)) == NULL) {
		close(fd);
		return;
	}
	list_add(t->statusd.first, c);
	t->statusd.clients++;
	c->watch = loop_watch(t->loop, fd, POLLIN, client_ready, c);
	timer_set(&c->deadline, t->loop, CLIENT_MS, client_free, c);
	if (c->watch == NULL)
		client_free(c);
}

void
statusd_open(struct tunnel *t)
{
	const struct cmdline *c = t->cmdline;
	uint16_t port = t->near == NULL ? 0 : t->near->at.port;
	char path[256], why[256] = "out of memory, or the path is too long";

	if (port == 0 && c->remote.count > 0)
		port = c->remote.spec[0].listen.port;
	if (*c->ftp.name != '\0')
		snprintf(t->statusd.name, sizeof(t->statusd.name), "%s", c->ftp.name);
	else
		hostport_format(t->statusd.name, sizeof(t->statusd.name), c->destination, port);
	if (rundir_path(why, sizeof(why)) == NULL || rundir_fresh(path, sizeof(path), 's') == -1 ||
	    listener_unix(&t->statusd.listener, t->loop, path, why, sizeof(why)) != LISTEN_OK)
		log_at(LOG_NORMAL, "no status for ftp-over-ssh-ctl: %s", why);
	else
		listener_start(t->statusd.listener, accepted, t);
}

void
statusd_close(struct statusd *s)
{
	while (s->first != NULL)
		client_free(s->first);
	listener_free(s->listener);
}
