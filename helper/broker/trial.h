/* By mux ssh does not tell whether a port is dead or sshd dials none but the FTP server's (PermitOpen).
 * A port of the ssh server that is known to be open tells: one of ours. Who dials it there arrives, or it
 * is forbidden. Tried once in a session, for an FTP server on the ssh server alone: elsewhere there
 * is no port of ours, and no other way than to dial. Where ssh gives us no port it counts as forbidden:
 * then nobody waits for what cannot come. */
#pragma once

#include "base/loop.h"
#include "ends/end.h"
#include "state/action.h"

struct trial {
	struct end *end;
	void (*told)(void *arg, const struct event *);
	void *arg;
	const char *host; /* NULL: nobody has asked yet */
	bool over, forbidden;
	struct stream *dialled;
	struct timer deadline;
	struct event waits[16];
	size_t count;
};

/* A dial of that host has failed, and it is not known why: the event is told when it is. */
void trial_ask(struct trial *, const char *host, const struct event *);
void trial_result(struct trial *, const struct end_result *); /* of CHANNEL_TRIAL and what follows */
void trial_end(struct trial *); /* nobody is told any more */
