/* What a peer has seen, in the order in which it saw it. */
#ifndef VIEW_H
#define VIEW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum seen_kind {
	SEEN_REPLY,    /* client: code, text */
	SEEN_COMMAND,  /* server: text */
	SEEN_SETUP,    /* client: code of the reply; server: text is the verb */
	SEEN_DIALLED,  /* a data connection is there, or (how) is not */
	SEEN_RECEIVED, /* data: n bytes, and then how */
	SEEN_SENT,     /* data: how */
	SEEN_STATE,    /* how the data connection stands */
	SEEN_END,      /* of the control connection, how */
	SEEN_SILENCE   /* waited in vain */
};
enum how { HOW_OK, HOW_EOF, HOW_RESET, HOW_REFUSED, HOW_SILENCE, HOW_OPEN, HOW_WRONG };

struct seen {
	enum seen_kind kind;
	enum how how;
	int code, transfer; /* -1: no transfer has begun */
	unsigned n;
	const char *text;
	bool loose; /* is not compared */
	uint64_t at;
	/* REPLY of the client: what had come of the data when it came */
	uint64_t arrived;
	bool ended, full; /* full: more could not come, for it was not read */
};

#define AT_A_GLANCE 1 /* code of a STATE that was not waited for */
#define VIEW_MAX    768
#define TRANSFERS   64
struct view {
	struct seen seen[VIEW_MAX];
	unsigned count;
	bool loose;
};

/* What the server has done in a transfer: what the judge may allow depends on it. */
struct deeds {
	int final;             /* last code >= 200 that it said itself to this transfer, */
	const char *words;     /* ... and all of it */
	bool up;               /* it was an upload */
	bool sent_reset;       /* it reset the data connection */
	bool left;             /* it went away with the transfer under way */
	unsigned sent;         /* bytes of a download */
	unsigned announced;    /* bytes, in its 150; 0: none */
	bool exact;            /* the client has asked for a whole file as it is */
	bool quit;             /* the client has said QUIT in it */
	bool aborted;          /* by the client: ABOR, a reset, or its end */
	bool there;            /* the client's connection, when it said the command */
	const unsigned *aside; /* ... whether that was put aside, as of somebody unknown */
	unsigned untold;       /* strangers whose connections were */
	bool anybody;          /* some came to where nobody is known */
	unsigned stolen;       /* bytes that others got */
};

struct seen *view_add(struct view *, enum seen_kind, enum how);
void view_print(const struct view *, FILE *);
void seen_print(const struct seen *, FILE *);
extern bool seen_brief; /* without times, numbers and texts */
extern const char *const how_names[];

/* Of a transfer, NULL where there is none: its data as a peer has them, its connection at the
 * server, and the reply with which the server has said that all is well. */
const struct seen *view_received(const struct view *, int transfer);
const struct seen *view_dialled(const struct view *, int transfer);
const struct seen *view_success(const struct view *, int transfer, const struct deeds *);

#endif
