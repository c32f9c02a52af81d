/* The running transfers, in place, once a second. */
#include <sys/ioctl.h>

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "status/query.h"
#include "monitor/show.h"
#include "process/signals.h"
#include "status/status.h"

#define REFRESH_MS 1000
#define PATIENCE_MS 700 /* with a tunnel that does not answer */
#define WIDTH_MOST 512
#define FIT_SIZE (WIDTH_MOST + 1)
#define PLAIN_WIDTH 200

#define ENTER "\033[?1049h\033[?25l" /* the other screen, no cursor */
#define LEAVE "\033[?25h\033[?1049l"
#define HOME "\033[H"
#define CLEAR_LINE "\033[K\r\n"
#define CLEAR_REST "\033[J"

struct top {
	struct loop *loop;
	struct timer timer;
	struct termios saved;
	bool keys, over, failed; /* keys: stdin is a terminal, and saved is how it was */
	unsigned width, lines, line;
	const char *line_end;
	uid_t uid; /* whose tunnels */
	char *why;
	size_t why_size;
};

/* One line, cut to the screen; what is in it is printable already. */
static void
put_line(struct top *t, const char *text)
{
	if (t->lines > 0 && t->line + 1 >= t->lines)
		return;
	t->line++;
	printf("%.*s%s", (int)t->width, text, t->line_end);
}

/* Text in so many columns, with ".." in the place of its middle: what is behind counts most. */
static char *
fit(char *dst, size_t width, const char *text)
{
	size_t len = strlen(text), head = width / 3;

	if (len <= width)
		snprintf(dst, FIT_SIZE, "%s", text);
	else
		snprintf(dst, FIT_SIZE, "%.*s..%s", (int)head, text, text + len - (width - head - 2));
	return dst;
}

/* How much of the width what gets. Below 80 columns a transfer has a line of its own. */
struct columns {
	int id, user, bytes, bar;
	size_t transfer;
};

static struct columns
columns(unsigned width)
{
	struct columns c = { 12, 0, 0, 0, width < 20 ? 20 : width - 2 };

	if (width < 80)
		return c;
	c = (struct columns){ 15 + (int)(width - 80) / 8, 8 + (int)(width - 80) / 10, 8, 0, 0 };
	c.bar = width >= 110 ? 12 : 0;
	c.transfer = width - (size_t)(c.id + c.user + c.bytes + c.bar + (c.bar > 0) + 31);
	return c;
}

static void
bar(char *dst, int width, const struct status_channel *c)
{
	int full = c->bytes >= c->total ? width - 2 :
	    (int)((double)c->bytes * (width - 2) / (double)c->total);

	if (width == 0 || c->total == 0)
		snprintf(dst, FIT_SIZE, "%*s", width, "");
	else
		snprintf(dst, FIT_SIZE, "[%.*s%.*s]", full, "##########", width - 2 - full, "----------");
	if (width > 0)
		strcat(dst, " ");
}

/* "100%", and the time that the rest takes; nothing where its size is not known. */
static void
progress(char percent[SHOW_SIZE], char eta[SHOW_SIZE], const struct status_channel *c)
{
	*percent = *eta = '\0';
	if (c->total == 0)
		return;
	snprintf(percent, SHOW_SIZE, "%.0f%%", c->bytes >= c->total ? 100.0 :
	    (double)(uint64_t)((double)c->bytes * 100 / (double)c->total));
	if (c->bytes < c->total && c->rate > 0)
		show_age(eta, (c->total - c->bytes) / c->rate);
}

/* user is what the client has said; it and the transfer are escaped here. */
static void
put_row(struct top *t, const char *id, const char *user, const struct status_channel *c)
{
	const struct columns w = columns(t->width);
	char text[4][FIT_SIZE], both[1100], done[SHOW_SIZE], rate[SHOW_SIZE], percent[SHOW_SIZE], eta[SHOW_SIZE];
	char escaped[2][1100], line[2048];

	log_escape(escaped[0], sizeof(escaped[0]), user, strlen(user));
	log_escape(escaped[1], sizeof(escaped[1]), c->transfer, strlen(c->transfer));
	bar(text[3], w.bar, c);
	progress(percent, eta, c);
	fit(text[0], (size_t)w.id, id);
	if (w.user == 0) {
		snprintf(line, sizeof(line), "%-*s %-4s %8s/s %4s %6s", w.id, text[0],
		    status_directions[c->direction], show_bytes(rate, c->rate), percent, eta);
		put_line(t, line);
		snprintf(both, sizeof(both), "%.60s: %.1000s", escaped[0], escaped[1]);
		snprintf(line, sizeof(line), "  %s", fit(text[2], w.transfer, both));
	} else
		snprintf(line, sizeof(line), "%-*s %-*s %-4s %*s %8s/s %s%4s %6s %s", w.id, text[0], w.user,
		    fit(text[1], (size_t)w.user, escaped[0]), status_directions[c->direction], w.bytes,
		    show_bytes(done, c->bytes), show_bytes(rate, c->rate), text[3], percent, eta,
		    fit(text[2], w.transfer, escaped[1]));
	put_line(t, line);
}

static void
put_head(struct top *t, const struct tunnels *all)
{
	const struct columns w = columns(t->width);
	char line[600], up[SHOW_SIZE], down[SHOW_SIZE];
	size_t sessions = 0, transfers = 0;
	uint64_t rate[2] = { 0 }; /* down, up */

	for (const struct tunnel_view *v = all->tunnel; v < all->tunnel + all->count; v++)
		for (const struct session_view *s = v->session; s < v->session + v->sessions; s++, sessions++)
			for (size_t k = 0; k < s->channels; k++) {
				transfers += *s->channel[k].transfer != '\0';
				rate[s->channel[k].direction == STATUS_UP] += s->channel[k].rate;
			}
	show_bytes(down, rate[0]);
	show_bytes(up, rate[1]);
	if (w.user == 0)
		snprintf(line, sizeof(line), "%zu, up %s/s, down %s/s", transfers, up, down);
	else
		snprintf(line, sizeof(line), "tunnels %zu, sessions %zu, transfers %zu, up %s/s, down %s/s",
		    all->count, sessions, transfers, up, down);
	put_line(t, line);
	if (w.user == 0)
		snprintf(line, sizeof(line), "%-*s %-4s %10s %4s %6s", w.id, "TUNNEL/S/CH", "DIR", "RATE",
		    "DONE", "ETA");
	else
		snprintf(line, sizeof(line), "%-*s %-*s %-4s %*s %10s %*s%4s %6s %s", w.id, "TUNNEL/S/CH",
		    w.user, "USER", "DIR", w.bytes, "BYTES", "RATE", w.bar + (w.bar > 0), "", "DONE",
		    "ETA", "TRANSFER");
	put_line(t, line);
}

static void
put_frame(struct top *t, const struct tunnels *all)
{
	char name[400], id[440];

	t->line = 0;
	put_head(t, all);
	for (size_t i = 0; i < all->count; i++) {
		const struct tunnel_view *v = &all->tunnel[i];

		show_name(name, sizeof(name), v);
		for (const struct session_view *s = v->session; s < v->session + v->sessions; s++)
			for (size_t k = 0; k < s->channels; k++) {
				snprintf(id, sizeof(id), "%s/%u/%u", name, s->session.number,
				    s->channel[k].number);
				put_row(t, id, s->session.user, &s->channel[k]);
			}
	}
}

static void
refresh(void *arg)
{
	struct top *t = arg;
	struct tunnels all;
	struct winsize ws;

	if (query_all(&all, t->uid, PATIENCE_MS, t->why, t->why_size) == -1) {
		t->failed = t->over = true;
		return;
	}
	t->width = 80;
	t->lines = 24;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_col > 0 && ws.ws_row > 0) {
		t->width = ws.ws_col > WIDTH_MOST ? WIDTH_MOST : ws.ws_col;
		t->lines = ws.ws_row;
	}
	fputs(HOME, stdout);
	put_frame(t, &all);
	fputs(CLEAR_REST, stdout);
	query_free(&all);
	if (fflush(stdout) != 0)
		t->over = true;
	timer_set(&t->timer, t->loop, REFRESH_MS, refresh, t);
}

static void
key_ready(void *arg, short revents)
{
	struct top *t = arg;
	char key = 'q';

	if (read(STDIN_FILENO, &key, 1) <= 0 || key == 'q' || key == 'Q')
		t->over = true;
}

static void
signalled(void *arg, int signo)
{
	struct top *t = arg;

	t->over = true;
}

/* Keys one by one, unseen; no Ctrl-Z, which would leave the screen as it is. */
static int
top_screen(struct top *t)
{
	struct signals *signals = NULL;
	struct watch *watch = NULL;
	struct termios raw;

	t->line_end = CLEAR_LINE;
	if ((t->loop = loop_new()) == NULL ||
	    (signals = signals_new(t->loop, false, signalled, t)) == NULL) {
		loop_free(t->loop);
		return -1;
	}
	if ((t->keys = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &t->saved) == 0)) {
		raw = t->saved;
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		raw.c_cc[VMIN] = 1;
		raw.c_cc[VTIME] = 0;
		raw.c_cc[VSUSP] = _POSIX_VDISABLE;
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
		watch = loop_watch(t->loop, STDIN_FILENO, POLLIN, key_ready, t);
	}
	fputs(ENTER, stdout);
	refresh(t);
	while (!t->over && loop_once(t->loop, -1) == 0)
		;
	fputs(LEAVE, stdout);
	fflush(stdout);
	if (t->keys)
		tcsetattr(STDIN_FILENO, TCSANOW, &t->saved);
	watch_free(watch);
	timer_stop(&t->timer);
	signals_free(signals);
	loop_free(t->loop);
	return t->failed ? -1 : 0;
}

int
show_top(uid_t uid, char *why, size_t why_size)
{
	struct top t = { .uid = uid, .why = why, .why_size = why_size, .line_end = "\n",
		.width = PLAIN_WIDTH };
	struct tunnels all;

	snprintf(why, why_size, "out of memory");
	if (isatty(STDOUT_FILENO))
		return top_screen(&t);
	if (query_all(&all, uid, PATIENCE_MS, why, why_size) == -1)
		return -1;
	put_frame(&t, &all);
	query_free(&all);
	return 0;
}
