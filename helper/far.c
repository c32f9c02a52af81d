/* The far end: the other side of ssh, by forwards in the ControlMaster.
 *
 * dial: ssh listens on a unix socket of ours (-L path:host:port) and we connect to it. ssh
 * forgets a connection that it has not accepted when the forward is cancelled, but it has when
 * it answers anything that was asked after the connect. So the cancel goes out behind the
 * request of a later dial, which costs no wake-up of anybody, or with a check for an end of
 * file, or a moment later, behind an alive check of its own.
 * listen: sshd listens (-R localhost:0:path) and ssh connects to our unix socket. Cancelled
 * as soon as the connection is there, for sshd keeps a descriptor for each.
 * A path is never used twice: ssh answers a known forward with the old one. Asking sshd for
 * a listener costs a round trip: once one was used, a spare one is asked for at once and
 * serves the next listen. Who connects to it before that is a stranger. */
#include <sys/un.h>

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "end.h"
#include "listener.h"
#include "log.h"
#include "loop.h"
#include "memory.h"
#include "rundir.h"

/* Forwards that a master is asked for before auto turns to stdio: its list of forwards
 * never shrinks, and every request walks it. */
#define FLAT_FORWARDS 5000
#define BOTH_TRIES 3
#define SPARE_MS 60000 /* an unused spare listener is given back */
#define SERVED_MS 50   /* a small file is through by then */
#define QUIET_MS 20    /* a client that is told a port comes at once */

enum far_state {
	FAR_OPENING,   /* the forward is asked for */
	FAR_READY,     /* dial: ... and open; not wanted yet */
	FAR_SERVED,    /* dial: connected */
	FAR_CHECKING,  /* ... and has the master accepted? */
	FAR_LISTENING, /* listen: the port is known */
	FAR_DIALLED,   /* stdio: the answer tells whether the far side could connect */
	FAR_DIRECT,    /* ... and ssh writes to the other end until that is cancelled */
	FAR_CANCELLING
};

struct far_slot {
	struct far *far;
	struct far_slot *next;
	unsigned channel; /* 0: nobody waits for it any more */
	bool wanted;      /* dial: more than prepared */
	unsigned served;  /* dial: the channel that has the connection */
	uint32_t before;  /* ... the latest request that was made before it connected */
	bool accepted;    /* ... and one that was made later is answered */
	uint32_t direct;  /* stdio: the request that made it */
	bool spare;       /* a listener, kept for the next far_listen() */
	uint8_t family;   /* a listener's: 4, 6, 0 = both loopbacks */
	bool second_asked, second_open; /* ... both: ::1, with the port of 127.0.0.1 */
	int tries;        /* ... for a port that is free on both */
	enum far_state state;
	struct forward forward;
	bool unlinked;   /* its path */
	uint32_t id; /* of the request under way */
	uint16_t port;
	int fd; /* listen: the unix listener */
	struct watch *watch;
	struct timer *deadline, *pause; /* pause: nobody is accepted */
};

struct far_wait { /* a far_check() under way */
	struct far_wait *next;
	uint32_t id;
	void (*done)(void *, bool);
	void *arg;
};

struct far {
	struct end end;
	struct far_config config;
	struct forwarder *forwarder;
	struct far_slot *slots;
	struct far_wait *waits;
	uint32_t latest; /* request */
	struct timer *quiet; /* answers stay unread until then: they are about what is prepared */
	atomic_uint forwards; /* where nobody else counts */
	bool gone;
	bool by_name;   /* sshd lets us listen on "localhost" only */
	bool no_second; /* sshd has no ::1, it seems */
};

static bool
too_many_forwards(const struct far *far)
{
	return far->config.method == METHOD_AUTO && *far->config.forwards >= FLAT_FORWARDS;
}

static void
slot_free(struct far_slot *slot)
{
	struct far_slot **at;

	for (at = &slot->far->slots; *at != slot; at = &(*at)->next)
		;
	*at = slot->next;
	watch_free(slot->watch);
	timer_free(slot->deadline);
	timer_free(slot->pause);
	if (slot->fd != -1)
		close(slot->fd);
	if (slot->forward.path[0] != '\0' && !slot->unlinked)
		unlink(slot->forward.path);
	free(slot);
}

static struct far_slot *
slot_new(struct far *far, unsigned channel)
{
	struct far_slot *slot = memory_new(sizeof(*slot));

	if (slot == NULL)
		return NULL;
	slot->far = far;
	slot->channel = channel;
	slot->fd = -1;
	slot->next = far->slots;
	far->slots = slot;
	return slot;
}

/* The channel has its connection: from here on nobody waits for this slot. */
static void
slot_connected(struct far_slot *slot, int rfd, int wfd)
{
	unsigned channel = slot->channel;

	slot->channel = 0;
	end_connected(&slot->far->end, channel, rfd, wfd, slot->state == FAR_DIRECT);
}

static void
slot_failed(struct far_slot *slot, const char *reason)
{
	unsigned channel = slot->channel;

	slot->channel = 0;
	if (channel != 0)
		end_failed(&slot->far->end, channel, reason);
}

static void
slot_refused(struct far_slot *slot, const char *reason)
{
	log_at(LOG_DETAIL, "forward refused: %s", reason);
	slot_failed(slot, reason);
	slot_free(slot);
}

static void
slot_fail_now(void *arg)
{
	struct far_slot *slot = arg;

	slot->deadline = NULL;
	slot_failed(slot, "the ControlMaster cannot be asked");
	slot_free(slot);
}

/* The answer must not come from inside the call. */
static void
slot_fail_later(struct far_slot *slot)
{
	timer_free(slot->deadline);
	slot->deadline = loop_timer(slot->far->end.loop, 0, slot_fail_now, slot);
}

/* What slot->forward becomes for the second loopback. */
static struct forward
second_forward(const struct far_slot *slot)
{
	struct forward f = slot->forward;

	snprintf(f.host, sizeof(f.host), "::1");
	f.port = slot->port;
	return f;
}

static void
far_loud(void *arg)
{
	struct far *far = arg;

	far->quiet = NULL;
	forward_quiet(far->forwarder, false);
}

static void
far_hear(struct far *far)
{
	if (far->quiet == NULL)
		return;
	timer_free(far->quiet);
	far_loud(far);
}

/* Remember the request; its answer is wanted. */
static uint32_t
asked(struct far *far, uint32_t id)
{
	if (id != 0)
		far->latest = id;
	far_hear(far);
	return id;
}

/* The id of the request. */
static uint32_t
slot_cancel(struct far_slot *slot)
{
	struct forward second = second_forward(slot);
	uint32_t id;

	if (slot->second_open)
		forward_cancel(slot->far->forwarder, &second);
	watch_free(slot->watch);
	slot->watch = NULL;
	timer_free(slot->deadline);
	timer_free(slot->pause);
	slot->deadline = slot->pause = NULL;
	slot->state = FAR_CANCELLING;
	slot->id = id = asked(slot->far, forward_cancel(slot->far->forwarder, &slot->forward));
	if (id == 0)
		slot_free(slot);
	return id;
}

static void
slot_expired(void *arg)
{
	struct far_slot *slot = arg;

	slot->deadline = NULL;
	slot_failed(slot, "nobody connected");
	slot_cancel(slot);
}

/* ---- dial ---- */

static int
unix_socket(const char *path, struct sockaddr_un *sun)
{
	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	memcpy(sun->sun_path, path, strlen(path) + 1); /* FORWARD_PATH_MAX fits */
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static void
dial_served(void *arg)
{
	struct far_slot *slot = arg;

	slot->deadline = NULL;
	if (slot->accepted) {
		slot_cancel(slot);
		return;
	}
	slot->state = FAR_CHECKING;
	if ((slot->id = asked(slot->far, forward_check(slot->far->forwarder))) == 0)
		slot_free(slot);
}

/* An answer is here: the master has accepted what connected before the question was asked. */
static void
dials_accepted(struct far *far, uint32_t id)
{
	for (struct far_slot *slot = far->slots; slot != NULL; slot = slot->next)
		if (slot->state == FAR_SERVED && (int32_t)(id - slot->before) > 0)
			slot->accepted = true;
}

static void
dials_cancel_accepted(struct far *far)
{
	struct far_slot *slot, *next;

	for (slot = far->slots; slot != NULL; slot = next) {
		next = slot->next;
		if (slot->state == FAR_SERVED && slot->accepted)
			slot_cancel(slot);
	}
}

static void
dial_forwarded(struct far_slot *slot)
{
	struct sockaddr_un sun;
	int fd = unix_socket(slot->forward.path, &sun);

	if (slot->channel == 0 || fd == -1 ||
	    connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1) {
		slot_failed(slot, strerror(errno));
		if (fd != -1)
			close(fd);
		slot_cancel(slot);
		return;
	}
	unlink(slot->forward.path);
	slot->unlinked = true;
	slot->state = FAR_SERVED;
	slot->served = slot->channel;
	slot->before = slot->far->latest;
	slot->deadline = loop_timer(slot->far->end.loop, SERVED_MS, dial_served, slot);
	slot_connected(slot, fd, fd);
}

static bool
dial_stdio(struct far_slot *slot, const char *host, uint16_t port, int to)
{
	int rfd, wfd;

	slot->id = forward_stdio(slot->far->forwarder, host, port, to, &rfd, &wfd);
	if (slot->id == 0)
		return false;
	slot->state = to != -1 ? FAR_DIRECT : FAR_DIALLED;
	slot->served = slot->channel;
	slot->direct = slot->id;
	slot_connected(slot, rfd, wfd);
	return true;
}

static bool
wants_stdio(const struct far *far)
{
	return far->config.method == METHOD_STDIO || too_many_forwards(far);
}

static bool
can_be_direct(const struct far *far)
{
	return far->config.method == METHOD_STDIO || far->config.method == METHOD_AUTO;
}

/* A fresh path and the request for its forward. */
static int
slot_open(struct far_slot *slot, enum forward_kind kind, const char *host, uint16_t port)
{
	slot->forward.kind = kind;
	slot->forward.port = port;
	snprintf(slot->forward.host, sizeof(slot->forward.host), "%s", host);
	if (slot->forward.path[0] == '\0' &&
	    rundir_fresh(slot->forward.path, sizeof(slot->forward.path), 'd') == -1)
		return -1;
	++*slot->far->config.forwards;
	slot->id = asked(slot->far, forward_open(slot->far->forwarder, &slot->forward));
	return slot->id == 0 ? -1 : 0;
}

/* Ask for the forward; what can be cancelled goes with it, behind it in one packet. */
static bool
dial_open(struct far_slot *slot, const char *host, uint16_t port)
{
	struct far *far = slot->far;
	bool asked;

	forward_hold(far->forwarder, true);
	asked = slot_open(slot, FORWARD_LOCAL, host, port) == 0;
	dials_cancel_accepted(far);
	forward_hold(far->forwarder, false);
	return asked;
}

/* The forward that was prepared for that dial. */
static struct far_slot *
dial_prepared(struct far *far, unsigned channel)
{
	for (struct far_slot *slot = far->slots; slot != NULL; slot = slot->next)
		if (slot->channel == channel && slot->forward.kind == FORWARD_LOCAL && !slot->wanted &&
		    (slot->state == FAR_OPENING || slot->state == FAR_READY))
			return slot;
	return NULL;
}

/* Does anybody wait for an answer of the master? */
static bool
answer_awaited(const struct far *far)
{
	for (const struct far_slot *slot = far->slots; slot != NULL; slot = slot->next)
		if (slot->state == FAR_OPENING && slot->wanted)
			return true;
	return far->waits != NULL;
}

static void
far_prepare(struct end *end, unsigned channel, const char *host, uint16_t port)
{
	struct far *far = (struct far *)end;
	struct far_slot *slot;

	if (wants_stdio(far)) {
		forward_stdio_prepare(far->forwarder);
		return;
	}
	if ((slot = slot_new(far, channel)) == NULL)
		return;
	if (!dial_open(slot, host, port)) {
		slot_free(slot);
		return;
	}
	if (!answer_awaited(far) && (far->quiet = loop_timer(end->loop, QUIET_MS, far_loud, far)) != NULL)
		forward_quiet(far->forwarder, true);
}

static void
far_dial(struct end *end, unsigned channel, const char *host, uint16_t port, int to)
{
	struct far *far = (struct far *)end;
	struct far_slot *slot = dial_prepared(far, channel);

	if (slot != NULL) {
		slot->wanted = true;
		if (slot->state == FAR_READY)
			dial_forwarded(slot);
		else
			far_hear(far);
		return;
	}
	if ((slot = slot_new(far, channel)) == NULL)
		return;
	slot->wanted = true;
	if (!can_be_direct(far))
		to = -1;
	if ((to != -1 || wants_stdio(far)) && dial_stdio(slot, host, port, to))
		return;
	if (far->config.method == METHOD_STDIO || !dial_open(slot, host, port))
		slot_fail_later(slot);
}

/* ---- listen ---- */

static void listen_new(struct far *, unsigned channel, uint8_t family);

/* For "localhost:0" sshd opens two listeners, and does not say when the port that it chose for
 * one loopback is somebody else's on the other: there the data would go. So it is told which
 * one is meant. PermitListen may know "localhost" alone, though: the name is the last resort. */
static const char *
listen_host(const struct far *far, uint8_t family)
{
	if (far->config.bind != NULL)
		return far->config.bind;
	if (far->by_name)
		return "localhost";
	return family == 6 ? "::1" : "127.0.0.1";
}

static struct far_slot *
spare_find(struct far *far)
{
	for (struct far_slot *slot = far->slots; slot != NULL; slot = slot->next)
		if (slot->spare)
			return slot;
	return NULL;
}

static void
spare_drop(struct far_slot *slot)
{
	slot->spare = false;
	slot_cancel(slot);
}

static void
spare_expired(void *arg)
{
	struct far_slot *slot = arg;

	slot->deadline = NULL;
	spare_drop(slot);
}

static void
listen_resume(void *arg)
{
	struct far_slot *slot = arg;

	slot->pause = NULL;
	watch_pause(slot->watch, false);
}

/* What there is no room for has to wait. */
static void
listen_pause(struct far_slot *slot)
{
	slot->pause = loop_timer(slot->far->end.loop, LISTENER_PAUSE_MS, listen_resume, slot);
	watch_pause(slot->watch, slot->pause != NULL);
}

static void
listen_accept(void *arg, short revents)
{
	struct far_slot *slot = arg;
	struct far *far = slot->far;
	uint8_t family = slot->family;
	int fd = accept4(slot->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)revents;
	if (fd == -1) {
		if (listener_lacks(errno))
			listen_pause(slot);
		return;
	}
	if (slot->spare) {
		log_at(LOG_SESSIONS, "refused a stranger at a data port of the far side");
		close(fd);
		spare_drop(slot);
		return;
	}
	slot_connected(slot, fd, fd);
	slot_cancel(slot);
	if (spare_find(far) == NULL)
		listen_new(far, 0, family);
}

/* The listener now waits for that channel's connection. */
static void
listen_assign(void *arg)
{
	struct far_slot *slot = arg;

	slot->deadline = loop_timer(slot->far->end.loop, LISTEN_DEADLINE_MS, slot_expired, slot);
	end_listening(&slot->far->end, slot->channel, slot->port, too_many_forwards(slot->far));
}

/* Where the family is not known, the same port on ::1 as well. True while that is asked. */
static bool
listen_second(struct far_slot *slot)
{
	struct forward second = second_forward(slot);
	struct far *far = slot->far;

	if (slot->family != 0 || far->by_name || far->no_second || far->config.bind != NULL)
		return false;
	slot->second_asked = true;
	++*far->config.forwards;
	return (slot->id = asked(far, forward_open(far->forwarder, &second))) != 0;
}

/* Somebody has the port there: begin again with another one. If none is free on both,
 * 127.0.0.1 has to do. True while that is asked. */
static bool
listen_elsewhere(struct far_slot *slot)
{
	struct far *far = slot->far;

	if (++slot->tries == BOTH_TRIES) {
		far->no_second = true;
		return false;
	}
	slot->second_asked = false;
	forward_cancel(far->forwarder, &slot->forward);
	return slot_open(slot, FORWARD_REMOTE, listen_host(far, 0), 0) == 0;
}

/* The number is refused: is the name allowed? True while that is asked. */
static bool
listen_by_name(struct far_slot *slot, enum forward_status status)
{
	struct far *far = slot->far;

	if (status != FORWARD_REFUSED || !far->config.by_name || far->config.bind != NULL ||
	    strcmp(slot->forward.host, "localhost") == 0)
		return false;
	far->by_name = true;
	return slot_open(slot, FORWARD_REMOTE, listen_host(far, slot->family), 0) == 0;
}

static void
listen_ready(struct far_slot *slot)
{
	struct loop *loop = slot->far->end.loop;

	if (slot->channel == 0 && !slot->spare) { /* cancelled meanwhile */
		slot_cancel(slot);
		return;
	}
	slot->state = FAR_LISTENING;
	slot->watch = loop_watch(loop, slot->fd, POLLIN, listen_accept, slot);
	if (slot->spare)
		slot->deadline = loop_timer(loop, SPARE_MS, spare_expired, slot);
	else
		listen_assign(slot);
}

static void
listen_answer(struct far_slot *slot, const struct forward_result *r)
{
	bool ok = r->status == FORWARD_OK;

	if (slot->second_asked) {
		slot->second_open = ok;
		if (ok || !listen_elsewhere(slot))
			listen_ready(slot);
	} else if (ok) {
		slot->port = r->port;
		if (!listen_second(slot))
			listen_ready(slot);
	} else if (!listen_by_name(slot, r->status))
		slot_refused(slot, r->reason);
}

/* Give the spare listener to this channel, if it is ready and nobody has come to it. */
static bool
spare_take(struct far *far, unsigned channel, uint8_t family)
{
	struct far_slot *slot = spare_find(far);
	struct pollfd waiting = { slot ? slot->fd : -1, POLLIN, 0 };

	if (slot == NULL || slot->state != FAR_LISTENING || slot->family != family ||
	    poll(&waiting, 1, 0) != 0)
		return false;
	slot->spare = false;
	slot->channel = channel;
	timer_free(slot->deadline);
	slot->deadline = loop_timer(far->end.loop, 0, listen_assign, slot);
	return true;
}

static int
unix_listener(struct far_slot *slot)
{
	struct sockaddr_un sun;

	if (rundir_fresh(slot->forward.path, sizeof(slot->forward.path), 'd') == -1)
		return -1;
	if ((slot->fd = unix_socket(slot->forward.path, &sun)) == -1)
		return -1;
	if (bind(slot->fd, (struct sockaddr *)&sun, sizeof(sun)) == -1)
		return -1;
	return listen(slot->fd, 8);
}

/* channel 0: a spare one */
static void
listen_new(struct far *far, unsigned channel, uint8_t family)
{
	struct far_slot *slot = slot_new(far, channel);

	if (slot == NULL)
		return;
	slot->spare = channel == 0;
	slot->family = family;
	if (unix_listener(slot) == -1 ||
	    slot_open(slot, FORWARD_REMOTE, listen_host(far, family), 0) == -1)
		slot_fail_later(slot);
}

static void
far_listen(struct end *end, unsigned channel, uint8_t family)
{
	struct far *far = (struct far *)end;

	if (!spare_take(far, channel, family))
		listen_new(far, channel, family);
}

/* ---- answers ---- */

/* What was only prepared and is refused is asked for again when it is wanted. */
static void
dial_answer(struct far_slot *slot, const struct forward_result *r)
{
	bool ok = r->status == FORWARD_OK;

	if (ok && (slot->wanted || slot->channel == 0))
		dial_forwarded(slot);
	else if (ok)
		slot->state = FAR_READY;
	else if (slot->wanted)
		slot_refused(slot, r->reason);
	else
		slot_free(slot);
}

static void
slot_answer(struct far_slot *slot, const struct forward_result *r)
{
	bool ok = r->status == FORWARD_OK;

	slot->id = 0;
	switch (slot->state) {
	case FAR_OPENING:
		if (slot->forward.kind == FORWARD_REMOTE)
			listen_answer(slot, r);
		else
			dial_answer(slot, r);
		break;
	case FAR_CHECKING:
		slot_cancel(slot);
		break;
	case FAR_DIALLED:
	case FAR_DIRECT:
		if (!ok)
			log_at(LOG_SESSIONS, "the far side could not connect: %s", r->reason);
		if (slot->state == FAR_DIALLED)
			slot_free(slot);
		break;
	case FAR_CANCELLING:
		slot_free(slot);
		break;
	case FAR_LISTENING:
	case FAR_READY:
	case FAR_SERVED:
		break;
	}
}

/* A master that refuses something is alive, too. */
static void
wait_answer(struct far *far, const struct forward_result *r)
{
	for (struct far_wait **at = &far->waits; *at != NULL; at = &(*at)->next) {
		struct far_wait *w = *at;

		if (w->id != r->id)
			continue;
		*at = w->next;
		w->done(w->arg, r->status == FORWARD_OK || r->status == FORWARD_REFUSED);
		free(w);
		return;
	}
}

static void
far_gone(struct far *far)
{
	far->gone = true;
	end_gone(&far->end, "the ssh connection is gone");
}

static void
far_answer(void *arg, const struct forward_result *r)
{
	struct far *far = arg;

	if (r->id == 0) {
		far_gone(far);
		return;
	}
	dials_accepted(far, r->id);
	wait_answer(far, r);
	for (struct far_slot *slot = far->slots; slot != NULL; slot = slot->next)
		if (slot->id == r->id) {
			slot_answer(slot, r);
			return;
		}
}

/* The request that shows whether the master is alive: the cancel that is due, if there is one. */
static uint32_t
check_ask(struct far *far, unsigned channel)
{
	struct far_slot *slot;

	if (far->gone)
		return 0;
	for (slot = far->slots; slot != NULL; slot = slot->next)
		if (slot->state == FAR_SERVED && slot->served == channel)
			break;
	if (slot == NULL)
		return asked(far, forward_check(far->forwarder));
	return slot_cancel(slot);
}

void
far_check(struct end *end, unsigned channel, void (*done)(void *, bool), void *arg)
{
	struct far *far = (struct far *)end;
	struct far_wait *w;
	uint32_t id = check_ask(far, channel);

	if (id == 0 || (w = memory_grow(NULL, sizeof(*w))) == NULL) {
		done(arg, false);
		return;
	}
	*w = (struct far_wait){ far->waits, id, done, arg };
	far->waits = w;
}

/* ---- the rest ---- */

static unsigned
far_cancel(struct end *end, unsigned channel)
{
	struct far *far = (struct far *)end;
	struct far_slot *slot, *next;
	unsigned n = 0;

	for (slot = far->slots; slot != NULL; slot = next) {
		next = slot->next;
		if (slot->state == FAR_DIRECT && slot->served == channel) {
			forward_stdio_end(far->forwarder, slot->direct);
			slot_free(slot);
			continue;
		}
		if (slot->channel != channel)
			continue;
		slot->channel = 0; /* an answer under way finds nobody and cancels */
		n += slot->wanted || slot->forward.kind == FORWARD_REMOTE;
		if (slot->state == FAR_LISTENING || slot->state == FAR_READY)
			slot_cancel(slot);
	}
	return n;
}

static void
far_free(struct end *end)
{
	struct far *far = (struct far *)end;
	struct far_slot *slot, *next;

	for (slot = far->slots; slot != NULL && !far->gone; slot = next) {
		next = slot->next;
		/* of the remote ones that are being opened the forwarder takes care */
		if (slot->state == FAR_LISTENING || slot->state == FAR_READY ||
		    slot->state == FAR_CHECKING || slot->state == FAR_SERVED ||
		    (slot->state == FAR_OPENING && slot->forward.kind == FORWARD_LOCAL))
			slot_cancel(slot);
	}
	timer_free(far->quiet);
	forwarder_free(far->forwarder); /* waits for the cancels */
	while (far->slots != NULL)
		slot_free(far->slots);
	while (far->waits != NULL) {
		struct far_wait *w = far->waits;

		far->waits = w->next;
		free(w);
	}
	free(far);
}

static const struct end_ops far_ops = { far_prepare, far_dial, far_listen, far_cancel, far_free };

struct end *
far_new(struct loop *loop, const struct far_config *config, end_fn *fn, void *arg)
{
	struct far *far = memory_new(sizeof(*far));

	if (far == NULL)
		return NULL;
	far->end = (struct end){ &far_ops, loop, fn, arg };
	far->config = *config;
	if (far->config.forwards == NULL)
		far->config.forwards = &far->forwards;
	far->forwarder = forwarder_new(loop, config->method, config->ctl_path,
	    config->destination, far_answer, far);
	if (far->forwarder == NULL) {
		int saved = errno;

		free(far);
		errno = saved;
		return NULL;
	}
	return &far->end;
}
