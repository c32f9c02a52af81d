/* What the parts of the session machine share: session.c (streams and queue),
 * commands.c and replies.c (the two sides' lines), setup.c (PASV, PORT and kin; modes) and
 * transfer.c (data channels and their ends). */
#ifndef SESSION_PRIVATE_H
#define SESSION_PRIVATE_H

#include "bytes.h"
#include "line.h"
#include "queue.h"
#include "session.h"

#define SESSION_CHANNELS 16
#define REPLY_TEXT_MAX (64 * 1024) /* of a reply that is held back or must be understood */

/* The commands that make the server's end of a channel; setup.c has the table. */
enum attempt {
	TRY_PASV, TRY_EPSV, TRY_LPSV, TRY_PORT, TRY_EPRT4, TRY_EPRT6, TRY_LPRT4, TRY_LPRT6,
	TRY_COUNT
};

enum direction { DIR_NONE, DIR_DOWN, DIR_UP };

enum channel_timer {
	TIMER_NONE,
	TIMER_EOF,   /* the client's EOF of an upload: has its control connection ended, too? */
	TIMER_FINAL, /* the server's EOF of a download: what does the final reply say? */
	TIMER_STALL, /* a final reply is held until the data is through */
	TIMER_BEGIN  /* a 1xx is held until the client is there */
};

struct channel {
	unsigned id; /* 0 = free slot */
	enum ftp_verb client_verb;
	struct ftp_address client_addr, server_addr; /* to dial */
	enum attempt attempt;                        /* in hand */
	unsigned tried;                              /* mask of attempts */
	enum direction dir;
	bool listens[2], dialled[2], connected[2], eof[2], passed[2];
	uint16_t port[2];  /* of a listening end */
	uint8_t server_family; /* of the server end's listener */
	bool transferring; /* its command is in the queue or was answered */
	bool listing;      /* no file that could look whole */
	bool started;      /* 1xx seen */
	bool begin_waited; /* ... and was held */
	bool looked;       /* whether data moved, of a transfer that was refused */
	bool drained, closing;
	bool dies;    /* the client's control connection is to end with this one's data */
	bool aborted; /* by the client's ABOR: its data may end in any way */
	int final;
	enum channel_timer timer;
	uint64_t bytes; /* as the last event told */
	uint64_t size;  /* of the file that is fetched, 0 = unknown */
	bool late;      /* the server is dialled with the transfer command */
	char refusal[256]; /* the server's first no to a setup */
	char transfer[256];
};

struct session {
	struct session_config config;
	struct bytes in[2], out[2];
	struct line_reader line[2];
	struct queue queue;
	struct channel channel[SESSION_CHANNELS];
	unsigned next_id;
	struct channel *current; /* made by the last setup, not used by a transfer yet */

	struct action *action;
	size_t action_count, action_size, action_next;

	int reply_open;        /* code of the multi-line reply under way */
	struct bytes reply;    /* its lines so far, when they are held back */
	bool reply_collect;    /* ... which they are */
	bool reply_unasked;    /* it answers none of the pending commands */
	bool reply_aside;      /* it answers one out of turn */
	int held;              /* code of a complete final reply that waits in .reply */

	unsigned good, bad; /* masks of attempts, as this server has answered them */
	bool epsv_all, mode_b, opaque;
	bool logged_in, wants_tls;
	bool greeted, first_command, quit, farewell;
	bool quit_held; /* until the upload before it is answered */
	bool ended[2];  /* that control connection has ended */
	bool hung_up[2], half_closed;
	bool small; /* the last transfer was no bulk */
	uint64_t size;  /* what the last SIZE was answered with, and of which file it spoke */
	char sized[256];
	unsigned unsolicited;
	char user[64];
};

/* session.c */
void session_act(struct session *, const struct action *);
void session_send(struct session *, enum side, const char *line, size_t len); /* adds CRLF */
void session_answer(struct session *, const char *text); /* our reply, in its turn */
void session_step(struct session *);

void session_write(struct session *, enum side, const char *, size_t len);
void session_flush_own(struct session *); /* our replies whose turn has come */
void session_trace(const struct session *, enum side from, const char *line, size_t len);

/* commands.c */
bool client_begins(struct session *, const char *line, size_t len, bool whole); /* is it FTP? */
void client_command(struct session *, const char *line, size_t len);
void client_probe(struct session *); /* before anything that follows an ABOR */
void quit_release(struct session *); /* a QUIT that waited for an upload */

/* replies.c */
void server_line(struct session *, char *line, size_t len); /* may change the line */
void reply_transfer(struct session *); /* the reply that is held: may it go out now? */

/* setup.c */
void setup_command(struct session *, const struct ftp_command *);
void setup_reply(struct session *, int code, const char *text, size_t len);
bool setup_event(struct session *, struct channel *, const struct event *);
void setup_abandon(struct session *, const struct channel *);
bool setup_holds_client(struct session *);
bool setup_holds_server(struct session *);
const char *setup_verb_name(const struct channel *, enum side);

/* transfer.c */
struct channel *channel_new(struct session *, enum ftp_verb client_verb);
struct channel *channel_by_id(struct session *, unsigned id); /* NULL: no more */
bool channel_dials(const struct channel *, enum side);
void channel_act(struct session *, struct channel *, enum action_kind, enum side end);
void channel_close(struct session *, struct channel *);
void transfer_command(struct session *, const struct ftp_command *, const char *line, size_t len);
void transfer_prepared(struct session *, struct channel *);
void transfer_started(struct session *, struct channel *);
/* The 1xx is in: must it wait for the client to connect? */
bool transfer_lacks_client(struct session *, unsigned channel);
bool transfer_begin_waits(struct session *, struct channel *);
/* The final reply is in: may it go out now? *code may be changed to a failure. */
bool transfer_settled(struct session *, struct channel *, int *code);
void transfer_event(struct session *, struct channel *, const struct event *);
void transfer_control_ended(struct session *, enum side);
void transfer_fail_all(struct session *);

#endif
