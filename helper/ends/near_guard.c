#include "ends/near_guard.h"

#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "net/peer.h"

/* Messages that another user can make as many of as he likes. */
static void
log_refused(struct near_guard *g, const uid_t *uid)
{
	char text[100], name[PEER_NAME_MAX], more[40] = "";
	unsigned missed;

	if (uid == NULL)
		snprintf(text, sizeof(text), "refused a stranger at a data port");
	else
		snprintf(text, sizeof(text), "refused a stranger at a data port: it belongs to user %s",
		    peer_name(name, *uid));
	if (!ratelimit_due(&g->told, text, loop_now(), &missed))
		return;
	if (missed > 0)
		snprintf(more, sizeof(more), " (%u more since)", missed);
	log_at(LOG_SESSIONS, "%s%s", text, more);
}

enum admission
guard_admits(struct near_guard *g, int fd, const struct sockaddr *from)
{
	const struct sockaddr *peer = (const struct sockaddr *)&g->peer;
	bool loopback = addr_is_loopback(from) && addr_is_loopback(peer);
	const uid_t *known = NULL;
	uid_t uid;

	if (loopback || addr_same_host(from, peer)) {
		enum peer_result result = g->check_owner ? peer_uid(fd, &uid) : PEER_REMOTE;

		if (result == PEER_REMOTE ||
		    (result == PEER_KNOWN && (uid == g->owner || uid == getuid())))
			return ADMIT;
		if (result == PEER_UNKNOWN)
			return ASIDE;
		known = &uid;
	}
	log_refused(g, known);
	return REFUSE;
}
