/* What the user is told of a session. */
#include "control/run_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

void
run_notify(struct run *r, enum notice notice, const char *why)
{
	const struct notice_about about = { .server = r->config->session.server_name,
		.destination = "", .why = why };
	char text[1024];

	if (r->told[notice])
		return;
	r->told[notice] = true;
	if (r->config->status_fd == -1)
		log_at(LOG_NORMAL, "%s", notice_text(text, sizeof(text), notice, &about));
	else
		notice_send(r->config->status_fd, notice, why, -1);
}

/* "127.0.0.1:40000 user" */
static const char *
who(const struct run *r, char *text, size_t size)
{
	const char *user = session_facts(r->session)->user;
	char escaped[260];

	log_escape(escaped, sizeof(escaped), user, strlen(user));
	snprintf(text, size, "%s%s%s", r->config->peer, *escaped != '\0' ? " " : "", escaped);
	return text;
}

static void
tell_transfer(const struct run *r, struct run_transfer *t)
{
	const struct log_member members[] = { { "peer", r->config->peer, 0 },
		{ "server", r->config->session.server_name, 0 },
		{ "user", session_facts(r->session)->user, 0 }, { "command", t->command, 0 },
		{ "direction", t->direction, 0 }, { "bytes", NULL, t->bytes }, { "ms", NULL, t->ms },
		{ "reply", NULL, (uint64_t)t->reply },
		{ "outcome", t->aborted ? "broken off" : t->reply == 0 || t->reply >= 300 ?
		    "failed" : "complete", 0 }, { NULL, NULL, 0 } };
	char text[600], whom[600], reply[24] = "no reply";

	if (t->id == 0)
		return;
	t->id = 0;
	if (t->reply != 0)
		snprintf(reply, sizeof(reply), "reply %d", t->reply);
	log_event("transfer", members, "%s: %s: %" PRIu64 " bytes in %.2f s, %s%s",
	    who(r, whom, sizeof(whom)), log_escape(text, sizeof(text), t->command,
	    strlen(t->command)), t->bytes, (double)t->ms / 1000, reply,
	    t->aborted ? ", broken off" : "");
}

/* The dialogue. */
void
run_trace(void *arg, enum side from, const char *line, size_t len)
{
	struct run *r = arg;
	char text[1024];

	report_line(r, from, line, len);
	if (log_level() < LOG_DIALOGUE)
		return;
	while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
		len--; /* of a reply that was collected */
	if (from == CLIENT)
		log_command(text, sizeof(text), line, len);
	else
		log_escape(text, sizeof(text), line, len);
	log_at(LOG_DIALOGUE, "%s %s %s", r->config->peer, from == CLIENT ? "-->" : "<--", text);
}

void
run_log_session(struct run *r, bool begins)
{
	const char *server = r->config->session.server_name, *user = session_facts(r->session)->user;
	uint64_t ms = loop_now() - r->began;
	const struct log_member members[] = { { "state", begins ? "begin" : "end", 0 },
		{ "peer", r->config->peer, 0 }, { "server", server, 0 }, { "user", user, 0 },
		{ "ms", NULL, ms }, { "transfers", NULL, r->sum.transfers }, { NULL, NULL, 0 } };
	char text[600];

	for (int i = 0; i < CHANNELS_MAX && !begins; i++)
		tell_transfer(r, &r->untold[i]);
	if (begins)
		log_event("session", members, "%s: session with the FTP server %s begins",
		    r->config->peer, server);
	else
		log_event("session", members, "%s: session ends after %.2f s, %u transfers",
		    who(r, text, sizeof(text)), (double)ms / 1000, (unsigned)r->sum.transfers);
}

void
run_log_transfer(struct run *r, const struct run_channel *ch, bool aborted)
{
	static const char *const directions[] = { [DIR_NONE] = "", [DIR_DOWN] = "down",
		[DIR_UP] = "up" };
	struct run_transfer t = { .id = ch->id, .ms = loop_now() - ch->began, .aborted = aborted };
	struct channel_facts facts;

	if (!session_channel(r->session, ch->id, &facts) || *facts.transfer == '\0')
		return;
	t.reply = facts.final;
	t.direction = directions[facts.direction];
	snprintf(t.command, sizeof(t.command), "%s", facts.transfer);
	t.bytes = report_bytes(r, ch->id);
	r->sum.transfers++;
	r->sum.failed += aborted || t.reply == 0 || t.reply >= 300;
	*(facts.direction == DIR_UP ? &r->sum.bytes_up : &r->sum.bytes_down) += t.bytes;
	for (int i = 0; i < CHANNELS_MAX && aborted && t.reply == 0; i++)
		if (r->untold[i].id == 0) {
			r->untold[i] = t;
			return;
		}
	tell_transfer(r, &t);
}

/* Refused: then it is the server that has closed it. */
void
run_answered(void *arg, unsigned channel, int code, bool ended)
{
	struct run *r = arg;
	bool aborted = ended && code < 500;

	for (int i = 0; i < CHANNELS_MAX; i++) {
		if (r->channel[i].id == channel)
			run_log_transfer(r, &r->channel[i], aborted);
		if (r->untold[i].id == channel) {
			r->untold[i].reply = code;
			r->untold[i].aborted = aborted;
			tell_transfer(r, &r->untold[i]);
		}
	}
}

void
run_warn(struct run *r)
{
	if (session_facts(r->session)->wants_tls)
		run_notify(r, NOTICE_TLS, "");
	if (session_facts(r->session)->dials && !r->config->session.dials && r->config->status_fd != -1)
		run_notify(r, NOTICE_DIALS, "");
	if (r->warned || !session_facts(r->session)->opaque)
		return;
	r->warned = true;
	log_at(LOG_NORMAL, "%s: TLS was let through (FtpTls=pass): its data connections do not go "
	    "through ssh", r->config->peer);
}
