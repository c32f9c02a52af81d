/* Messages to the user: one line each, never a password. Control characters become '?', and
 * what is too long is cut and ends in "...", whatever got into the message.
 *
 * log_error() lines read "program: what: why". Levels: -q silences all but errors of
 * our own start-up, none = errors and warnings, -v sessions and transfers, -vv the
 * control dialogue, -vvv everything. Destination: stderr, or syslog.
 *
 * As JSON (FtpLog) each is an object of one line; the manual has its members. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_FAULT = -2, LOG_QUIET, LOG_NORMAL, LOG_SESSIONS, LOG_DIALOGUE, LOG_DETAIL };

/* program is kept, not copied. */
void log_open(const char *program, int level, bool to_syslog);
int log_level(void);
/* From now on; what ssh and the helpers say goes the same way. */
void log_to_syslog(void);
bool log_is_plain(void); /* what others write to stderr is not less than our lines there */
/* Lines begin with date and time (UTC), also those of our children. */
void log_with_time(void);
/* Where messages go once stderr, a log file, cannot be written: a descriptor, which is kept, or -1: syslog. */
void log_spare(int fd);
void log_json(void);

#define log_error(...) log_at(LOG_FAULT, __VA_ARGS__)
void log_at(int level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* What is told of a session or a transfer: with -v, and always as JSON, which has it in parts. The
 * last member has no name. */
struct log_member {
	const char *name, *text; /* NULL: a number */
	uint64_t number;
};
void log_event(const char *event, const struct log_member *, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* A line that another process of ours has made: as log_at(), but for JSON, which is whole. */
void log_passed_on(int level, const char *line);

/* The message of an error that somebody else tells; always -1. */
int log_why(char *why, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Bytes from a peer made printable: \r, \n, \t, \\ and \ooo for everything else outside
 * 0x20-0x7e. Always NUL-terminated, "..." at the end when cut; returns dst. */
char *log_escape(char *dst, size_t size, const void *src, size_t len);

/* One FTP command line made printable, the arguments of PASS and ACCT as "****"
 * (any case, leading spaces, SITE-prefixed too). */
char *log_command(char *dst, size_t size, const void *line, size_t len);
