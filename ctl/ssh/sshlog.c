#include "ssh/sshlog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/memory.h"
#include "base/ratelimit.h"
#include "process/linelog.h"

#define HELD 3        /* lines: a ProxyCommand's last word, that it ended, and that the connection did */
#define HOLD_MS 2000  /* why it ends comes in several lines; at a terminal nobody waits for them */
#define ASK_MS 500     /* for somebody to ask why a channel was refused */

struct sshlog {
	struct loop *loop;
	struct linelog lines;
	struct timer timer;
	const char *servers;
	bool hushed, verbatim; /* it says more than the user wants; as it comes, until it is logged in */
	bool logged_in;
	struct timer asked; /* the refusal is kept back */
	struct ratelimit told;
	size_t held;
	char hold[HELD][LINELOG_MAX];
	char refusal[256];
};

static void
say(const struct sshlog *s, const char *text)
{
	if (log_level() == LOG_QUIET || s->hushed)
		return; /* ssh does not know about -q: it would not say either why it fails */
	if (log_is_plain())
		dprintf(STDERR_FILENO, "%s\n", text);
	else
		log_at(LOG_NORMAL, "ssh: %s", text);
}

static void
say_held(void *arg)
{
	struct sshlog *s = arg;

	for (size_t i = 0; i < s->held && !s->verbatim; i++)
		say(s, s->hold[i]);
	s->held = 0;
}

static void
hold(struct sshlog *s, const char *text)
{
	if (s->held == HELD) {
		if (!s->verbatim)
			say(s, s->hold[0]);
		memmove(s->hold[0], s->hold[1], sizeof(s->hold[0]) * (HELD - 1));
		s->held--;
	}
	snprintf(s->hold[s->held++], LINELOG_MAX, "%s", text);
	timer_set(&s->timer, s->loop, HOLD_MS, say_held, s);
}

static void
nobody_asked(void *arg)
{
	static const char prohibited[] = "administratively prohibited";
	struct sshlog *s = arg;
	char text[1024];

	if (*s->refusal == '\0')
		return;
	if (strncmp(s->refusal, prohibited, strlen(prohibited)) == 0)
		snprintf(text, sizeof(text), "the ssh server forbids connections to %s, or to a data "
		    "port there: look at AllowTcpForwarding, PermitOpen and DisableForwarding in "
		    "its sshd_config, if it has one", s->servers);
	else
		snprintf(text, sizeof(text), "the ssh server cannot connect to %s, or to a data "
		    "port there: %s", s->servers, s->refusal);
	log_at(ratelimit_due(&s->told, text, loop_now(), NULL) ? LOG_NORMAL : LOG_SESSIONS, "%s", text);
	*s->refusal = '\0';
}

/* "channel 3: open failed: connect failed: Connection refused". Whoever has asked for a remote
 * forward is told by us. */
static void
line_came(void *arg, const char *line, size_t len)
{
	static const char answered[] = "mux_confirm_remote_forward: ", failed[] = ": open failed: ";
	struct sshlog *s = arg;
	const char *reason;
	char text[LINELOG_MAX];

	while (len > 0 && line[len - 1] == '\r')
		len--;
	log_escape(text, sizeof(text), line, len);
	if (*text == '\0' || strncmp(text, "OpenSSH_", 8) == 0) /* -v: its version */
		return;
	if (s->logged_in && strncmp(text, "channel ", 8) == 0 && (reason = strstr(text, failed)) != NULL) {
		snprintf(s->refusal, sizeof(s->refusal), "%.255s", reason + strlen(failed));
		if (s->asked.loop == NULL) /* whoever asks for it soon makes a better message of it */
			timer_set(&s->asked, s->loop, ASK_MS, nobody_asked, s);
	} else if (s->logged_in && strncmp(text, answered, strlen(answered)) == 0)
		log_at(LOG_DETAIL, "ssh: %s", text);
	else if (s->logged_in || strncmp(text, "debug", 5) != 0) /* -vvv: no reason of anything */
		hold(s, text);
	else if (!s->verbatim)
		say(s, text);
}

bool
sshlog_refusal(struct sshlog *s, char *dst, size_t size)
{
	*dst = '\0';
	if (s == NULL)
		return false;
	linelog_take(&s->lines, false);
	snprintf(dst, size, "%s", s->refusal);
	*s->refusal = '\0';
	return *dst != '\0';
}

/* Where its prompts are, its other words are, too, as they are. */
struct sshlog *
sshlog_new(struct loop *loop, bool hushed, bool asks, const char *servers)
{
	struct sshlog *s = memory_make(struct sshlog, .loop = loop, .servers = servers, .hushed = hushed);

	if (s == NULL || linelog_open(&s->lines, loop, line_came, s) == -1) {
		free(s);
		return NULL;
	}
	s->verbatim = !hushed && asks && isatty(STDERR_FILENO) && log_is_plain() && log_level() != LOG_QUIET;
	if (s->verbatim)
		s->lines.copy = STDERR_FILENO;
	return s;
}

int
sshlog_fd(const struct sshlog *s)
{
	return s->lines.out;
}

void
sshlog_logged_in(struct sshlog *s)
{
	linelog_take(&s->lines, false);
	s->lines.copy = -1;
	timer_stop(&s->timer);
	say_held(s);
	s->verbatim = false;
	s->logged_in = true;
}

char *
sshlog_reason(struct sshlog *s, char *dst, size_t size)
{
	size_t used = 0;

	*dst = '\0';
	linelog_take(&s->lines, true);
	timer_stop(&s->timer);
	for (size_t i = 0; i < s->held && used < size; i++)
		used += (size_t)snprintf(dst + used, size - used, "%s%s", i > 0 ? " " : "",
		    s->hold[i]);
	s->held = 0;
	return dst;
}

void
sshlog_free(struct sshlog *s)
{
	if (s == NULL)
		return;
	linelog_close(&s->lines);
	timer_stop(&s->timer);
	say_held(s);
	timer_stop(&s->asked);
	nobody_asked(s);
	free(s);
}
