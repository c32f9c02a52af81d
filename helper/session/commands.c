#include "session/commands.h"

#include <stdio.h>
#include <string.h>

#include "session/setup.h"
#include "session/transfer.h"
#include "state/session_channel.h"

static struct pending *
send_on(struct session *s, enum pending_kind kind, const char *line, size_t len)
{
	struct pending *p = queue_push(&s->queue, kind);

	p->sent = true;
	output_line(&s->out, SERVER, line, len);
	return p;
}

static void
client_secure(struct session *s, const struct ftp_command *c, const char *line, size_t len)
{
	bool auth = c->verb == FTP_AUTH;

	if (!s->config.tls_pass || c->verb == FTP_FXP_SECURE)
		session_answer(s, "502 Not available here: ssh protects this connection.");
	else if (auth && s->in[CLIENT].len > 0) /* CVE-2021-22947: injected before TLS begins */
		session_wrong(s, "data behind AUTH");
	else
		send_on(s, auth ? PENDING_AUTH : PENDING_PLAIN, line, len);
}

static void
client_epsv(struct session *s, const struct ftp_command *c, const char *line)
{
	if (!ftp_argument_is(c, "ALL"))
		setup_command(s, c);
	else if (s->config.mode == MODE_ACTIVE)
		session_answer(s, "502 EPSV ALL is not possible here: the server side uses active mode.");
	else /* blanks at the end go: a server may not take them */
		send_on(s, PENDING_EPSV_ALL, line, (size_t)(c->arg - line) + strlen("ALL"));
}

/* What a command means for those that follow it, before it is answered. */
static void
client_noted(struct session *s, const struct ftp_command *c)
{
	switch (c->verb) {
	case FTP_USER:
		snprintf(s->facts.user, sizeof(s->facts.user), "%.*s", (int)c->arg_len, c->arg);
		break;
	case FTP_QUIT:
		s->quit = true;
		transfer_quit(s);
		break;
	case FTP_REIN:
		s->epsv_all = s->mode_b = s->image = s->odd_mode = false;
		break;
	case FTP_MODE:
		s->mode_b = false; /* until the server says otherwise */
		s->odd_mode = s->odd_mode || !ftp_argument_is(c, "S");
		break;
	case FTP_STRU:
		s->odd_mode = s->odd_mode || !ftp_argument_is(c, "F");
		break;
	case FTP_REST:
		s->rest = !ftp_argument_is(c, "0");
		break;
	default:
		break;
	}
}

static enum pending_kind
plain_kind(const struct session *s, const struct ftp_command *c)
{
	switch (c->verb) {
	case FTP_FEAT:
		return PENDING_FEAT;
	case FTP_TYPE:
		return PENDING_TYPE;
	case FTP_ABOR:
		return queue_find(&s->queue, TRANSFERS, 0) ? PENDING_ABOR : PENDING_PLAIN;
	case FTP_MODE:
		return ftp_argument_is(c, "B") ? PENDING_MODE_B : PENDING_PLAIN;
	default:
		return PENDING_PLAIN;
	}
}

/* ProFTPD drops what it has of an upload when QUIT comes before the end of the data, which the client
 * may have sent first: that way is the longer one. */
void
quit_step(struct session *s)
{
	if (!s->quit_held)
		return;
	if (transfer_uploads(s, false) && !s->quit_late) {
		if (s->timer == SESSION_IDLE) {
			session_arm(s, SESSION_QUIT);
			s->progress = session_progress(s);
		}
		return;
	}
	s->quit_held = false;
	if (s->timer == SESSION_QUIT)
		session_arm(s, SESSION_IDLE);
	send_on(s, PENDING_PLAIN, "QUIT", 4);
}

static void
client_plain(struct session *s, const struct ftp_command *c, const char *line, size_t len)
{
	struct pending *p;

	client_noted(s, c);
	if (c->verb == FTP_QUIT && transfer_uploads(s, false)) {
		s->quit_held = true;
		quit_step(s);
		return;
	}
	p = send_on(s, plain_kind(s, c), line, len);
	if (p->kind == PENDING_PLAIN)
		transfer_possible(s, p, line, len);
	if (p->kind == PENDING_TYPE)
		p->number = ftp_argument_is(c, "I") || ftp_argument_is(c, "L 8");
}

/* A web page can make a browser speak to us, in HTTP, TLS or TURN, with lines of FTP somewhere in
 * the middle (CVE-2020-16043). An FTP client's first line is a command, and a short one. */
bool
client_begins(struct session *s, const char *line, size_t len, bool whole)
{
	struct ftp_command c;

	s->first_command = false;
	if (ftp_is_http(line, len))
		session_wrong(s, "this is FTP, not HTTP");
	else if (!whole || ftp_command_parse(&c, line, len) == -1)
		session_wrong(s, "this is not FTP");
	return s->wrong[0] == '\0';
}

void
client_command(struct session *s, const char *line, size_t len)
{
	struct ftp_command c;

	if (ftp_command_parse(&c, line, len) == -1) {
		session_answer(s, "500 Syntax error, command unrecognized.");
		return;
	}
	switch (c.verb) {
	case FTP_PASV: case FTP_LPSV: case FTP_PORT: case FTP_EPRT: case FTP_LPRT:
		setup_command(s, &c);
		break;
	case FTP_EPSV:
		client_epsv(s, &c, line);
		break;
	case FTP_RETR: case FTP_LIST: case FTP_STOR:
		transfer_command(s, &c, line, len);
		break;
	case FTP_SECURE: case FTP_AUTH: case FTP_FXP_SECURE:
		client_secure(s, &c, line, len);
		break;
	default:
		client_plain(s, &c, line, len);
	}
}
