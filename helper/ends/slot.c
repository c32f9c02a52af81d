#include "ends/slot.h"

#include <errno.h>
#include <stdlib.h>

#include "base/list.h"
#include "base/memory.h"
#include "relay/conn.h"
#include "relay/stream.h"

void *
slot_new(struct end *end, size_t size, unsigned channel, unsigned *uses, void (*drop)(void *))
{
	struct slot *slot = memory_new(size);

	if (slot == NULL)
		return NULL;
	*slot = (struct slot){ .end = end, .channel = channel, .uses = uses, .fd = -1, .drop = drop };
	list_add(end->slots, slot);
	return slot;
}

void
slot_free(void *arg)
{
	struct slot *slot = arg;
	int saved = errno;

	list_remove(slot, slot->end->slots, slot);
	watch_free(slot->watch);
	timer_stop(&slot->deadline);
	if (slot->fd != -1 && slot->port == 0)
		conn_drop(slot->fd);
	else
		fd_close(&slot->fd);
	stream_free(slot->stream);
	if (slot->drop != NULL)
		slot->drop(slot);
	free(slot);
	errno = saved;
}

void *
slot_watched(const struct end *end, unsigned channel)
{
	struct slot *slot = end->slots;

	while (slot != NULL && (slot->channel != channel || slot->watch == NULL))
		slot = slot->next;
	return slot;
}

static void
slot_expired(void *arg)
{
	slot_failed(arg, ((struct slot *)arg)->failure);
}

void
slot_fail_in(void *arg, unsigned ms, const char *failure)
{
	struct slot *slot = arg;

	slot->failure = failure;
	timer_set(&slot->deadline, slot->end->loop, ms, slot_expired, slot);
}

void
slot_listens(void *arg)
{
	struct slot *slot = arg;

	slot_fail_in(slot, LISTEN_DEADLINE_MS, "nobody connected");
	slot->end->fn(slot->end->arg, &(struct end_result){ .event = EV_LISTENING,
	    .channel = slot->channel, .port = slot->port });
}

void
slot_connected(void *arg, int fd)
{
	struct slot *slot = arg;
	struct end *end = slot->end;
	struct end_result r = { .event = EV_CONNECTED, .channel = slot->channel };

	if (slot->fd == fd)
		slot->fd = -1;
	conn_break_on_close(fd, true);
	if ((r.stream = stream_of(end->loop, fd, slot->uses)) == NULL) {
		slot_failed(slot, "out of memory");
		return;
	}
	slot_free(slot);
	end->fn(end->arg, &r);
}

/* The reason may be its own. */
void
slot_refused(void *arg, struct end_result r)
{
	struct slot *slot = arg;
	struct end *end = slot->end;

	list_remove(slot, end->slots, slot);
	r.event = EV_FAILED;
	r.channel = slot->channel;
	if (slot->channel != 0)
		end->fn(end->arg, &r);
	slot_free(slot);
}

void
slot_failed(void *arg, const char *reason)
{
	slot_refused(arg, (struct end_result){ .reason = reason });
}

void
slots_cancel(struct end *end, unsigned channel)
{
	struct slot *slot, *next;

	for (slot = end->slots; slot != NULL; slot = next) {
		next = slot->next;
		if (slot->channel == channel)
			slot_free(slot);
	}
}

void
slots_free(struct end *end)
{
	while (end->slots != NULL)
		slot_free(end->slots);
}
