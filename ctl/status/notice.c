#include "status/notice.h"

#include <stdio.h>
#include <string.h>

#include "base/packet.h"
#include "base/log.h"
#include "status/status.h"

int
notice_send(int status_fd, enum notice notice, const char *why, int client)
{
	struct status_record r = { .type = STATUS_NOTICE, .u.notice.kind = notice };
	uint8_t packet[STATUS_RECORD_MAX];
	struct wire w;

	snprintf(r.u.notice.why, sizeof(r.u.notice.why), "%s", why);
	wire_write_to(&w, packet, sizeof(packet));
	status_put(&w, &r);
	return packet_send(status_fd, packet, w.len, &client, client != -1);
}

bool
notice_get(const void *packet, size_t len, enum notice *notice, char why[NOTICE_MAX])
{
	const struct status_notice *n;
	struct status_record r;
	struct wire w;

	wire_read_from(&w, packet, len);
	if (status_get(&w, &r) != STATUS_OK || r.type != STATUS_NOTICE || wire_left(&w) > 0)
		return false;
	n = &r.u.notice;
	if (n->kind == NOTICE_NONE || n->kind >= NOTICE_COUNT)
		return false;
	*notice = (enum notice)n->kind;
	log_escape(why, NOTICE_MAX, n->why, strlen(n->why));
	return true;
}

static void
no_server(char *dst, size_t size, const struct notice_about *a, const char *on)
{
	static const char prohibited[] = "administratively prohibited", failed[] = "connect failed: ";
	const char *why = strncmp(a->why, failed, strlen(failed)) == 0 ? a->why + strlen(failed) : a->why;
	const char *advice = a->t_names_another ? "-t names another one, " : "";
	char sftp[300] = "";

	if (a->sftp)
		snprintf(sftp, sizeof(sftp), "sftp %s may do, ", a->destination);
	if (strncmp(a->why, prohibited, sizeof(prohibited) - 1) == 0)
		snprintf(dst, size, "the ssh server forbids connections to %s: %slook at "
		    "AllowTcpForwarding, PermitOpen and DisableForwarding in its sshd_config, if it "
		    "has one", a->server, sftp);
	else
		snprintf(dst, size, "no FTP server answers at %s%s%s: %s; %s%sftp-over-ssh-ctl check "
		    "tells more", a->server, on, a->destination, *why != '\0' ? why :
		    "the connection is refused, or ends without a greeting", sftp, advice);
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
	else if (notice == NOTICE_DELAY)
		snprintf(dst, size, "small files wait some 50 ms each, because no command was run on the "
		    "ssh connection to %s yet; FtpNoDelay=yes runs true there once", a->destination);
	return dst;
}
