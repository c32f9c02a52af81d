#include "monitor/show.h"

#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "status/status.h"

#define TEXT 1100 /* the longest text of a record, escaped */

char *
show_bytes(char *dst, uint64_t bytes)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
	size_t unit = 0;
	double n = (double)bytes;

	for (; n >= 999.95 && unit < 6; unit++)
		n /= 1000;
	snprintf(dst, SHOW_SIZE, unit == 0 ? "%.0f %s" : "%.1f %s", n, units[unit]);
	return dst;
}

char *
show_age(char *dst, uint64_t s)
{
	if (s < 60)
		snprintf(dst, SHOW_SIZE, "%us", (unsigned)s);
	else if (s < 3600)
		snprintf(dst, SHOW_SIZE, "%um%02us", (unsigned)(s / 60), (unsigned)(s % 60));
	else if (s < 86400)
		snprintf(dst, SHOW_SIZE, "%uh%02um", (unsigned)(s / 3600), (unsigned)(s / 60 % 60));
	else
		snprintf(dst, SHOW_SIZE, "%" PRIu64 "d%02uh", s / 86400, (unsigned)(s / 3600 % 24));
	return dst;
}

static char *
escape(char *dst, const char *text)
{
	return log_escape(dst, TEXT, text, strlen(text));
}

char *
show_name(char *dst, size_t size, const struct tunnel_view *v)
{
	if (v->trouble != NULL)
		snprintf(dst, size, "%ld", v->pid);
	else
		log_escape(dst, size, v->tunnel.name, strlen(v->tunnel.name));
	return dst;
}

void
show_names(FILE *f, const struct tunnels *all)
{
	char name[TEXT];

	for (size_t i = 0; i < all->count; i++)
		fprintf(f, "%s\n", show_name(name, sizeof(name), &all->tunnel[i]));
}

static void
show_channel(FILE *f, const struct status_channel *c)
{
	char transfer[TEXT], client[64], server[64], bytes[SHOW_SIZE], total[SHOW_SIZE];
	char rate[SHOW_SIZE], age[SHOW_SIZE];

	log_escape(client, sizeof(client), c->client_verb, strlen(c->client_verb));
	log_escape(server, sizeof(server), c->server_verb, strlen(c->server_verb));
	fprintf(f, "    channel %u: %s; client %s, server %s, by %s; %s", c->number,
	    c->direction == STATUS_NONE ? "waiting" : status_directions[c->direction], client,
	    *server != '\0' ? server : "-", status_methods[c->method],
	    show_bytes(bytes, c->bytes));
	if (c->total > 0)
		fprintf(f, " of %s", show_bytes(total, c->total));
	fprintf(f, ", %s/s, for %s", show_bytes(rate, c->rate), show_age(age, c->age));
	if (*c->transfer != '\0')
		fprintf(f, ": %s", escape(transfer, c->transfer));
	fputc('\n', f);
}

static void
show_session(FILE *f, const struct session_view *v)
{
	const struct status_session *s = &v->session;
	char peer[TEXT], user[TEXT], server[TEXT], command[TEXT], age[SHOW_SIZE];

	fprintf(f, "  session %u: %s%s, %s%s on %s, %u command%s, for %s", s->number,
	    escape(peer, s->peer), s->remote ? " (remote)" : "",
	    *s->user != '\0' ? "user " : "nobody", escape(user, s->user),
	    escape(server, s->server), s->commands, s->commands == 1 ? "" : "s",
	    show_age(age, s->age));
	if (*s->command != '\0')
		fprintf(f, "; %s: %s", s->busy ? "now" : "last", escape(command, s->command));
	fputc('\n', f);
	for (size_t i = 0; i < v->channels; i++)
		show_channel(f, &v->channel[i]);
}

static void
show_master(FILE *f, const struct status_tunnel *t)
{
	char path[TEXT], age[SHOW_SIZE];

	fprintf(f, "  ssh connection: %s", t->master == 0 && *t->last_error == '\0' ?
	    "not yet connected" : status_masters[t->master]);
	if (t->next_attempt != 0)
		fprintf(f, ", next attempt in %s at the earliest", show_age(age, t->next_attempt));
	if (*t->control_path != '\0') {
		fprintf(f, ", %s", t->master_ours ? "ours" : "yours");
		if (t->master_pid != 0)
			fprintf(f, ", pid %u", t->master_pid);
		fprintf(f, ", at %s", escape(path, t->control_path));
	}
	fprintf(f, "; forwarding by %s", status_methods[t->method]);
	if (t->stopping)
		fputs("; stopping", f);
	fputc('\n', f);
	if (*t->last_error != '\0')
		fprintf(f, "  last error, %s ago: %s\n", show_age(age, t->error_age),
		    escape(path, t->last_error));
}

static void
show_tunnel(FILE *f, const struct tunnel_view *v)
{
	const struct status_tunnel *t = &v->tunnel;
	char text[TEXT], more[TEXT], age[SHOW_SIZE], up[SHOW_SIZE], down[SHOW_SIZE];

	fprintf(f, "%s: ", show_name(text, sizeof(text), v));
	if (v->trouble != NULL) {
		fprintf(f, "%s\n", v->trouble);
		return;
	}
	fprintf(f, "to %s, for %s, pid %u\n", escape(text, t->destination),
	    show_age(age, t->age), t->pid);
	show_master(f, t);
	for (size_t i = 0; i < v->listeners; i++)
		fprintf(f, "  listening on %s%s, forwarding to %s\n",
		    escape(text, v->listener[i].address), v->listener[i].remote ? " (remote)" : "",
		    escape(more, v->listener[i].target));
	fprintf(f, "  so far: %" PRIu64 " session%s, %" PRIu64 " transfer%s, %" PRIu64
	    " failed, %s up, %s down, %" PRIu64 " stranger%s refused\n", t->sessions,
	    t->sessions == 1 ? "" : "s", t->transfers, t->transfers == 1 ? "" : "s", t->failed,
	    show_bytes(up, t->bytes_up), show_bytes(down, t->bytes_down), t->refused,
	    t->refused == 1 ? "" : "s");
	for (size_t i = 0; i < v->sessions; i++)
		show_session(f, &v->session[i]);
}

void
show_status(FILE *f, const struct tunnels *all)
{
	if (all->count == 0)
		fputs("none\n", f);
	for (size_t i = 0; i < all->count; i++)
		show_tunnel(f, &all->tunnel[i]);
}
