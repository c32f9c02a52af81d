#include "notice.h"

#include <stdio.h>
#include <string.h>

#include "log.h"

size_t
notice_put(uint8_t packet[NOTICE_MAX], enum notice notice, const char *why)
{
	size_t len = strnlen(why, NOTICE_MAX - 1);

	packet[0] = (uint8_t)notice;
	memcpy(packet + 1, why, len);
	return 1 + len;
}

bool
notice_get(const void *packet, size_t len, enum notice *notice, char why[NOTICE_MAX])
{
	const uint8_t *bytes = packet;

	if (len == 0 || len > NOTICE_MAX || bytes[0] == NOTICE_NONE || bytes[0] >= NOTICE_COUNT)
		return false;
	*notice = (enum notice)bytes[0];
	log_escape(why, NOTICE_MAX, bytes + 1, len - 1);
	return true;
}

/* sshd's words: "connect failed: Connection refused". */
static const char *
plain(const char *why)
{
	static const char prefix[] = "connect failed: ";

	if (*why == '\0')
		return "the connection is refused, or ends without a greeting";
	return strncmp(why, prefix, sizeof(prefix) - 1) == 0 ? why + sizeof(prefix) - 1 : why;
}

static void
no_server(char *dst, size_t size, const struct notice_about *a, const char *on)
{
	static const char prohibited[] = "administratively prohibited";
	const char *advice = a->t_names_another ? "-t names another one, " : "";
	char sftp[300] = "";

	if (a->sftp)
		snprintf(sftp, sizeof(sftp), "sftp %s may do, ", a->destination);
	if (strncmp(a->why, prohibited, sizeof(prohibited) - 1) == 0)
		snprintf(dst, size, "the ssh server forbids connections to %s: %slook at "
		    "AllowTcpForwarding, PermitOpen and DisableForwarding in its sshd_config",
		    a->server, sftp);
	else
		snprintf(dst, size, "no FTP server answers at %s%s%s: %s; %s%sftp-over-ssh-ctl check "
		    "tells more", a->server, on, a->destination, plain(a->why), sftp, advice);
}

char *
notice_text(char *dst, size_t size, enum notice notice, const struct notice_about *a)
{
	const char *on = *a->destination != '\0' ? " on " : "";

	*dst = '\0';
	if (notice == NOTICE_NO_SERVER)
		no_server(dst, size, a, on);
	else if (notice == NOTICE_SILENT)
		snprintf(dst, size, "the server at %s%s%s says nothing: if it is one for FTPS (TLS "
		    "from the start), use its port for plain FTP, ssh encrypts it", a->server, on,
		    a->destination);
	else if (notice == NOTICE_TLS)
		snprintf(dst, size, "the FTP server at %s%s%s wants TLS, which is refused here "
		    "because its data connections could not use the tunnel; FtpTls=pass lets it "
		    "through", a->server, on, a->destination);
	return dst;
}
