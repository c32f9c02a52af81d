/* The Ftp... options (-o FtpKey=value): one table of names, value syntax, help text and parser; usage
 * text, man pages and completions are checked against it. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MASTERS_MAX 64
enum passive_address { PASSIVE_CONTROL, PASSIVE_REPLY, PASSIVE_ADDR };
enum no_delay { NO_DELAY_AUTO, NO_DELAY_YES, NO_DELAY_NO };
/* How data connections are dialled: channels of a proxy connection, or a forward for each. */
enum forward_method { METHOD_AUTO, METHOD_PROXY, METHOD_MUX };
enum server_mode { MODE_AUTO, MODE_SAME, MODE_PASSIVE, MODE_ACTIVE };

struct ftp_options {
	enum passive_address passive_address; /* FtpPassiveAddress=control|reply|ADDR */
	char passive_addr[64];                /* ... ADDR, a numeric address */
	enum server_mode server_mode;         /* FtpServerMode=auto|same|passive|active */
	char advertise[64];                   /* FtpAdvertise=ADDR, "" = none */
	uint16_t data_port_lo, data_port_hi;  /* FtpDataPorts=LO-HI, 0 = any */
	bool tls_pass;                        /* FtpTls=refuse|pass */
	enum forward_method forward;          /* FtpForward=auto|proxy|mux */
	bool allow_any;                       /* FtpAllowUsers=self|any */
	unsigned timeout;                     /* FtpTimeout=SECONDS, 0 = off */
	unsigned connections;                 /* FtpConnections=N, 0 = no limit */
	unsigned abort_hold;                  /* FtpAbortHold=SECONDS, default 300 */
	unsigned grace;                       /* FtpGrace=SECONDS, default 0 */
	bool connect_first;                   /* FtpConnect=now|first */
	unsigned masters;                     /* FtpMasters=N, default 1 */
	enum no_delay no_delay;               /* FtpNoDelay=auto|yes|no */
	bool config_forwards;                 /* FtpConfigForwards=yes|no, default yes */
	bool log_json;                        /* FtpLog=text|json */
	char notify[256];                     /* FtpNotify=PROGRAM, "" = none */
	char name[64];                        /* FtpName=NAME, "" = destination:port */
};

struct option_info {
	const char *name;   /* "FtpServerMode" */
	const char *values; /* "auto|same|passive|active"; what is in capitals stands for a value */
	const char *help;   /* one line */
	bool (*set)(const struct option_info *, struct ftp_options *, const char *value);
	size_t field; /* the member of struct ftp_options that set() writes */
};

void ftp_options_default(struct ftp_options *);

/* Is "Key=value" or "Key value" one of ours (a name that begins with Ftp, any case)? */
bool ftp_option_ours(const char *text);

/* Take one of ours over. 0, or -1 with a message in why (what is wrong and what is
 * allowed; no trailing newline) and the options as they were. */
int ftp_option_set(struct ftp_options *, const char *text, char *why, size_t why_size);

/* The table, ended by a NULL name. */
extern const struct option_info ftp_option_table[];
