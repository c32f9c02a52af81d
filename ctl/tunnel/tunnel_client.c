/* The FTP client of a tunnel: the server is looked at before, so that none is started on a tunnel
 * that cannot work. */
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "client/probe.h"
#include "tunnel/tunnel_private.h"

#define SFTP_MS 5000

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
		why, t->cmdline->run == RUN_CLIENT, t->sftp_serves };

	hostport_format(server, sizeof(server), helper->session.server.host, helper->session.server.port);
	notice_text(text, size, notice, &about);
}

static void
sftp_tried(void *arg, const struct sshrun_result *result)
{
	struct tunnel *t = arg;
	const struct helper server = { .session.server = t->cmdline->server };
	char text[1200];

	t->sftp_serves = result != NULL && result->status == 0;
	notice_of(t, &server, NOTICE_NO_SERVER, t->refusal, text, sizeof(text));
	tunnel_fail(t, text);
}

/* Why there is no server our own master tells, or the helper. */
void
tunnel_noticed(struct tunnel *t, const struct helper *helper, enum notice notice, const char *why)
{
	bool told = (t->noticed & 1U << notice) != 0;
	char text[1200];

	if (notice == NOTICE_DELAY && (master_is_ours(t->master) ? t->setup->master->no_delay :
	    t->setup->master->no_delay_yours))
		return; /* it was done, and did not help */
	t->noticed |= 1U << notice;
	if (notice != NOTICE_NO_SERVER || !master_refusal(t->master, t->refusal, sizeof(t->refusal)))
		snprintf(t->refusal, sizeof(t->refusal), "%s", why);
	if (helper == t->prober && notice == NOTICE_NO_SERVER)
		return; /* tunnel_probed() */
	notice_of(t, helper, notice, t->refusal, text, sizeof(text));
	if (notice == NOTICE_NO_SERVER)
		tunnel_say(t, text);
	else if (!told)
		log_at(LOG_NORMAL, "%s", text);
}

void
tunnel_probed(void *arg)
{
	struct tunnel *t = arg;
	const struct cmdline *c = t->cmdline;
	const struct probe_result *result = probe_result(t->probe);
	const char *words = result->text;
	char server[SPEC_HOST_MAX + 16], why[1200];

	t->prober = NULL;
	if (t->phase != READY)
		return;
	hostport_format(server, sizeof(server), c->server.host, c->server.port);
	if ((t->noticed & 1U << NOTICE_NO_SERVER) != 0) { /* is there something else to say than that? */
		if (c->ftp.no_delay != NO_DELAY_NO)
			t->sftp = sshcmd_through(t->loop, &t->setup->master->ssh, t->master->path,
			    (const char *[]){ "-Ts", "sftp" }, SFTP_MS, sftp_tried, t);
		if (t->sftp == NULL)
			sftp_tried(t, NULL);
	} else if ((t->noticed & 1U << NOTICE_TLS) != 0 && !c->ftp.tls_pass) {
		tunnel_end(t, TUNNEL_FAILED);
	} else if (!result->serves) {
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
	const char *user = t->cmdline->ftp_user;
	int result = -1;

	if (t->master->state != MASTER_UP) { /* FtpConnect=first */
		start_client(t);
		return;
	}
	/* bored, it has a helper that waits for a server still */
	t->probe = probe_new(t->loop, user != NULL ? user : "anonymous", tunnel_probed, t, &session.in);
	if (t->probe != NULL) {
		session.out = session.in;
		result = helpers_start(t, &session);
		close(session.in);
	}
	if (result == -1)
		tunnel_fail(t, "cannot start the helper: out of processes or descriptors");
	else
		t->prober = t->helpers.first;
}
