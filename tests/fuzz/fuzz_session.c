/* A whole session. The first byte is its configuration; then each byte says what comes:
 * bytes of a side (as many as the low bits say), an event that is possible, the end of a
 * control connection, or that a side stops and starts to read. The rules are dialogue.h's;
 * each session has to come to its end. */
#include "fuzz.h"

#define DIALOGUE_TEXT (128 * 1024) /* more than the longest line */
#include "../unit/chaos.h"

static struct dialogue *
begin(uint8_t how)
{
	struct session_config config = dialogue_config((enum server_mode)(how & 3));

	config.tls_pass = how & 4;
	config.active_possible = !(how & 8);
	config.listen_last = how & 16;
	if (how & 32) {
		config.listen4[CLIENT].family = 0;
		config.family[CLIENT] = 6;
	}
	if (how & 64)
		config.listen6[SERVER] = (struct ftp_address){ 6, { 0xfd, [15] = 3 }, 0 };
	if (how & 128)
		config.listen6[CLIENT] = (struct ftp_address){ 6, { 0xfd, [15] = 2 }, 0 };
	return dialogue_new(&config);
}

/* How many bytes the step took. */
static size_t
step(struct dialogue *d, const uint8_t *data, size_t len)
{
	size_t n = (size_t)(data[0] & 63) + 1;
	enum side side = data[0] & 64 ? SERVER : CLIENT;

	if (!(data[0] & 128)) {
		if (n > len - 1)
			n = len - 1;
		dialogue_push(d, side, data + 1, n);
		return n + 1;
	}
	if (n <= 60 && len > 2) {
		chaos_any_event(d, (uint32_t)(data[1] << 8 | data[2]) * 0x9e3779b1U);
		return 3;
	}
	if (n == 61)
		dialogue_end(d, side);
	else if (n == 62)
		d->unread[side] = !d->unread[side];
	else if (n == 63)
		session_fail(d->s, "told so");
	dialogue_settle(d);
	return 1;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct dialogue *d;

	if (len < 2)
		return 0;
	d = begin(data[0]);
	for (size_t at = 1; at < len && d->broken[0] == '\0'; at += step(d, data + at, len - at))
		d->heard[CLIENT][0] = d->heard[SERVER][0] = d->wanted[0] = '\0';
	chaos_finish(d, data[len - 1]);
	if (d->broken[0] != '\0')
		fprintf(stderr, "%s\n", d->broken);
	MUST(d->broken[0] == '\0');
	dialogue_free(d);
	return 0;
}
