/* What the parts of the session machine share. From the bottom: output, queue and attribution know
 * nothing of a session; session_channel.c keeps the channels; transfer.c says how they are used
 * and end, setup.c how they come about; commands.c and replies.c take the two sides' lines;
 * session.c is the machine. Each uses what stands before it.
 *
 * All that is held, and for how long. At its bound a hold passes on; it never destroys.
 *
 *	what                    on what evidence                    at most        then
 *	download's EOF          the final reply is to come          FINAL_MS       ssh lives: pass it
 *	final 2xx, download     data are on their way               STALL_MS       pass it
 *	  ... to a far client   its own end is to come back         STALL_MS       pass it
 *	                        ssh has not taken all of the data   its pause      as before
 *	final 2xx, upload       its port may have been refused      STALL_MS       pass it
 *	final reply, upload     the EOF to the client is on its way STALL_MS       pass it
 *	final 4xx, 5xx          150: a connection is on its way     WHOSE_MS       pass it
 *	upload's EOF            client dies: its end is to come     DIES_MS        pass it
 *	                        nobody can tell                     UNKNOWN_MS     pass it
 *	a reply amid a transfer its data may have ended             WHOSE_MS       it is the other's
 *	setup                   a 2xx that is no answer was said    WHOSE_MS       that was it
 *	setup                   its listener is being made          the broker's   425
 *	a stranger              the client may yet come             OWNER_MS       take it, or 425
 *	reset after a 4xx, 5xx  the reply is not written yet        WHOSE_MS       reset
 *	QUIT                    an upload's end is on its way       LEAVE_MS       pass it
 *	client's half-close     replies, or an upload's end, to come LEAVE_MS      pass it
 *	the end of the session  no FTP server: the client may leave FINAL_MS       end it
 *	the session             the server is to close, data flow   GONE_MS        end it
 *	("at most" is without progress where data are waited for.) */
#ifndef SESSION_PRIVATE_H
#define SESSION_PRIVATE_H

#include "session/attribution.h"
#include "ftp/bytes.h"
#include "ftp/line.h"
#include "session/output.h"
#include "session/queue.h"
#include "session/session.h"

#define FINAL_MS 5000
#define STALL_MS 5000
#define DIES_MS 1000
#define UNKNOWN_MS 50
#define WHOSE_MS 1000
#define OWNER_MS 200
#define LEAVE_MS 1000
#define GONE_MS 30000

#define SESSION_CHANNELS 16
#define SESSION_SLOTS 24           /* some were closed just now, and are still asked about */
#define REPLY_TEXT_MAX (64 * 1024) /* of a reply that is held back or must be understood */

/* The commands that make the server's end of a channel; setup.c has the table. */
enum attempt {
	TRY_PASV, TRY_EPSV, TRY_LPSV, TRY_PORT, TRY_EPRT4, TRY_EPRT6, TRY_LPRT4, TRY_LPRT6,
	TRY_COUNT
};

enum direction { DIR_NONE, DIR_DOWN, DIR_UP };

enum channel_timer {
	TIMER_NONE,
	TIMER_DYING, /* the client's EOF of an upload: has its control connection ended, too? */
	TIMER_FINAL, /* the server's EOF of a download: what does the final reply say? */
	TIMER_STALL, /* a final reply is held until the data, or an EOF, are through */
	TIMER_OWNER, /* a stranger is there: will the client come? */
	TIMER_PORT,  /* something else than its answer came for a setup */
	TIMER_CONNECTION, /* a no is held until the connections that are on their way are there */
	TIMER_RESET  /* a reply goes before the reset */
};

struct end {
	bool dials;     /* else it listens */
	bool asked;     /* to listen, and does not yet */
	uint16_t port;  /* ... does */
	bool dialled, connected;
	bool moved;     /* bytes came from it, */
	bool eof;       /* and their end */
	bool passed;    /* an end of file was passed to it, */
	bool drained;   /* and taken */
	bool came_back; /* its own end followed that */
};

struct channel {
	unsigned id; /* 0 = free slot */
	bool dead;   /* closed; who carries that out may still ask about it */
	bool opened; /* the outside knows of it */
	/* setup */
	enum ftp_verb client_verb;
	struct ftp_address client_addr, server_addr; /* to dial */
	enum attempt attempt;  /* in hand */
	unsigned tried;        /* mask of attempts */
	uint8_t server_family; /* of the server end's listener */
	char argument[8];      /* of EPSV, for the server */
	char refusal[256];     /* the server's first no */
	char words[64];        /* of its 227, before the address */
	/* transfer */
	struct end end[2];
	enum direction dir;
	bool owned;     /* by a transfer that has begun: it is no other's any more */
	bool refused;   /* a command was, and left it as it was */
	bool turned;    /* to active mode, when the client had its answer */
	bool aborted;   /* by the client's ABOR: its data may end in any way */
	bool doubtful;  /* whether .final is the transfer's */
	bool lost;      /* there will be no final reply */
	bool stalled;   /* the data was waited for long enough */
	bool asked, proved; /* whether the server's end of an upload is there */
	bool ready_to_reset; /* its final reply is to be written before */
	int final;
	enum client_state client; /* as its EOF told */
	unsigned strangers;
	bool owner_waited;
	bool broken;    /* it has failed; a far client is to read the reply first */
	bool awaited;   /* its connection was, long enough */
	uint64_t announced; /* bytes, by the 150; 0 = not known */
	uint64_t progress;  /* as it was when the timer was set */
	enum channel_timer timer;
	char transfer[256];
};

enum session_timer {
	SESSION_IDLE, SESSION_WHOSE, SESSION_LEAVES, SESSION_GONE,
	SESSION_STRANGE, /* the client was told that this is no FTP server */
	SESSION_QUIT     /* QUIT is held */
};
enum holding { HOLD_NONE, HOLD_DATA, HOLD_WHOSE };

struct session {
	struct session_config config;
	struct bytes in[2];
	struct line_reader line[2];
	struct output out;
	struct queue queue;
	struct channel channel[SESSION_SLOTS];
	unsigned next_id;
	struct channel *current; /* made by the last setup, not begun with by a transfer yet */
	char dead[128];          /* ... if it has failed: why */

	struct bytes reply;      /* the lines so far of a reply that is held back */
	int reply_open;          /* code of the multi-line reply under way */
	int reply_code;
	bool reply_collect;      /* it is held back */
	bool reply_doubtful;     /* whose it is */
	enum whose reply_whose;
	struct pending *reply_to; /* with WHOSE_ENTRY */
	enum holding holding;    /* of a complete reply, with that code: */
	int held;

	bool dialled;       /* a data port of the server could be */
	unsigned good, bad; /* masks of attempts, as this server has answered them */
	unsigned astray;    /* setups one behind the other without a proper answer */
	bool image, rest, odd_mode; /* TYPE I; REST or RANG was said; MODE or STRU another than usual */
	bool epsv_all, mode_b, opaque;
	bool logged_in, wants_tls;
	bool greeted, first_command, quit;
	bool quit_held, quit_late; /* QUIT goes behind the end of an upload; was held long enough */
	bool ended[2];      /* that control connection has ended */
	bool client_gone;   /* ... and that was seen to */
	bool half_closed;
	enum session_timer timer;
	uint64_t progress;
	unsigned unsolicited;
	char wrong[160];    /* end it all, and why; "" = no */
	char user[64];
};

/* session_channel.c */
struct channel *channel_by_id(const struct session *, unsigned id); /* NULL: no more */
struct channel *channel_asked(const struct session *, unsigned id); /* ... or a dead one */
struct channel *channel_new(struct session *, enum ftp_verb client_verb); /* NULL: too many */
struct channel *channel_next(const struct session *, const struct channel *); /* NULL: the first; living ones */
void channel_sweep(struct session *); /* nobody asks about the dead any more */
void channel_act(struct session *, struct channel *, enum action_kind, enum side end);
void channel_open(struct session *, struct channel *, enum side, enum end_verb, uint8_t family);
void channel_begin(struct session *, struct channel *);
void channel_arm(struct session *, struct channel *, enum channel_timer);
void channel_pass_eof(struct session *, struct channel *, enum side end); /* once */
void channel_close(struct session *, struct channel *);
void channel_abort(struct session *, struct channel *, unsigned mask);
uint64_t channel_moved(const struct session *, const struct channel *, enum side from);
bool channel_unsent(const struct session *, const struct channel *); /* to the client, here */
uint64_t channel_progress(const struct session *, const struct channel *);
uint64_t session_progress(const struct session *); /* of all of them */
void session_wrong(struct session *, const char *why); /* ends with this step */
void session_arm(struct session *, enum session_timer);
void session_answer(struct session *, const char *text); /* our reply, in its turn */
/* "425 Cannot open a data connection: why.", malloc'ed */
char *session_refusal(const char *why);
/* Does the ssh server dial no data port at all? */
bool session_is_forbidden(const struct session *, const char *why);

/* transfer.c */
#define MASK(side) (1U << (side))
#define BOTH_ENDS (MASK(CLIENT) | MASK(SERVER))
void transfer_command(struct session *, const struct ftp_command *, const char *line, size_t len);
/* A setup is done: a command that was sent before it may have waited for that. */
void transfer_adopts(struct session *, struct channel *);
void transfer_begun(struct session *, struct pending *, const char *text, size_t len); /* 1xx */
void transfer_answered(struct session *, struct pending *, int code, bool doubtful);
bool transfer_may_pass(struct session *, struct pending *, int code); /* the final reply, now? */
void transfer_over(struct session *, struct pending *); /* the reply is out, or was left out */
struct transfer_seen transfer_seen(const struct session *, bool arrives);
void transfer_event(struct session *, struct channel *, const struct event *);
void transfer_control_ended(struct session *, enum side);
void transfer_quit(struct session *);
void transfer_step(struct session *);
void transfer_fail_all(struct session *);
bool transfer_unfinished(const struct session *); /* does the session have to last for one? */
bool transfer_stores(const struct session *); /* an upload is unanswered */
bool transfer_uploads(const struct session *); /* the end of one is still to be passed on */

/* setup.c */
bool pending_is_setup(const struct pending *);
void setup_command(struct session *, const struct ftp_command *);
/* The whole reply is in .reply. False: it is to be passed on as it is. */
bool setup_reply(struct session *, struct pending *, int code);
/* Something else came in its place, in .reply; true: the client must not see it. */
bool setup_stray(struct session *, struct pending *);
void setup_in_doubt(struct session *, struct pending *);
void setup_left_out(struct session *, struct pending *);
bool setup_event(struct session *, struct channel *, const struct event *); /* false: not its */
void setup_step(struct session *);
bool setup_holds_client(const struct session *);
bool setup_holds_server(const struct session *);
const char *setup_verb_name(const struct channel *, enum side);

/* commands.c */
bool client_begins(struct session *, const char *line, size_t len, bool whole); /* is it FTP? */
void client_command(struct session *, const char *line, size_t len);
void quit_step(struct session *); /* a QUIT that is held */

/* replies.c */
void server_line(struct session *, char *line, size_t len); /* may change the line */
void reply_step(struct session *); /* replies whose turn has come */

#endif
