#include "base/log.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

/* syslog.h has names of its own that begin with LOG_, none of them in enum log_level. */
#include <syslog.h>

#include "base/utf8.h"

#define LINE_SIZE 2048
#define JSON_SIZE 4096   /* enough for every event */
#define JSON_TEXT 1000   /* the most of a message that is sure to fit in there */
#define PATIENCE_MS 200 /* for somebody to read what we have said before */
#define SYSLOG (-1)
#define NOBODY (-2)

static struct {
	const char *program;
	int level;
	bool to_syslog, with_time, json;
	int spare;
} state = { "ftp-over-ssh", LOG_NORMAL, false, false, false, NOBODY };

#define WITH_TIME "FTP_OVER_SSH_LOG_TIME" /* a child knows it by that */

void
log_open(const char *program, int level, bool to_syslog)
{
	state.program = program;
	state.level = level;
	state.to_syslog = false;
	state.with_time = getenv(WITH_TIME) != NULL;
	if (to_syslog)
		log_to_syslog();
}

/* LOG_NDELAY: no socket can be opened once in the sandbox. */
void
log_to_syslog(void)
{
	if (!state.to_syslog)
		openlog(state.program, LOG_PID | LOG_NDELAY, LOG_DAEMON);
	state.to_syslog = true;
}

bool
log_is_plain(void)
{
	return !state.to_syslog && !state.with_time && !state.json;
}

void
log_with_time(void)
{
	state.with_time = setenv(WITH_TIME, "1", 1) == 0;
}

void
log_spare(int fd)
{
	if (state.spare >= 0)
		close(state.spare);
	state.spare = fd;
}

void
log_json(void)
{
	state.json = true;
}

/* UTC needs no file, which a sandbox may forbid. */
static size_t
put_time(char *dst, size_t size)
{
	time_t now = time(NULL);
	struct tm tm;

	*dst = '\0';
	return gmtime_r(&now, &tm) == NULL ? 0 : strftime(dst, size, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

int
log_level(void)
{
	return state.level;
}

/* Whatever got into a message, it stays one line and moves no cursor: no control characters,
 * neither ASCII's nor those of U+0080 to U+009F, which terminals also take as single bytes.
 * Backslashes stay: what came from a peer has been through log_escape() already. */
static void
flatten(char *text)
{
	const unsigned char *p = (const unsigned char *)text, *next;

	for (next = p; *p != '\0'; p = next) {
		uint32_t c = utf8_decode(&next);

		if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == UTF8_BAD)
			memset(text + (p - (const unsigned char *)text), '?', (size_t)(next - p));
	}
}

/* The log file is on a full disk, for example. */
static void
take_spare(const char *why)
{
	if (state.spare == SYSLOG) {
		log_to_syslog();
	} else {
		dup2(state.spare, STDERR_FILENO);
		close(state.spare);
	}
	state.spare = NOBODY;
	state.with_time = unsetenv(WITH_TIME) != 0;
	log_error("the log file cannot be written: %s; messages come here from now on", why);
}

/* One write for each line: the lines of several processes do not mix. line has room for the newline
 * in the place of its NUL. Who does not read our messages stops us for PATIENCE_MS, and no more. */
static void
put(int priority, char *line)
{
	static unsigned lost;
	struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };
	unsigned before = lost;
	size_t len = strlen(line);
	ssize_t n;
	int ready;

	if (state.to_syslog) {
		syslog(priority, "%s", line);
		return;
	}
	do
		ready = poll(&p, 1, lost > 0 ? 0 : PATIENCE_MS);
	while (ready == -1 && errno == EINTR);
	if (ready == 0) {
		lost++;
		return;
	}
	lost = 0;
	if (before > 0)
		log_at(LOG_QUIET, "%u messages were lost: nobody has read them", before);
	line[len] = '\n';
	n = write(STDERR_FILENO, line, len + 1);
	if (n != (ssize_t)len + 1 && state.spare != NOBODY) {
		line[len] = '\0';
		take_spare(strerror(n == -1 ? errno : ENOSPC));
		put(priority, line);
	}
}

static size_t
put_members(char *line, size_t len, const struct log_member *m)
{
	for (; m->name != NULL; m++) {
		len += (size_t)snprintf(line + len, JSON_SIZE - len, "%s\"%s\": ",
		    len == 0 ? "{" : ", ", m->name);
		if (m->text != NULL)
			len += utf8_json(line + len, JSON_SIZE - len, m->text);
		else
			len += (size_t)snprintf(line + len, JSON_SIZE - len, "%" PRIu64, m->number);
	}
	return len;
}

static void
put_json(int priority, const char *event, const struct log_member *members)
{
	char line[JSON_SIZE], stamp[32];
	const struct log_member head[] = { { "time", stamp, 0 }, { "program", state.program, 0 },
		{ "event", event, 0 }, { NULL, NULL, 0 } };

	put_time(stamp, sizeof(stamp));
	memcpy(line + put_members(line, put_members(line, 0, head), members), "}", 2);
	put(priority, line);
}

static void
emit(int priority, const char *fmt, va_list ap)
{
	char line[LINE_SIZE];
	int body, saved = errno;
	size_t head = 0, room;

	if (!state.json && !state.to_syslog) {
		if (state.with_time && (head = put_time(line, sizeof(line))) > 0)
			line[head++] = ' ';
		head += (size_t)snprintf(line + head, sizeof(line) / 2, "%.500s: ", state.program);
	}
	room = state.json ? JSON_TEXT : sizeof(line) - head - 1;
	errno = saved; /* for %m */
	body = vsnprintf(line + head, room, fmt, ap);
	if (body < 0)
		line[head] = '\0';
	else if (body >= (int)room)
		memcpy(line + head + room - 4, "...", 4);
	flatten(line);
	if (state.json)
		put_json(priority, priority == LOG_ERR ? "error" : priority == LOG_WARNING ?
		    "warning" : "info", (struct log_member[]){ { "message", line, 0 },
		    { NULL, NULL, 0 } });
	else
		put(priority, line);
	errno = saved;
}

void
log_at(int level, const char *fmt, ...)
{
	va_list ap;

	if (level > state.level)
		return;
	va_start(ap, fmt);
	emit(level == LOG_FAULT ? LOG_ERR : level <= LOG_NORMAL ? LOG_WARNING :
	    level == LOG_SESSIONS ? LOG_INFO : LOG_DEBUG, fmt, ap);
	va_end(ap);
}

void
log_event(const char *event, const struct log_member *members, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	if (state.level < (state.json ? LOG_NORMAL : LOG_SESSIONS))
		return;
	va_start(ap, fmt);
	if (state.json)
		put_json(LOG_INFO, event, members);
	else
		emit(LOG_INFO, fmt, ap);
	va_end(ap);
	errno = saved;
}

void
log_passed_on(int level, const char *line)
{
	char copy[JSON_SIZE];

	if (!state.json || *line != '{') {
		log_at(level, "%s", line);
		return;
	}
	snprintf(copy, sizeof(copy), "%s", line);
	put(LOG_INFO, copy);
}

int
log_why(char *why, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, size, fmt, ap);
	va_end(ap);
	return -1;
}

/* One byte as it is shown; returns the length, at most 4. */
static size_t
escape_byte(char *dst, unsigned char c)
{
	static const char special[] = "\rr\nn\tt\\\\";

	for (const char *p = special; *p != '\0'; p += 2)
		if ((unsigned char)*p == c) {
			dst[0] = '\\';
			dst[1] = p[1];
			return 2;
		}
	if (c >= 0x20 && c <= 0x7e) {
		dst[0] = (char)c;
		return 1;
	}
	dst[0] = '\\';
	dst[1] = (char)('0' + (c >> 6));
	dst[2] = (char)('0' + (c >> 3 & 7));
	dst[3] = (char)('0' + (c & 7));
	return 4;
}

/* A sequence is never cut in two, and the place where "..." fits is kept in mind. */
char *
log_escape(char *dst, size_t size, const void *src, size_t len)
{
	const unsigned char *p = src;
	char one[4];
	size_t used = 0, dots = 0, n;

	if (size == 0)
		return dst;
	for (size_t i = 0; i < len; i++, used += n) {
		n = escape_byte(one, p[i]);
		if (used + n >= size) {
			n = size - dots > 3 ? 3 : size - dots - 1;
			memcpy(dst + dots, "...", n);
			used = dots + n;
			break;
		}
		memcpy(dst + used, one, n);
		if (used + n + 3 < size)
			dots = used + n;
	}
	dst[used] = '\0';
	return dst;
}

/* Commands whose arguments are secrets; the last ones are SITE commands that set a
 * password. */
static const char *const secret[] = {
	"PASS", "ACCT", "ADAT", "PSWD", "CPWD", "CHPASS", "PASSWD", "PASSWORD", "GPASS",
	"ADDUSER", "GADDUSER", NULL
};

/* The length of the word at p, and whether it is among the secret ones. */
static size_t
word(const char *p, size_t len, bool *is_secret)
{
	size_t n;

	for (n = 0; n < len && isalpha((unsigned char)p[n]); n++)
		;
	*is_secret = false;
	for (size_t i = 0; secret[i] != NULL; i++)
		if (strlen(secret[i]) == n && strncasecmp(p, secret[i], n) == 0)
			*is_secret = true;
	return n;
}

/* Anything before the first letter is passed over: servers ignore blanks there, and some
 * drop NULs and Telnet bytes too. */
static size_t
skip(const char *line, size_t at, size_t len)
{
	while (at < len && !isalpha((unsigned char)line[at]))
		at++;
	return at;
}

char *
log_command(char *dst, size_t size, const void *line, size_t len)
{
	const char *text = line;
	size_t at, n, used;
	bool is_secret;

	while (len > 0 && strchr("\r\n", text[len - 1]) != NULL && text[len - 1] != '\0')
		len--;
	at = skip(text, 0, len);
	n = word(text + at, len - at, &is_secret);
	if (!is_secret && n == 4 && strncasecmp(text + at, "SITE", 4) == 0) {
		at = skip(text, at + n, len);
		n = word(text + at, len - at, &is_secret);
	}
	log_escape(dst, size, text, is_secret ? at + n : len);
	used = size > 0 ? strlen(dst) : 0;
	if (is_secret && at + n < len && used < size)
		snprintf(dst + used, size - used, " ****");
	return dst;
}
