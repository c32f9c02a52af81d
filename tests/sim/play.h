/* One dialogue, played: joined directly, or through the session machine. */
#ifndef PLAY_H
#define PLAY_H

#include "peer.h"

enum cut { CUT_NONE, CUT_LINK, CUT_SESSION, CUT_CLIENT, CUT_SERVER, CUTS };
extern const char *const cut_names[CUTS];

struct play {
	struct view client, server;
	struct deeds deeds[TRANSFERS];
	uint64_t took; /* until both peers were done */
	unsigned steps;
	const char *fault; /* something impossible has happened; NULL = none */
	bool was_cut, direct;
	unsigned memory; /* where it lives (world.h); stays from one play to the next */
};

void play_direct(const struct dialogue *, uint64_t timing, struct play *);
/* cut at that step of the world; its steps are as many as .steps says. */
void play_tunnel(const struct dialogue *, uint64_t timing, enum cut, unsigned at, struct play *);

#endif
