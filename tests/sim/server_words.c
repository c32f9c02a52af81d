/* The server and its control connection. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "server_private.h"

static void
note_final(struct server *s, int code, const char *text)
{
	struct deeds *deeds = s->transfer >= 0 ? &s->deeds[s->transfer] : NULL;

	if (deeds == NULL)
		return;
	if (code >= 200 && text[3] == ' ') {
		deeds->final = code;
		deeds->words = world_text(text, strlen(text));
	}
	if (code / 100 == 1 && strstr(text, " bytes)") != NULL && strrchr(text, '(') != NULL)
		deeds->announced = (unsigned)atoi(strrchr(text, '(') + 1);
}

void
server_say(struct server *s, const char *text)
{
	char line[256];
	int len = snprintf(line, sizeof(line), "%s\r\n", text);

	note_final(s, atoi(text), text);
	sock_write(s->control, line, (size_t)len);
}

static void
tell_port(struct server *s, uint16_t p, const char *text)
{
	char line[128];
	const char *mark = strchr(text, '%');

	s->told[s->ports++ % PORTS] = p;
	s->address = 0;
	if (mark == NULL || mark[1] == 'n')
		snprintf(line, sizeof(line), "%.*s%u%s", (int)(mark - text), text, p, mark + 2);
	else
		snprintf(line, sizeof(line), "%.*s%u,%u%s", (int)(mark - text), text, p >> 8,
		    p & 255, mark + 2);
	server_say(s, line);
}

static const char *
passive_text(const struct server *s)
{
	if (strcmp(s->verb, "EPSV") == 0)
		return "229 Entering Extended Passive Mode (|||%n|)";
	if (strcmp(s->verb, "LPSV") == 0)
		return "228 Entering Long Passive Mode (4,4,127,0,0,1,2,%p)";
	return "227 Entering Passive Mode (127,0,0,1,%p).";
}

static void
op_passive(struct server *s, const char *text, bool dead)
{
	server_forget_listener(s);
	if (!dead)
		s->listener =
		    net_listen(net.direct ? HOST_CLIENT : HOST_OURS, false, server_run, s);
	tell_port(s, dead ? net_dead_port() : s->listener->port, text);
}

static void
op_fixed(struct server *s)
{
	if (s->fixed == NULL)
		s->fixed = net_listen(net.direct ? HOST_CLIENT : HOST_OURS, false, server_run, s);
	server_forget_listener(s);
	s->listener = s->fixed;
	tell_port(s, s->fixed->port, passive_text(s));
}

static void
note_command(struct server *s, const char *line)
{
	size_t verb = strcspn(line, " ");
	unsigned n[16], count = 0;

	snprintf(s->verb, sizeof(s->verb), "%.*s", (int)verb, line);
	if (strcasecmp(s->verb, "PORT") != 0 && strcasecmp(s->verb, "EPRT") != 0 &&
	    strcasecmp(s->verb, "LPRT") != 0)
		return;
	for (const char *p = line + verb; *p != '\0' && count < 16;)
		if (*p < '0' || *p > '9')
			p++;
		else
			n[count++] = (unsigned)strtoul(p, (char **)&p, 10);
	if (count < 2)
		return;
	server_forget_listener(s);
	s->address =
	    (uint16_t)(s->verb[0] == 'E' || s->verb[0] == 'e' ? n[count - 1]
							      : n[count - 2] << 8 | n[count - 1]);
}

bool
server_is_setup(const char *verb)
{
	static const char *const verbs[] = { "PASV", "EPSV", "LPSV", "PORT", "EPRT", "LPRT" };

	for (int i = 0; i < 6; i++)
		if (strcasecmp(verb, verbs[i]) == 0)
			return true;
	return false;
}

/* What a Telnet option leaves: servers skip it, in whatever order urgent data have come. */
const char *
server_without_telnet(const char *line)
{
	char text[2048];
	size_t n = 0;

	for (const char *p = line; *p != '\0' && n < sizeof(text); p++)
		if ((unsigned char)*p < 0xf0)
			text[n++] = *p;
	return world_text(text, n);
}

void
server_saw_command(struct server *s, const char *line)
{
	note_command(s, line);
	if (server_is_setup(s->verb) && strcasecmp(line, "EPSV ALL") != 0)
		server_saw(s, SEEN_SETUP, HOW_OK)->text = world_text(s->verb, strlen(s->verb));
	else
		server_saw(s, SEEN_COMMAND, HOW_OK)->text = line;
}

void
server_op_words(struct server *s, const struct op *op)
{
	char bytes[sizeof(op->text)];

	switch (op->kind) {
	case S_RAW:
		sock_write(s->control, bytes, (size_t)raw_bytes(op->text, bytes));
		break;
	case S_SENT:
		server_say(s, s->broken ? "426 broken" : op->text);
		break;
	case S_STORED:
		server_say(s, s->whole ? op->text : "426 broken");
		break;
	case S_PASSIVE:
		op_passive(s, passive_text(s), false);
		break;
	case S_FIXED:
		op_fixed(s);
		break;
	case S_PORT:
		op_passive(s, op->text, false);
		break;
	case S_DEAD:
		op_passive(s, passive_text(s), true);
		break;
	default:
		server_say(s, op->text);
	}
	server_next(s);
}
