/* The liberties, each a row with the peer who may see it, and when:
 *
 *  addresses and ports     both    never compared: a setup is its verb and the reply's code
 *  indentation, AUTH       client  the client leaves them out of a reply's text
 *  AUTH                    server  it does not get there (direct the server refuses it itself)
 *  texts of 4xx and 5xx    client  the code is compared
 *  no FTP at all           client  a 421 for a greeting that is no reply
 *  setups, translated      server  which verb (and how many) prepares the data connection
 *  loose                   both    what a script marks: the client after a dead port, whose
 *                                  connect succeeds and is reset
 *  ssh tells no reset      both    an end of file for a reset, of the control connection, and of
 *                                  the data connection; there any number of bytes of those sent
 *  ... but we may know     client  a reset, and then 425 or 426 for a 2xx
 *  failed after bytes      client  a reset for an end of file (-R: the end of file), and less bytes,
 *                                  where the server reports a failure, or leaves without a word
 *  no reset to send        server  silence for the reset of an upload, never its end of file
 *                          client  silence for a reset, where no reply says what it was
 *  the client has died     server  anything but an end of file of an upload that is shorter
 *  the server has left     server  the same, where nobody can tell whether the client lives
 *  aborted                 both    the data of a transfer that the client itself aborts, or leaves
 *  a moment later          client  the end (not the data) of a download behind its final reply,
 *                                  where nothing but two of our processes lies between
 *  no order through ssh    client  (-R) an upload's connection still open behind the reply
 *  ended sooner            client  the data connection ends before the final reply goes out
 *  cannot be written to    client  whether its writes fail, where the server breaks off the upload
 *  a reset                 server  what it has not read by then
 *  a silence of SILENCE    client  before a reply: where the client is far (its own end is waited for), the
 *                                  ssh link slow, or 150 said (data may be on their way);
 *                                  or where the client's connection has no owner
 *  strangers               both    a transfer to whose port somebody came who cannot be told from the client,
 *                                  which was not there yet, or any more: a 425, or what is without them; his
 *                                  bytes in an upload only if he came alone and before the client; never
 *                                  a byte of a download to him. Where nobody is told from another (through
 *                                  ssh; at the port of an FTP server on this machine) anything; but not afterwards
 */
#include "judge.h"

#include <string.h>

#include "world.h"

#define SILENCE (3500 * MS) /* before a reply: longer than any hold that waits for evidence on its way */
#define SLOW_LINK 10000     /* us */

struct judge {
	const struct dialogue *d;
	const struct play *direct, *through;
	bool loose, died;
};

static const struct deeds *
deeds_of(const struct judge *j, const struct seen *s)
{
	static const struct deeds none;

	return s->transfer >= 0 ? &j->direct->deeds[s->transfer] : &none;
}

static bool
through_ssh(const struct judge *j, bool client)
{
	return j->d->knob[K_FAR] ? client : !client;
}

static const char *
same_way(const struct seen *a, const struct seen *b)
{
	static const char *const table[2][2] = {
		/* HOW_OK, else */
		{ "", "a data connection is there, and is not through the tunnel" },
		{ "a data connection is not there, and is through the tunnel",
		    "a data connection fails in another way" },
	};

	return a->how == b->how ? NULL : table[a->how != HOW_OK][b->how != HOW_OK];
}

/* ---- what the client sees ---- */

static const char *
same_order(const struct judge *j, const struct seen *a, const struct seen *b)
{
	const struct deeds *deeds = deeds_of(j, a);

	if (j->through->direct || b->full || view_dialled(&j->direct->server, a->transfer) == NULL ||
	    a->transfer < 0 || a->code / 100 != 2 || a->code != deeds->final || deeds->aborted ||
	    deeds->sent_reset)
		return NULL;
	if (j->d->knob[K_FAR] && deeds->up)
		return NULL; /* an upload's end to a far client: through ssh there is no order */
	if (a->arrived >= deeds->sent && b->arrived < a->arrived)
		return "a final reply has overtaken the data";
	if (a->ended && !b->ended && (deeds->up || j->d->knob[K_FAR]))
		return "a final reply has overtaken the end of the data connection";
	return NULL;
}

static const char *
same_reply(const struct judge *j, const struct seen *a, const struct seen *b)
{
	const struct deeds *deeds = deeds_of(j, a);

	if (a->code == 0 && b->code == 421)
		return NULL;
	if (a->code / 100 == 2 && (b->code == 425 || b->code == 426) && deeds->sent_reset)
		return NULL;
	if (a->code != b->code)
		return "another reply";
	if (a->code < 400 && strcmp(a->text, b->text) != 0)
		return "another text of a reply";
	return same_order(j, a, b);
}

static const char *
same_download(const struct judge *j, const struct seen *a, const struct seen *b)
{
	const struct deeds *deeds = deeds_of(j, a);
	bool failed = (deeds->final >= 300 && deeds->sent > 0) || deeds->left;

	if (b->how == HOW_WRONG)
		return "wrong bytes";
	if (deeds->aborted)
		return NULL;
	if (b->n > deeds->sent && b->n > a->n)
		return "more bytes than were sent";
	if (b->how == HOW_EOF && deeds->exact && b->n < deeds->announced &&
	    view_success(&j->through->client, a->transfer, deeds) != NULL)
		return "less bytes than were announced, an honest end and a 2xx";
	if (a->how == HOW_RESET && (b->how == HOW_EOF || b->how == HOW_RESET))
		return NULL;
	if (a->how == HOW_RESET && b->how == HOW_SILENCE && through_ssh(j, true) &&
	    deeds->final == 0)
		return NULL;
	if (a->how == HOW_EOF && failed && b->how == (through_ssh(j, true) ? HOW_EOF : HOW_RESET))
		return NULL;
	if (a->how != b->how)
		return "another end of the data";
	return a->n != b->n ? "another number of bytes" : NULL;
}

static const char *
same_client(const struct judge *j, const struct seen *a, const struct seen *b)
{
	const struct deeds *deeds = deeds_of(j, a);

	switch (a->kind) {
	case SEEN_REPLY:
		return same_reply(j, a, b);
	case SEEN_SETUP:
		return a->code != b->code ? "another reply to a setup" : NULL;
	case SEEN_RECEIVED:
		return same_download(j, a, b);
	case SEEN_SENT:
		return a->how == b->how || deeds->final >= 300 || deeds->sent_reset || deeds->left
			   ? NULL
			   : "an upload could not be sent, or could";
	case SEEN_STATE:
		if ((a->how == HOW_OPEN || a->how == HOW_RESET) && b->how == HOW_EOF)
			return NULL;
		if (b->how == HOW_OPEN && b->code == AT_A_GLANCE && j->d->knob[K_FAR])
			return NULL;
		if (a->how == HOW_EOF && b->how == HOW_RESET &&
		    (deeds->left || deeds->final >= 300))
			return NULL;
		return a->how != b->how ? "another end of the data connection" : NULL;
	case SEEN_END:
		return a->how == HOW_EOF && b->how == HOW_RESET && !j->through->direct
			   ? "the control connection is reset"
			   : NULL;
	default:
		return same_way(a, b);
	}
}

/* ---- what the server sees ---- */

static const char *
same_upload(const struct judge *j, const struct seen *a, const struct seen *b)
{
	const struct deeds *deeds = deeds_of(j, a);

	if (b->how == HOW_WRONG)
		return "wrong bytes";
	if (b->how == HOW_EOF && (b->n < a->n || a->how == HOW_RESET || a->how == HOW_SILENCE))
		return "an upload that was cut looks whole";
	if (j->died || deeds->aborted)
		return NULL;
	if (deeds->left && b->how != HOW_EOF && (j->d->knob[K_FAR] || !j->d->knob[K_OWNER]))
		return NULL;
	if (a->how == HOW_RESET && b->how == HOW_SILENCE && through_ssh(j, false))
		return NULL;
	if (a->how != b->how)
		return "another end of an upload";
	return a->n != b->n && a->how == HOW_EOF ? "another number of bytes uploaded" : NULL;
}

static const char *
same_server(const struct judge *j, const struct seen *a, const struct seen *b)
{
	switch (a->kind) {
	case SEEN_COMMAND:
	case SEEN_SETUP:
		return strcmp(a->text, b->text) != 0 ? "another command" : NULL;
	case SEEN_RECEIVED:
		return same_upload(j, a, b);
	case SEEN_END:
		return a->how == HOW_EOF && b->how == HOW_RESET && !j->died && !j->through->direct
			   ? "the control connection to the server is reset"
			   : NULL;
	default:
		return same_way(a, b);
	}
}

/* ---- side by side ---- */

static bool
translated(const struct judge *j)
{
	return j->d->knob[K_MODE] >= 2 || j->d->knob[K_NO_LISTEN] || j->d->knob[K_FORBIDS] ||
	       j->d->knob[K_SIX] > 1;
}

/* A listing that is begun, and whose connection the server leaves alone: data may be on their way. */
static bool
is_unused(const struct judge *j, const struct seen *a)
{
	bool begun = false, dialled = false;

	for (const struct seen *s = j->direct->client.seen; s < a; s++) {
		dialled = s->kind == SEEN_DIALLED || (dialled && s->kind != SEEN_SETUP);
		begun |= s->transfer == a->transfer && s->code / 100 == 1;
	}
	return begun && (dialled || translated(j)) && view_dialled(&j->direct->server, a->transfer) == NULL;
}

static bool
silence_is_ours(const struct judge *j, const struct seen *a, const struct seen *b)
{
	if (b > j->through->client.seen && b[-1].transfer >= 0 && judge_disputed(j->through, b[-1].transfer))
		return false; /* that took its time */
	return b->kind == SEEN_REPLY && !b->full && !j->through->direct && !through_ssh(j, true) &&
	       j->d->knob[K_SSH_HI] <= SLOW_LINK && j->d->knob[K_CLOSED] && !is_unused(j, a);
}

static bool
counts(const struct judge *j, const struct seen *s, bool client)
{
	bool transfers = s->kind == SEEN_REPLY || (s->kind >= SEEN_DIALLED && s->kind <= SEEN_STATE);

	if (s->loose || (transfers && s->transfer >= 0 && judge_disputed(j->through, s->transfer)))
		return false;
	if (client)
		return true;
	if (j->loose && s->kind != SEEN_RECEIVED)
		return false;
	if (s->kind == SEEN_COMMAND && strncmp(s->text, "AUTH", 4) == 0)
		return false;
	return s->kind != SEEN_SETUP || !translated(j);
}

static const struct seen *
next_seen(const struct judge *j, const struct view *v, unsigned *at, bool client)
{
	while (*at < v->count && !counts(j, &v->seen[*at], client))
		++*at;
	return *at < v->count ? &v->seen[(*at)++] : NULL;
}

static const char *
same_view(const struct judge *j, const struct view *a, const struct view *b, bool client, FILE *f)
{
	unsigned i = 0, k = 0;
	uint64_t late = 0, now;

	for (;;) {
		const struct seen *x = next_seen(j, a, &i, client),
				  *y = next_seen(j, b, &k, client);
		const char *why;

		if (x == NULL && y == NULL)
			return NULL;
		if (!client && x != NULL && x->kind == SEEN_END && x->how == HOW_RESET)
			return NULL; /* what it has not read by then is lost, in either world */
		if (x == NULL || y == NULL)
			why = x ? "something is not seen" : "something more is seen";
		else if (x->kind != y->kind)
			why = "something else is seen";
		else
			why = client ? same_client(j, x, y) : same_server(j, x, y);
		now = x != NULL && y != NULL && y->at > x->at ? y->at - x->at : 0;
		if (why == NULL && client && now > late + SILENCE && silence_is_ours(j, x, y))
			why = "a silence that is not there direct";
		late = now;
		if (why == NULL)
			continue;
		if (f != NULL) {
			fprintf(
			    f, "the %s differs: %s\n  direct: ", client ? "client" : "server", why);
			x ? seen_print(x, f) : (void)fprintf(f, "-\n");
			fprintf(f, "  tunnel: ");
			y ? seen_print(y, f) : (void)fprintf(f, "-\n");
		}
		return why;
	}
}

static bool
has(const struct dialogue *d, enum op_kind kind)
{
	for (unsigned i = 0; i < d->client_ops; i++)
		if (d->client[i].kind == kind && !d->client[i].off)
			return true;
	return false;
}

/* Where nothing is compared it is still no liberty to call an empty file, or an upload that went
 * nowhere, a success. */
static const char *
no_lie(const struct view *client, const struct view *server)
{
	const struct seen *data = NULL, *sent = NULL;

	for (unsigned i = 0; i < client->count; i++) {
		const struct seen *s = &client->seen[i];

		if (!s->loose || s->kind == SEEN_SETUP)
			data = sent = NULL;
		else if (s->kind == SEEN_RECEIVED && s->how == HOW_EOF)
			data = s;
		else if (s->kind == SEEN_SENT && s->how == HOW_OK)
			sent = s;
		else if (s->kind == SEEN_REPLY && s->code / 100 == 2 &&
			 ((data != NULL && data->transfer == s->transfer) ||
			     (sent != NULL && sent->transfer == s->transfer)) &&
			 view_received(server, s->transfer) == NULL &&
			 view_dialled(server, s->transfer) == NULL)
			return "success without a data connection";
	}
	return NULL;
}

const char *
judge_same(const struct dialogue *d, const struct play *direct, const struct play *through, FILE *f)
{
	struct judge j = { d, direct, through, has(d, C_LOOSE), has(d, C_DIE) };
	const char *why = through->fault;

	if (why == NULL && !through->direct)
		why = no_lie(&through->client, &through->server);
	if (why == NULL)
		why = judge_strangers(direct, through, f);
	if (why == NULL)
		why = same_view(&j, &direct->client, &through->client, true, f);
	if (why == NULL)
		why = same_view(&j, &direct->server, &through->server, false, f);
	return why;
}

void
judge_merge(struct play *direct, const struct play *again)
{
	for (unsigned i = 0; i < direct->client.count && i < again->client.count; i++) {
		struct seen *a = &direct->client.seen[i];
		const struct seen *b = &again->client.seen[i];

		a->arrived = a->arrived < b->arrived ? a->arrived : b->arrived;
		a->ended = a->ended && b->ended;
	}
	for (unsigned i = 0; i < direct->server.count && i < again->server.count; i++)
		if (again->server.seen[i].kind == SEEN_END &&
		    again->server.seen[i].how == HOW_RESET)
			direct->server.seen[i].how = HOW_RESET;
	for (unsigned i = 0; i < direct->client.count && i < again->client.count; i++)
		if (again->client.seen[i].kind == SEEN_END &&
		    again->client.seen[i].how == HOW_RESET)
			direct->client.seen[i].how = HOW_RESET;
}
