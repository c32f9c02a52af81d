/* What the user is told of a session. */
#include "control/run_private.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"

void
run_notify(struct run *r, enum notice notice)
{
	const struct notice_about about = { .server = r->config->session.server_name,
		.destination = "", .why = "" };
	char text[1024];

	if (r->told[notice])
		return;
	r->told[notice] = true;
	if (r->config->status_fd == -1)
		log_at(LOG_NORMAL, "%s", notice_text(text, sizeof(text), notice, &about));
	else
		notice_send(r->config->status_fd, notice, "", -1);
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

static double
seconds_since(uint64_t ms)
{
	return (double)(loop_now() - ms) / 1000;
}

void
run_log_session(const struct run *r, bool begins)
{
	char text[600];

	if (begins)
		log_at(LOG_SESSIONS, "%s: session with the FTP server %s begins", r->config->peer,
		    r->config->session.server_name);
	else
		log_at(LOG_SESSIONS, "%s: session ends after %.2f s, %u transfers",
		    who(r, text, sizeof(text)), seconds_since(r->began), r->transfers);
}

void
run_log_transfer(struct run *r, const struct run_channel *ch, bool aborted)
{
	char text[600], whom[600], reply[16] = "no reply";
	struct channel_facts facts;
	struct session_count count;

	if (!session_channel(r->session, ch->id, &facts) || *facts.transfer == '\0')
		return;
	r->transfers++;
	if (log_level() < LOG_SESSIONS)
		return;
	if (facts.final != 0)
		snprintf(reply, sizeof(reply), "reply %d", facts.final);
	counts_get(r->config->counts, ch->id, &count);
	log_at(LOG_SESSIONS, "%s: %s: %llu bytes in %.2f s, %s%s", who(r, whom, sizeof(whom)),
	    log_escape(text, sizeof(text), facts.transfer, strlen(facts.transfer)),
	    (unsigned long long)count.from[CLIENT] + count.from[SERVER], seconds_since(ch->began),
	    reply, aborted ? ", broken off" : "");
}

void
run_warn(struct run *r)
{
	if (session_facts(r->session)->wants_tls)
		run_notify(r, NOTICE_TLS);
	if (r->warned || !session_facts(r->session)->opaque)
		return;
	r->warned = true;
	log_at(LOG_NORMAL, "%s: TLS was let through (FtpTls=pass): its data connections do not go "
	    "through ssh", r->config->peer);
}
