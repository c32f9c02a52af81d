/* What the productions of the grammar share. */
#ifndef PRODUCTIONS_H
#define PRODUCTIONS_H

#include "dialogue.h"
#include "world.h"

struct making {
	struct dialogue *d;
	struct dice dice;
	const char *verb;   /* this client's only one; NULL: any */
	bool early_accept;  /* this server sits in accept() after PASV */
	bool alone, fixed;  /* connections were made for nothing; all are to one port */
	bool missing; /* a final reply was left out */
	bool doubt;   /* an ABOR had no reply of its own: a 5xx may have been it, and AUTH's, ours, is late */
	bool silent, begun; /* this transfer begins without a 1xx, or with one */
	bool epsv_all;      /* no other setup may be said any more */
	bool over;          /* nothing can follow */
	int transfer, serial, setups;
};
extern struct making m;

bool chance(unsigned percent);
int pick(const int *from, unsigned count);
const char *word(const char *const *from, unsigned count);
#define NUMBER(...) \
	pick((const int[]){ __VA_ARGS__ }, sizeof((const int[]){ __VA_ARGS__ }) / sizeof(int))
#define WORD(...)                                  \
	word((const char *const[]){ __VA_ARGS__ }, \
	    sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))
void op(enum op_kind, int n);
void say(enum op_kind, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void on(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void pause_maybe(enum op_kind);
bool translated(void);

/* transfers.c */
void download(void), download_plain(void), upload(void);
/* aside.c, setups.c */
void download_with_command(void), upload_with_command(void), refused_then_again(void);
void setup_alone(void), no_connection(void), abort_transfer(void), dead_port(void);
void odd_passive(void), inline_listing(void), pipelined_transfer(void), setup_refused(void);
void quit_in_upload(void), dies_in_transfer(void), blast(void), closes_early(void);
void epsv_all(void), fixed_port(void), strangers(void), used_up(void);

/* The client's way to a data connection: PASV, answer, dial; and what lies in between. */
void setup(void);
const char *setup_verb(void);
void between(void); /* commands between it and the transfer */

#endif
