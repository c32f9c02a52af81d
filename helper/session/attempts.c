#include "session/attempts.h"

const struct attempt_row attempts[TRY_COUNT] = {
	[TRY_PASV] = { "PASV", FTP_PASV, false, 0 },
	[TRY_EPSV] = { "EPSV", FTP_EPSV, false, 0 },
	[TRY_LPSV] = { "LPSV", FTP_LPSV, false, 0 },
	[TRY_PORT] = { "PORT", FTP_PORT, true, 4 },
	[TRY_EPRT4] = { "EPRT", FTP_EPRT, true, 4 },
	[TRY_EPRT6] = { "EPRT", FTP_EPRT, true, 6 },
	[TRY_LPRT4] = { "LPRT", FTP_LPRT, true, 4 },
	[TRY_LPRT6] = { "LPRT", FTP_LPRT, true, 6 },
};

#define ORDER_MAX 8

/* What each client verb leads to, best first; TRY_COUNT ends a row. */
static const struct {
	const char *name;
	bool listen; /* the client end listens */
	enum attempt order[ORDER_MAX];
} client_verbs[] = {
	[FTP_PASV] = { "PASV", true,
	    { TRY_PASV, TRY_EPSV, TRY_PORT, TRY_EPRT4, TRY_EPRT6, TRY_COUNT } },
	[FTP_EPSV] = { "EPSV", true,
	    { TRY_EPSV, TRY_PASV, TRY_EPRT4, TRY_EPRT6, TRY_PORT, TRY_COUNT } },
	[FTP_LPSV] = { "LPSV", true,
	    { TRY_LPSV, TRY_EPSV, TRY_PASV, TRY_EPRT4, TRY_EPRT6, TRY_PORT, TRY_COUNT } },
	[FTP_PORT] = { "PORT", false,
	    { TRY_PORT, TRY_EPRT4, TRY_EPRT6, TRY_PASV, TRY_EPSV, TRY_COUNT } },
	[FTP_EPRT] = { "EPRT", false,
	    { TRY_EPRT4, TRY_EPRT6, TRY_PORT, TRY_EPSV, TRY_PASV, TRY_COUNT } },
	[FTP_LPRT] = { "LPRT", false,
	    { TRY_LPRT4, TRY_LPRT6, TRY_EPRT4, TRY_EPRT6, TRY_PORT, TRY_EPSV, TRY_PASV, TRY_COUNT } },
};

const char *
attempt_verb_name(const struct channel *ch, enum side end)
{
	return end == CLIENT ? client_verbs[ch->client_verb].name : attempts[ch->attempt].name;
}

bool
attempt_client_listens(enum ftp_verb verb)
{
	return client_verbs[verb].listen;
}

const struct ftp_address *
listen_address(const struct session *s, enum side end, uint8_t family)
{
	const struct ftp_address *a =
	    family == 6 ? &s->config.listen6[end] : &s->config.listen4[end];

	return a->family == 0 ? NULL : a;
}

/* Of the control connection to the server. Who can listen for it in one family only, knows. */
uint8_t
server_family(const struct session *s)
{
	const struct ftp_address *four = listen_address(s, SERVER, 4);
	const struct ftp_address *six = listen_address(s, SERVER, 6);

	if (s->config.family[SERVER] != 0 || (four != NULL) == (six != NULL))
		return s->config.family[SERVER];
	return four != NULL ? 4 : 6;
}

bool
attempt_is_natural(const struct channel *ch, enum attempt t)
{
	return attempts[t].listen != client_verbs[ch->client_verb].listen;
}

static bool
attempt_allowed(const struct session *s, const struct channel *ch, enum attempt t, unsigned bad)
{
	bool listen = attempts[t].listen;

	if ((ch->tried | bad) & BIT(t))
		return false;
	if (s->epsv_all)
		return t == TRY_EPSV;
	if (listen && listen_address(s, SERVER, attempts[t].family) == NULL)
		return false;
	switch (s->config.mode) {
	case MODE_SAME:
		return attempt_is_natural(ch, t);
	case MODE_PASSIVE:
		return !listen;
	case MODE_ACTIVE:
		return listen;
	case MODE_AUTO:
		break;
	}
	return !listen || s->config.active_possible;
}

enum attempt
attempt_next(const struct session *s, const struct channel *ch, unsigned bad)
{
	const enum attempt *order = client_verbs[ch->client_verb].order;

	for (int i = 0; i < ORDER_MAX && order[i] != TRY_COUNT; i++)
		if (attempt_allowed(s, ch, order[i], bad))
			return order[i];
	return TRY_COUNT;
}

/* May another attempt follow when this one is refused? A client whose own words the server refuses
 * sees that, as direct; unless that may lie in the address, which is ours. */
bool
attempt_may_fail(const struct session *s, const struct channel *ch)
{
	uint8_t family = server_family(s);
	bool same = family == 4 ? s->config.family[CLIENT] != 6 : /* over IPv6 PASV cannot be right */
				  family == 6 && s->config.family[CLIENT] == 6 && ch->client_verb == FTP_EPSV;

	if (s->good & BIT(ch->attempt))
		return false;
	if (attempts[ch->attempt].verb != ch->client_verb || attempts[ch->attempt].listen)
		return true;
	return ch->argument[0] == '\0' && !same;
}

void
attempts_failed(struct session *s, unsigned mask)
{
	s->bad |= mask;
	s->good &= ~mask;
}
