/* What others may know of a session. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct session_facts {
	bool greeted;   /* the server has replied, by its 220 or to a client that spoke first */
	bool opaque;    /* TLS has begun (FtpTls=pass): what is said is seen no more */
	bool dials;     /* a data port of the server was dialled */
	bool wants_tls; /* the server refuses logins without TLS, which does not pass here */
	char user[64];  /* who logged in; "" = nobody yet */
	char strange[81]; /* what the server has said before any reply; "" = nothing */
};

/* The numbers are those of enum status_direction, in reports. */
enum direction { DIR_NONE, DIR_DOWN, DIR_UP };
struct channel_facts {
	const char *client_verb, *server_verb; /* "EPSV", "PORT" */
	const char *transfer;     /* command line; "" when there is none */
	enum direction direction; /* of the transfer */
	uint64_t announced;       /* bytes, by its 150; 0 = not known */
	int final;                /* reply code; 0 = none yet */
};
