#include "options/options.h"

#include <arpa/inet.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/digits.h"
#include "base/log.h"

#define QUOTE_MAX 64 /* of the bad input, in a message */
#define NUMBER_MAX  1000000 /* as milliseconds it still fits an int */

typedef const struct option_info info;

/* The place of text among "word|word|WORD": the enums of options.h are in this order.
 * -1 when it is not there; words in capitals only stand for something. */
static int
choice(const char *values, const char *text)
{
	size_t len, want = strlen(text);
	int index = 0;

	for (const char *p = values;; p += len + 1, index++) {
		len = strcspn(p, "|");
		if (len == want && islower((unsigned char)*p) && strncasecmp(p, text, len) == 0)
			return index;
		if (p[len] == '\0')
			return -1;
	}
}

static bool
is_address(const char *text)
{
	unsigned char address[16];

	return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

#define FIELD(type) ((type *)(void *)((char *)o + self->field))

static bool
set_enum(info *self, struct ftp_options *o, const char *value)
{
	*FIELD(int) = choice(self->values, value);
	return *FIELD(int) != -1;
}

static bool
set_bool(info *self, struct ftp_options *o, const char *value)
{
	int index = choice(self->values, value);

	*FIELD(bool) = index == 1;
	return index != -1;
}

static bool
set_number(info *self, struct ftp_options *o, const char *value)
{
	unsigned long n;
	bool good = decimal(value, strlen(value), NUMBER_MAX, &n);

	*FIELD(unsigned) = (unsigned)n;
	return good;
}

static bool
set_masters(info *self, struct ftp_options *o, const char *value)
{
	return set_number(self, o, value) && *FIELD(unsigned) > 0 && *FIELD(unsigned) <= MASTERS_MAX;
}

static bool
set_address(info *self, struct ftp_options *o, const char *value)
{
	if (!is_address(value))
		return false;
	snprintf(FIELD(char), sizeof(o->advertise), "%s", value);
	return true;
}

static bool
set_passive(info *self, struct ftp_options *o, const char *value)
{
	o->passive_addr[0] = '\0';
	if (set_enum(self, o, value))
		return true;
	o->passive_address = PASSIVE_ADDR;
	snprintf(o->passive_addr, sizeof(o->passive_addr), "%s", value);
	return is_address(value);
}

static bool
set_ports(info *self, struct ftp_options *o, const char *value)
{
	char text[16], *dash;
	unsigned long lo, hi;

	if ((size_t)snprintf(text, sizeof(text), "%s", value) >= sizeof(text) ||
	    (dash = strchr(text, '-')) == NULL)
		return false;
	dash++;
	if (!decimal(text, (size_t)(dash - 1 - text), 65535, &lo) ||
	    !decimal(dash, strlen(dash), 65535, &hi))
		return false;
	o->data_port_lo = (uint16_t)lo;
	o->data_port_hi = (uint16_t)hi;
	return lo >= 1024 && lo <= hi;
}

/* ftp-over-ssh-ctl addresses a tunnel as name/session/channel. */
static bool
set_name(info *self, struct ftp_options *o, const char *value)
{
	size_t len = strlen(value);

	if (len >= sizeof(o->name) || *value == '-')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isgraph((unsigned char)value[i]) || value[i] == '/')
			return false;
	snprintf(FIELD(char), sizeof(o->name), "%s", value);
	return true;
}

/* A path, for it is run without PATH, shell and arguments: its environment says what happened. */
static bool
set_notify(info *self, struct ftp_options *o, const char *value)
{
	if (*value != '/' || strlen(value) >= sizeof(o->notify))
		return false;
	snprintf(FIELD(char), sizeof(o->notify), "%s", value);
	return true;
}

_Static_assert(sizeof(enum server_mode) == sizeof(int) &&
    sizeof(enum forward_method) == sizeof(int) && sizeof(enum passive_address) == sizeof(int) &&
    sizeof(enum no_delay) == sizeof(int), "set_enum() writes an int");

#define ROW(name, values, member, set, help) \
	{ name, values, help, set, offsetof(struct ftp_options, member) }

const struct option_info ftp_option_table[] = {
	ROW("FtpPassiveAddress", "control|reply|ADDR", passive_address, set_passive,
	    "whom to dial for a passive reply: the FTP host, the address in it, or ADDR"),
	ROW("FtpServerMode", "auto|same|passive|active", server_mode, set_enum,
	    "how data connections to the server are made, whatever the client asks for"),
	ROW("FtpAdvertise", "ADDR", advertise, set_address,
	    "address to put into PORT commands and passive replies"),
	ROW("FtpDataPorts", "LO-HI", data_port_lo, set_ports,
	    "ports to listen on for data connections, from 1024 up (default: any)"),
	ROW("FtpTls", "refuse|pass", tls_pass, set_bool,
	    "AUTH TLS: refuse it, or pass it on (the data then bypasses the tunnel)"),
	ROW("FtpForward", "auto|proxy|mux", forward, set_enum,
	    "how data goes through the ssh master; auto: proxy where it is our own"),
	ROW("FtpAllowUsers", "self|any", allow_any, set_bool,
	    "which local users may use the listeners"),
	ROW("FtpTimeout", "SECONDS", timeout, set_number,
	    "close a session whose control connection is idle for so long (0: never)"),
	ROW("FtpConnections", "N", connections, set_number,
	    "sessions at a time (0: no limit)"),
	ROW("FtpAbortHold", "SECONDS", abort_hold, set_number,
	    "keep a broken-off upload from looking complete for so long (default 300)"),
	ROW("FtpGrace", "SECONDS", grace, set_number,
	    "time for running transfers to finish when the tunnel stops (default 0)"),
	ROW("FtpConnect", "now|first", connect_first, set_bool,
	    "start ssh now, or when the first client comes"),
	ROW("FtpMasters", "N", masters, set_masters,
	    "ssh connections to spread the sessions over, 1 to 64 (default 1)"),
	ROW("FtpNoDelay", "auto|yes|no", no_delay, set_enum,
	    "run true on the ssh server once, for small files; auto: where ssh is our own"),
	ROW("FtpConfigForwards", "no|yes", config_forwards, set_bool,
	    "take over ssh_config forwards to port 21 (default yes)"),
	ROW("FtpLog", "text|json", log_json, set_bool,
	    "messages as lines of text, or of JSON, with all sessions and transfers"),
	ROW("FtpNotify", "PROGRAM", notify, set_notify,
	    "run it when the ssh connection is lost, and when it is there again"),
	ROW("FtpName", "NAME", name, set_name,
	    "name for ftp-over-ssh-ctl: no blanks, no '/' (default: destination:port)"),
	{ 0 }
};

void
ftp_options_default(struct ftp_options *o)
{
	*o = (struct ftp_options){ .abort_hold = 300, .masters = 1, .config_forwards = true };
}

bool
ftp_option_ours(const char *text)
{
	return strncasecmp(text + strspn(text, " \t"), "ftp", 3) == 0;
}

/* "Key=value", "Key = value" or "Key value", as ssh takes it: where the key ends, and the value
 * without the blanks around it. -1 when it is too long for any option. */
static int
split(const char *text, size_t *key_len, char *value, size_t size)
{
	const char *p;
	size_t len;

	*key_len = strcspn(text, " \t=");
	p = text + *key_len;
	p += strspn(p, " \t");
	p += *p == '=';
	p += strspn(p, " \t");
	for (len = strlen(p); len > 0 && strchr(" \t", p[len - 1]) != NULL; len--)
		;
	if (len >= size)
		return -1;
	memcpy(value, p, len);
	value[len] = '\0';
	return 0;
}

int
ftp_option_set(struct ftp_options *o, const char *text, char *why, size_t why_size)
{
	struct ftp_options new = *o;
	char value[256];
	size_t key_len;
	info *i = ftp_option_table;
	int fits;

	text += strspn(text, " \t");
	fits = split(text, &key_len, value, sizeof(value));
	while (i->name != NULL && (strlen(i->name) != key_len || strncasecmp(i->name, text, key_len) != 0))
		i++;
	if (i->name == NULL)
		return log_why(why, why_size, "unknown option \"%.*s\"; -o help lists them all",
		    key_len > QUOTE_MAX ? QUOTE_MAX : (int)key_len, text);
	if (fits == -1)
		snprintf(why, why_size, "%s: value too long, expected %s", i->name, i->values);
	else if (*value == '\0')
		snprintf(why, why_size, "%s: value missing, expected %s", i->name, i->values);
	else if (!i->set(i, &new, value))
		snprintf(why, why_size, "%s: bad value \"%.*s\", expected %s (%s)", i->name,
		    QUOTE_MAX, value, i->values, i->help);
	else {
		*o = new;
		return 0;
	}
	return -1;
}
