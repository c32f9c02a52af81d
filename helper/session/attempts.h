/* The commands that can make the server's end of a channel, and the choice between them.
 *
 * The client says which verb its own end gets (PASV: it dials us, so we listen; PORT: it
 * listens, so we dial). What is said to the server is chosen on its own from the table
 * of attempts, its natural counterpart first: so mode translation, address families,
 * servers that refuse a command and ports that are dead are one loop over one table. */
#pragma once

#include "state/session_state.h"

#define BIT(attempt) (1U << (attempt))
#define TRY_DIALLING (BIT(TRY_PASV) | BIT(TRY_EPSV) | BIT(TRY_LPSV))
#define TRY_LISTENING \
	(BIT(TRY_PORT) | BIT(TRY_EPRT4) | BIT(TRY_EPRT6) | BIT(TRY_LPRT4) | BIT(TRY_LPRT6))

extern const struct attempt_row {
	const char *name;
	enum ftp_verb verb;
	bool listen;    /* the server end listens (active mode), else it dials */
	uint8_t family; /* that the command can name; 0 = none needed */
} attempts[TRY_COUNT];

const char *attempt_verb_name(const struct channel *, enum side); /* what is said at that end */
bool attempt_client_listens(enum ftp_verb); /* the client's end, of a channel by that verb */
/* Where we listen at that end; NULL: we cannot. */
const struct ftp_address *listen_address(const struct session *, enum side, uint8_t family);
uint8_t server_family(const struct session *); /* of the control connection to it; 0 = not known */

bool attempt_is_natural(const struct channel *, enum attempt); /* the client's own verb */
/* The next one that may be made, and is not in the mask; TRY_COUNT: none. */
enum attempt attempt_next(const struct session *, const struct channel *, unsigned bad);
void attempts_failed(struct session *, unsigned mask); /* what the server has named was dead */
bool attempt_may_fail(const struct session *, const struct channel *); /* may another follow? */
