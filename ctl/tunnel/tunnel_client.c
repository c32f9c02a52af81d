#include <sys/socket.h>

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compat.h"
#include "base/log.h"
#include "base/memory.h"
#include "net/listener.h"
#include "ssh/sshcmd.h"
#include "tunnel/tunnel_private.h"

#define SFTP_MS 5000
#define QUIT_MS 3000

static void
client_ended(void *arg, int status)
{
	struct tunnel *t = arg;

	foreground_forget(&t->client);
	tunnel_end(t, status == -SIGINT ? status : proc_shell_status(status));
}

static void
start_client(struct tunnel *t)
{
	const struct hostport *at = &t->near->at;
	const struct tokens tokens = { at->host, at->port, t->cmdline->ftp_user };
	const char *user = tokens.user != NULL ? "FTP_OVER_SSH_USER" : NULL;
	char why[512] = "out of memory", port[8], *url = token_expand("%u", &tokens);
	char **argv = client_argv(t->cmdline->command, &tokens, why, sizeof(why));
	const char *const env[] = { "FTP_OVER_SSH_HOST", at->host, "FTP_OVER_SSH_PORT", port,
		"FTP_OVER_SSH_URL", url, user, tokens.user, NULL };

	snprintf(port, sizeof(port), "%u", at->port);
	if (argv != NULL && url != NULL && foreground_start(&t->client, t->loop,
	    (const char *const *)argv, env, client_ended, t) == -1)
		log_why(why, sizeof(why), "%s: cannot run it: %s", argv[0], strerror(errno));
	if (t->client.proc.pid == 0)
		tunnel_fail(t, why);
	client_argv_free(argv);
	free(url);
}

static void
notice_of(const struct tunnel *t, const struct helper *helper, enum notice notice,
    const char *why, char *text, size_t size)
{
	char server[SPEC_HOST_MAX + 16];
	const struct notice_about about = { server, helper->session.remote ? "" : t->cmdline->destination,
		why, t->cmdline->run == RUN_CLIENT, t->probe.sftp_serves };

	hostport_format(server, sizeof(server), helper->session.server.host, helper->session.server.port);
	notice_text(text, size, notice, &about);
}

static void
sftp_tried(void *arg, const struct sshrun_result *result)
{
	struct tunnel *t = arg;
	const struct helper server = { .session.server = t->cmdline->server };
	char text[1200];

	t->probe.sftp_serves = result != NULL && result->status == 0;
	notice_of(t, &server, NOTICE_NO_SERVER, t->notices.refusal, text, sizeof(text));
	tunnel_fail(t, text);
}

/* Why there is no server, our own master knows best; else the helper. */
void
tunnel_noticed(struct tunnel *t, const struct helper *helper, enum notice notice, const char *why)
{
	struct notices *known = &t->notices;
	bool told = (known->told & 1U << notice) != 0;
	char text[1200];

	if (notice == NOTICE_DELAY && (master_is_ours(t->master) ? t->setup->master->no_delay :
	    t->setup->master->no_delay_yours))
		return; /* it was done, and did not help */
	known->told |= 1U << notice;
	if (notice != NOTICE_NO_SERVER || !master_refusal(t->master, known->refusal, sizeof(known->refusal)))
		snprintf(known->refusal, sizeof(known->refusal), "%s", why);
	if (helper == t->probe.helper && notice == NOTICE_NO_SERVER)
		return; /* tunnel_probed() tells that */
	notice_of(t, helper, notice, known->refusal, text, sizeof(text));
	if (notice == NOTICE_NO_SERVER)
		tunnel_say(t, text);
	else if (!told)
		log_at(LOG_NORMAL, "%s", text);
}

/* --- before it is run ------------------------------------------------------------------ */

/* One session of our own with its server, as the client will have it. It goes through a helper like any
 * other, so that whatever can go wrong does so now. It says USER and QUIT, no password. */

void
probe_end(struct probe *p)
{
	if (p->step == PROBE_NONE || p->step == PROBE_OVER)
		return;
	memory_drop(watch_free, p->watch);
	timer_stop(&p->patience);
	fd_close(&p->ftp.fd);
	p->step = PROBE_OVER;
}

/* A server that does not answer QUIT keeps the user waiting no longer; the helper still waits for it. */
static void
no_goodbye(void *arg)
{
	struct tunnel *t = arg;

	probe_end(&t->probe);
	tunnel_probed(t);
}

/* 120 announces a greeting. Who may log in is the client's affair; that a USER is answered at all
 * is ours: 421 is the server's goodbye. */
static void
probe_ready(void *arg, short revents)
{
	struct tunnel *t = arg;
	const char *user = t->cmdline->ftp_user != NULL ? t->cmdline->ftp_user : "anonymous";
	enum probe_step *step = &t->probe.step;
	int code, said = 0;

	while (*step != PROBE_OVER && (code = ftp_dialogue_next(&t->probe.ftp)) != DIALOGUE_MORE) {
		if (*step == PROBE_GREETING && code >= 100 && code < 200)
			continue;
		if (*step == PROBE_GREETING || code == 421)
			log_escape(t->probe.text, sizeof(t->probe.text), t->probe.ftp.reply,
			    strlen(t->probe.ftp.reply));
		if (*step == PROBE_GREETING && code >= 200 && code < 300) {
			*step = PROBE_USER;
			said = dprintf(t->probe.ftp.fd, "USER %s\r\n", user);
		} else if (*step == PROBE_USER && code > 0 && code != 421) {
			*step = PROBE_QUIT;
			t->probe.serves = true;
			timer_set(&t->probe.patience, t->loop, QUIT_MS, no_goodbye, t);
			said = dprintf(t->probe.ftp.fd, "QUIT\r\n");
		} else {
			said = -1;
		}
		if (said == -1)
			probe_end(&t->probe);
	}
}

void
tunnel_probed(struct tunnel *t)
{
	const struct cmdline *c = t->cmdline;
	const char *words = t->probe.text;
	char server[SPEC_HOST_MAX + 16], why[1200];

	probe_ready(t, POLLIN);
	t->probe.helper = NULL;
	if (t->phase != READY)
		return;
	hostport_format(server, sizeof(server), c->server.host, c->server.port);
	if ((t->notices.told & 1U << NOTICE_NO_SERVER) != 0) { /* is there something else to say than that? */
		if (c->ftp.no_delay != NO_DELAY_NO)
			t->probe.sftp = sshcmd_through(t->loop, &t->setup->master->ssh, t->master->path,
			    (const char *[]){ "-Ts", "sftp" }, SFTP_MS, sftp_tried, t);
		if (t->probe.sftp == NULL)
			sftp_tried(t, NULL);
	} else if ((t->notices.told & 1U << NOTICE_TLS) != 0 && !c->ftp.tls_pass) {
		tunnel_end(t, TUNNEL_FAILED);
	} else if (!t->probe.serves) {
		if (*words != '\0' && !isdigit((unsigned char)*words))
			snprintf(why, sizeof(why), "this is no FTP server, %s on %s; it says: %s", server,
			    c->destination, words);
		else
			snprintf(why, sizeof(why), "the FTP server %s on %s does not serve: %s", server,
			    c->destination, *words != '\0' ? words : t->master->state != MASTER_UP ?
			    "the ssh connection is gone" : "it ends the connection");
		tunnel_fail(t, why);
	} else {
		/* for a user who looks on: whose server he is going to talk to */
		log_at(isatty(STDERR_FILENO) ? LOG_NORMAL : LOG_SESSIONS, "FTP server %s on %s: %s", server,
		    c->destination, words);
		start_client(t);
	}
}

void
tunnel_probe(struct tunnel *t)
{
	struct session session = { .own_session = true, .unsaid = true, .peer = "probe",
		.server = t->cmdline->server };
	int fds[2], result = -1;

	if (t->master->state != MASTER_UP) { /* FtpConnect=first */
		start_client(t);
		return;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == 0) {
		t->probe.step = PROBE_GREETING;
		t->probe.ftp.fd = fds[0];
		session.in = session.out = fds[1]; /* which the helper alone shall have */
		if ((t->probe.watch = loop_watch(t->loop, fds[0], POLLIN, probe_ready, t)) != NULL)
			result = helpers_start(t, &session);
		close(fds[1]);
	}
	if (result == -1)
		tunnel_fail(t, "cannot start the helper: out of processes or descriptors");
	else
		t->probe.helper = t->helpers.first;
}
