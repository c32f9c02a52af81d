#include "status/query.h"

#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/memory.h"
#include "base/packet.h"
#include "base/rundir.h"
#include "status/status.h"
#include "base/unixsock.h"

#define TELL_MS 3000
#define READ_SIZE 65536

static const char silent[] = "it does not answer";
static const char gone[] = "it has just ended"; /* a socket that nobody listens at */

/* One conversation. */
struct talk {
	struct tunnel_view *view;
	struct watch *watch;
	size_t *left; /* conversations that are under way */
	int fd;
	bool over;
	struct status_done done;
	struct bytes in;
};

static void
talk_end(struct talk *t, const char *trouble)
{
	if (t->over)
		return;
	t->over = true;
	t->view->trouble = trouble;
	watch_free(t->watch);
	fd_close(&t->fd);
	--*t->left;
}

static bool
take_record(struct talk *t, const struct status_record *r)
{
	struct tunnel_view *v = t->view;
	struct status_listener *listener;
	struct session_view *session = v->sessions > 0 ? &v->session[v->sessions - 1] : NULL;
	struct status_channel *channel;

	switch (r->type) {
	case STATUS_TUNNEL:
		v->tunnel = r->u.tunnel;
		return true;
	case STATUS_LISTENER:
		if ((listener = memory_append(&v->listener, &v->listeners, sizeof(*listener))) != NULL)
			*listener = r->u.listener;
		return listener != NULL;
	case STATUS_SESSION:
		if ((session = memory_append(&v->session, &v->sessions, sizeof(*session))) != NULL)
			session->session = r->u.session;
		return session != NULL;
	case STATUS_CHANNEL:
		if (session == NULL || (channel = memory_append(&session->channel, &session->channels,
		    sizeof(*channel))) == NULL)
			return false;
		*channel = r->u.channel;
		return true;
	case STATUS_DONE:
		t->done = r->u.done;
		talk_end(t, NULL);
		return true;
	default:
		return false;
	}
}

static void
talk_ready(void *arg, short revents)
{
	struct talk *t = arg;
	void *room = bytes_room(&t->in, READ_SIZE);
	ssize_t n = room != NULL ? recv(t->fd, room, READ_SIZE, 0) : 0;
	enum status_result result;
	struct status_record r;
	struct wire w;

	if (packet_over(n))
		talk_end(t, room != NULL ? "it has hung up" : "out of memory");
	if (n <= 0)
		return;
	t->in.len += (size_t)n;
	wire_read_from(&w, bytes_data(&t->in), t->in.len);
	while (!t->over && (result = status_get(&w, &r)) != STATUS_MORE) {
		if (result == STATUS_OTHER_VERSION)
			talk_end(t, "it is of another version of ftp-over-ssh; restart it");
		else if (result != STATUS_OK || !take_record(t, &r))
			talk_end(t, "its answer makes no sense");
	}
	bytes_take(&t->in, w.pos);
}

static void
talk_begin(struct talk *t, struct loop *loop, const struct status_ask *ask)
{
	struct status_record r = { .type = STATUS_ASK };
	uint8_t packet[STATUS_RECORD_MAX];
	struct wire w;

	r.u.ask = *ask;
	wire_write_to(&w, packet, sizeof(packet));
	status_put(&w, &r);
	if ((t->fd = unixsock_connect(t->view->path)) == -1 && errno == EAGAIN)
		talk_end(t, silent);
	else if (t->fd == -1)
		talk_end(t, gone);
	else if ((t->watch = loop_watch(loop, t->fd, POLLIN, talk_ready, t)) == NULL)
		talk_end(t, "out of memory");
	else if (send(t->fd, packet, w.len, MSG_NOSIGNAL) != (ssize_t)w.len)
		talk_end(t, "it has hung up");
}

/* The answer to a request (done) is wanted of one tunnel alone; else done is NULL. */
static int
talk_with(struct tunnel_view *views, size_t count, const struct status_ask *ask,
    unsigned ms, struct status_done *done)
{
	struct talk *talks = calloc(count + 1, sizeof(*talks));
	struct loop *loop = loop_new();
	uint64_t now, end = loop_now() + ms;
	size_t left = count;
	bool able = talks != NULL && loop != NULL;

	for (size_t i = 0; able && i < count; i++) {
		talks[i] = (struct talk){ .view = &views[i], .left = &left, .fd = -1 };
		talk_begin(&talks[i], loop, ask);
	}
	while (able && left > 0 && (now = loop_now()) < end && loop_once(loop, (int)(end - now)) == 0)
		;
	for (size_t i = 0; able && i < count; i++) {
		talk_end(&talks[i], silent);
		bytes_free(&talks[i].in);
	}
	if (able && done != NULL)
		*done = talks[0].done;
	free(talks);
	loop_free(loop);
	return able ? 0 : -1;
}

static void
found(const char *path, long pid, void *arg)
{
	struct tunnels *all = arg;
	struct tunnel_view *v;

	if (strlen(path) >= sizeof(v->path))
		return;
	if ((v = memory_append(&all->tunnel, &all->count, sizeof(*v))) == NULL)
		return;
	snprintf(v->path, sizeof(v->path), "%s", path);
	v->pid = pid;
}

static int
by_name(const void *a, const void *b)
{
	const struct tunnel_view *x = a, *y = b;
	int order;

	if ((x->trouble != NULL) != (y->trouble != NULL))
		return x->trouble != NULL ? 1 : -1;
	order = strcmp(x->tunnel.name, y->tunnel.name);
	return order != 0 ? order : (x->pid > y->pid) - (x->pid < y->pid);
}

static int
by_number(const void *a, const void *b)
{
	uint32_t x = ((const struct session_view *)a)->session.number;
	uint32_t y = ((const struct session_view *)b)->session.number;

	return (x > y) - (x < y);
}

static void
view_free(struct tunnel_view *v)
{
	for (size_t i = 0; i < v->sessions; i++)
		free(v->session[i].channel);
	free(v->session);
	free(v->listener);
}

int
query_all(struct tunnels *all, uid_t uid, unsigned ms, char *why, size_t why_size)
{
	static const struct status_ask ask = { STATUS_ASK_ALL, 0, 0 };
	size_t kept = 0;

	*all = (struct tunnels){ NULL, 0 };
	if (uid == geteuid() && rundir_path(why, why_size) == NULL)
		return -1;
	if (uid == geteuid())
		rundir_sweep();
	rundir_each(uid, 's', found, all);
	if (talk_with(all->tunnel, all->count, &ask, ms, NULL) == -1) {
		query_free(all);
		return log_why(why, why_size, "out of memory");
	}
	for (struct tunnel_view *v = all->tunnel; v < all->tunnel + all->count; v++) {
		if (v->sessions > 1)
			qsort(v->session, v->sessions, sizeof(struct session_view), by_number);
		if (v->trouble == gone)
			view_free(v);
		else
			all->tunnel[kept++] = *v;
	}
	all->count = kept;
	if (all->count > 1)
		qsort(all->tunnel, all->count, sizeof(struct tunnel_view), by_name);
	return 0;
}

void
query_free(struct tunnels *all)
{
	for (size_t i = 0; i < all->count; i++)
		view_free(&all->tunnel[i]);
	free(all->tunnel);
	*all = (struct tunnels){ NULL, 0 };
}

int
query_tell(const struct tunnel_view *view, const struct status_ask *ask, char *why,
    size_t why_size)
{
	struct tunnel_view copy = *view;
	struct status_done done = { 0 };

	copy.trouble = NULL;
	if (talk_with(&copy, 1, ask, TELL_MS, &done) == -1)
		snprintf(why, why_size, "out of memory");
	else if (copy.trouble != NULL)
		snprintf(why, why_size, "%s", copy.trouble);
	else if (!done.ok)
		snprintf(why, why_size, "%s", done.text);
	else
		return 0;
	return -1;
}
