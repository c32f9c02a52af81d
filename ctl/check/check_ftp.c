/* The part of a check that speaks FTP. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/check_private.h"
#include "base/compat.h"
#include "client/netrc.h"

/* What a server has said, printable. */
static const char *
quoted(const struct check *c)
{
	static char text[400];

	return log_escape(text, sizeof(text), c->ftp.reply, strlen(c->ftp.reply));
}

enum outcome
check_greeting(struct check *c)
{
	int code = ftp_dialogue_read(&c->ftp, CHECK_REPLY_MS);

	if (code >= 100 && code < 200) /* 120: ready in some minutes */
		code = ftp_dialogue_read(&c->ftp, CHECK_REPLY_MS);
	if (code == 220)
		return check_say(c, GOOD, "%s", quoted(c));
	if (code == DIALOGUE_SILENT && c->ftp.len == 0)
		return check_say(c, BAD, "the server says nothing for %d s: it may want TLS at once "
		    "(FTPS, port 990): take its plain FTP port; or it looks up names for very long",
		    CHECK_REPLY_MS / 1000);
	if (code == DIALOGUE_ENDED)
		return check_say(c, BAD, "the server closes the connection%s%s: it may refuse this "
		    "address (tcp wrappers, MaxClients): see its log",
		    *c->ftp.reply != '\0' ? ", having said " : "", quoted(c));
	if (code > 0)
		return check_say(c, BAD, "the server will not serve: %s", quoted(c));
	return check_say(c, BAD, "this is no FTP server; it says: %s: -t names another one", quoted(c));
}

static bool
from_netrc(const struct check *c, char *password, size_t size)
{
	const char *const machines[] = { "127.0.0.1", c->cmdline.server.host, c->cmdline.destination,
		NULL };
	char path[1024], text[16384];
	const char *home = getenv("HOME");
	size_t len;
	bool found;
	FILE *f;

	snprintf(path, sizeof(path), "%s/.netrc", home != NULL ? home : "");
	if ((f = fopen(path, "re")) == NULL)
		return false;
	len = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[len] = '\0';
	found = netrc_password(text, machines, c->cmdline.ftp_user, password, size);
	explicit_bzero(text, sizeof(text));
	return found;
}

static bool
find_password(const struct check *c, char *password, size_t size)
{
	char prompt[400];

	if (c->cmdline.ftp_user == NULL)
		snprintf(password, size, "check@");
	else if (!from_netrc(c, password, size)) {
		snprintf(prompt, sizeof(prompt), "FTP password of %s: ", c->cmdline.ftp_user);
		return readpassphrase(prompt, password, size, RPP_REQUIRE_TTY) != NULL;
	}
	return true;
}

static enum outcome
no_login(struct check *c, int code)
{
	/* as vsftpd, ProFTPD, Pure-FTPd and IIS put it */
	static const char *const words[] = { "TLS", "SSL", "encrypt", "cleartext", NULL };
	size_t i = 0;

	while (words[i] != NULL && strcasestr(c->ftp.reply, words[i]) == NULL)
		i++;
	if (code >= 400 && words[i] != NULL)
		return check_say(c, BAD, "the server wants TLS before the login, and so do its data "
		    "connections, which could not use the tunnel: allow plain FTP there for localhost, "
		    "ssh encrypts it: %s", quoted(c));
	if (code <= 0 || code == 421)
		return check_say(c, BAD, "the server does not go on: %s", quoted(c));
	if (c->cmdline.ftp_user != NULL)
		return check_say(c, BAD, "user %s is not let in: %s", c->cmdline.ftp_user, quoted(c));
	return check_say(c, UNTRIED, "no anonymous login; what needs a login cannot be told without "
	    "-u: %s", quoted(c));
}

enum outcome
check_login(struct check *c)
{
	const char *user = c->cmdline.ftp_user != NULL ? c->cmdline.ftp_user : "anonymous";
	int code = ftp_dialogue_ask(&c->ftp, CHECK_REPLY_MS, "USER %s", user);
	char password[256];

	if (code == 331) {
		if (!find_password(c, password, sizeof(password)))
			return check_say(c, WARN, "no password for %s: none in ~/.netrc, and no terminal "
			    "to ask at", user);
		code = ftp_dialogue_ask(&c->ftp, CHECK_REPLY_MS, "PASS %s", password);
		explicit_bzero(password, sizeof(password));
	}
	if (code != 230)
		return no_login(c, code);
	c->logged_in = true;
	return check_say(c, GOOD, "%s", user);
}

static bool
needs_login(const struct check *c, int code)
{
	return !c->logged_in && (code == 530 || code == 503 || code == 332 || code == 331);
}

enum outcome
check_passive(struct check *c)
{
	int code = ftp_dialogue_ask(&c->ftp, CHECK_REPLY_MS, "EPSV");
	uint16_t port = ftp_dialogue_port(code, c->ftp.reply);

	if (port == 0 && !needs_login(c, code) && code > 0)
		port = ftp_dialogue_port(code = ftp_dialogue_ask(&c->ftp, CHECK_REPLY_MS, "PASV"), c->ftp.reply);
	if (needs_login(c, code))
		return check_say(c, UNTRIED, "needs a login, cannot be told: %s", quoted(c));
	if (port != 0 && check_reaches(c, port) == GOOD)
		return check_say(c, GOOD, "data port %u can be reached", port);
	c->no_passive = true;
	return port != 0 ? WARN : check_say(c, WARN, "the server has no passive mode: %s: active mode must "
	    "do, take -o FtpServerMode=active", quoted(c));
}

static int
announce_port(struct check *c)
{
	unsigned p = c->far_port;
	int code = ftp_dialogue_ask(&c->ftp, CHECK_REPLY_MS, "PORT 127,0,0,1,%u,%u", p >> 8, p & 255);

	if (code >= 500 && !needs_login(c, code))
		code = ftp_dialogue_ask(&c->ftp, CHECK_REPLY_MS, "EPRT |1|127.0.0.1|%u|", p);
	if (code >= 500 && !needs_login(c, code))
		code = ftp_dialogue_ask(&c->ftp, CHECK_REPLY_MS, "EPRT |2|::1|%u|", p);
	return code;
}

enum outcome
check_active(struct check *c)
{
	const enum outcome worse = c->no_passive ? BAD : WARN; /* if passive mode works, it is no failure */
	const char *host = c->cmdline.server.host;
	int code;

	if (strcmp(host, "localhost") != 0 && strncmp(host, "127.", 4) != 0 && strcmp(host, "::1") != 0)
		return check_say(c, c->no_passive ? BAD : UNTRIED, "the FTP server is not on the ssh "
		    "host, so passive mode is used; active mode needs -o FtpAdvertise and GatewayPorts in "
		    "the sshd_config");
	if (c->far_port == 0)
		return check_say(c, UNTRIED, "cannot be told without that listener");
	code = announce_port(c);
	if (needs_login(c, code))
		return check_say(c, UNTRIED, "needs a login, cannot be told: %s", quoted(c));
	if (code < 200 || code >= 300)
		return check_say(c, worse, "the server refuses active mode: %s: use passive mode, or "
		    "enable active mode there", quoted(c));
	if (!c->logged_in)
		return check_say(c, UNTRIED, "%s", quoted(c));
	code = ftp_dialogue_ask(&c->ftp, CHECK_REPLY_MS, "NLST");
	if (code >= 100 && code < 300 && check_came_back(c))
		return check_say(c, GOOD, "the server has connected to it");
	return check_say(c, worse, "the server does not connect to port %u of the ssh server: %s: a "
	    "firewall there, or a server in another network?", c->far_port, quoted(c));
}
