/* What a session machine keeps (what passes between it and the world is in action.h), and what its parts do
 * with that alike. */
#pragma once

#include "ftp/line.h"
#include "state/attribution.h"
#include "state/channel_state.h"
#include "state/output.h"
#include "state/queue.h"
#include "state/session_config.h"

#define SESSION_IN_MAX (32 * 1024) /* of a side that is not dealt with yet */
#define SESSION_CHANNELS 16
#define SESSION_SLOTS 24           /* some were closed just now, and are still asked about */

struct held_reply {          /* the reply under way */
	struct bytes text;       /* its lines so far, where it is held back */
	int open;                /* code of a multi-line one */
	int code;
	bool collect;            /* it is held back */
	enum whose whose;
	bool doubtful;           /* ... it is */
	struct pending *to;      /* with WHOSE_ENTRY */
	enum { HOLD_NONE, HOLD_DATA, HOLD_WHOSE } holding; /* it is complete */
};

struct session {
	struct session_config config;
	struct session_facts facts;
	struct bytes in[2];
	struct line_reader line[2];
	struct output out;
	struct queue queue;
	struct channel channel[SESSION_SLOTS];
	unsigned next_id;
	struct channel *current; /* made by the last setup, not begun with by a transfer yet */
	char dead[128];          /* ... if it has failed: why, */
	bool forbidden;          /* ... and whether ssh dials no such port */
	struct held_reply reply;
	unsigned good, bad; /* masks of attempts, as this server has answered them */
	bool dials;         /* as of the configuration, or what was seen */
	unsigned astray;    /* setups one behind the other without a proper answer */
	bool image, rest, odd_mode; /* TYPE I is answered; REST or RANG was said; MODE or STRU another than usual */
	bool epsv_all, mode_b, logged_in, first_command, quit;
	bool quit_held, quit_late; /* QUIT goes behind the end of an upload; was held long enough */
	bool parted;        /* the last reply was a 421, in the middle of a transfer */
	bool ended[2];      /* that control connection has ended */
	bool client_gone, half_closed; /* ... that was seen to, and passed on */
	enum session_timer timer;
	uint64_t progress;
	unsigned unsolicited; /* replies, one behind the other */
	char wrong[160];    /* end it all, and why; "" = no */
};

void session_wrong(struct session *, const char *why); /* ends with this step */
void session_arm(struct session *, enum session_timer);
void session_answer(struct session *, const char *text); /* our reply, in its turn */
char *session_refusal(const char *why); /* "425 Cannot open a data connection: why.", malloc'ed */
