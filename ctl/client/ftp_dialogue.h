/* The few words of FTP that we speak ourselves: one command, one reply. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct ftp_dialogue {
	int fd;       /* the caller's */
	int first;    /* code of the reply under way, 0 = none is */
	size_t len;
	char in[4096];
	char reply[512]; /* the first line of the last reply, without its end; or all that came */
};

enum { DIALOGUE_MORE = 0, DIALOGUE_SILENT = -1, DIALOGUE_ENDED = -2, DIALOGUE_JUNK = -3 };

/* The code of the next reply (RFC 959, 4.2) out of what has come by now, or one of the above; fd is
 * read at most once. */
int ftp_dialogue_next(struct ftp_dialogue *);
/* The same, but wait for it: never MORE. */
int ftp_dialogue_read(struct ftp_dialogue *, unsigned ms);
/* Send a line (CRLF is added) and read its reply. */
int ftp_dialogue_ask(struct ftp_dialogue *, unsigned ms, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The data port in a 227 or 229 reply; 0 when there is none. Pure. */
uint16_t ftp_dialogue_port(int code, const char *reply);
