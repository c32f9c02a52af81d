/* The client's lines: which command is sent on, refused, or prepared. */
#include <stdio.h>
#include <string.h>

#include "session_private.h"

static void
client_secure(struct session *s, const struct ftp_command *c, const char *line, size_t len)
{
	bool auth = c->verb == FTP_AUTH;

	if (!s->config.tls_pass || c->verb == FTP_FXP_SECURE) {
		session_answer(s, "502 Not available here: ssh protects this connection.");
		return;
	}
	if (auth && s->in[CLIENT].len > 0) { /* CVE-2021-22947: injected before TLS begins */
		session_fail(s, "data behind AUTH");
		return;
	}
	queue_push(&s->queue, auth ? PENDING_AUTH : PENDING_PLAIN);
	session_send(s, SERVER, line, len);
}

static void
client_epsv(struct session *s, const struct ftp_command *c, const char *line)
{
	if (!ftp_argument_is(c, "ALL"))
		setup_command(s, c);
	else if (s->config.mode == MODE_ACTIVE)
		session_answer(s, "502 EPSV ALL is not possible here: the server side uses active mode.");
	else {
		queue_push(&s->queue, PENDING_EPSV_ALL);
		/* without blanks at the end: servers may be less lenient */
		session_send(s, SERVER, line, (size_t)(c->arg - line) + strlen("ALL"));
	}
}

static bool
transfer_unanswered(struct session *s)
{
	for (size_t i = 0; i < s->queue.count; i++)
		if (queue_at(&s->queue, i)->kind == PENDING_TRANSFER)
			return true;
	return false;
}

/* A server may answer ABOR and the transfer that it broke off with one reply for both, or one
 * each; when the next command's reply comes it is too late to tell which it was, for both may
 * be a 5xx. So a command of ours goes between the two: PWD, for no ABOR is answered with 257. */
void
client_probe(struct session *s)
{
	const struct pending *tail = queue_tail(&s->queue);

	if (tail == NULL || tail->kind != PENDING_ABOR)
		return;
	queue_push(&s->queue, PENDING_PROBE);
	session_send(s, SERVER, "PWD", 3);
}

static enum pending_kind
plain_kind(struct session *s, const struct ftp_command *c)
{
	switch (c->verb) {
	case FTP_FEAT:
		return PENDING_FEAT;
	case FTP_SIZE:
		return PENDING_SIZE;
	case FTP_ASIDE:
		return PENDING_ASIDE;
	case FTP_ABOR:
		return transfer_unanswered(s) ? PENDING_ABOR : PENDING_PLAIN;
	case FTP_MODE:
		return ftp_argument_is(c, "B") ? PENDING_MODE_B : PENDING_PLAIN;
	default:
		return PENDING_PLAIN;
	}
}

static bool
upload_unanswered(struct session *s)
{
	for (size_t i = 0; i < s->queue.count; i++) {
		const struct pending *p = queue_at(&s->queue, i);
		const struct channel *ch = channel_by_id(s, p->channel);

		if (p->kind == PENDING_TRANSFER && ch != NULL && ch->dir == DIR_UP)
			return true;
	}
	return false;
}

/* ProFTPD drops what it has of an upload when QUIT comes before the end of the data, which
 * here takes longer than the control connection. */
void
quit_release(struct session *s)
{
	if (!s->quit_held || upload_unanswered(s))
		return;
	s->quit_held = false;
	queue_push(&s->queue, PENDING_PLAIN);
	session_send(s, SERVER, "QUIT", 4);
}

static void
note_name(char *dst, size_t size, const struct ftp_command *c)
{
	size_t n = c->arg_len < size ? c->arg_len : size - 1;

	memcpy(dst, c->arg, n);
	dst[n] = '\0';
}

static void
client_plain(struct session *s, const struct ftp_command *c, const char *line, size_t len)
{
	if (c->verb == FTP_QUIT) {
		s->quit = true;
		s->quit_held = upload_unanswered(s);
		if (s->quit_held)
			return;
	}
	if (c->verb == FTP_USER)
		note_name(s->user, sizeof(s->user), c);
	else if (c->verb == FTP_SIZE) {
		note_name(s->sized, sizeof(s->sized), c);
		s->size = 0;
	} else if (c->verb == FTP_REIN)
		s->epsv_all = s->mode_b = false;
	else if (c->verb == FTP_MODE)
		s->mode_b = false; /* until the server says otherwise */
	queue_push(&s->queue, plain_kind(s, c));
	session_send(s, SERVER, line, len);
}

/* A web page can make a browser speak to us, in HTTP, TLS or TURN, with lines of FTP somewhere in
 * the middle (CVE-2020-16043). An FTP client's first line is a command, and a short one. */
bool
client_begins(struct session *s, const char *line, size_t len, bool whole)
{
	struct ftp_command c;

	s->first_command = false;
	if (ftp_is_http(line, len))
		session_fail(s, "this is FTP, not HTTP");
	else if (!whole || ftp_command_parse(&c, line, len) == -1)
		session_fail(s, "this is not FTP");
	return !s->hung_up[CLIENT];
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
