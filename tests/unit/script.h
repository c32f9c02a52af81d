/* What the session tests share: one session, and how scripts usually begin. */
#ifndef SCRIPT_H
#define SCRIPT_H

#include "dialogue.h"
#include "unit.h"

#define GREETING "<< 220 hi\n< 220 hi\n"

/* The client's PASV, ready; the server's port is 1286, ours 40000. */
#define PASV_SAID "> PASV\n>> PASV\n<< 227 Entering Passive Mode (10,0,0,9,5,6).\n"
#define PASV_OURS "< 227 Entering Passive Mode (10,0,0,2,156,64)\n"
#define PASV_READY PASV_SAID "! listen 1 client 4\n? listening 1 client 40000\n" PASV_OURS
#define PASSIVE GREETING PASV_READY
#define BOTH_CONNECTED "? connected 1 client\n! dial 1 server 10.0.0.9:1286\n? connected 1 server\n"
#define BEGUN "<< 150 go\n< 150 go\n"
#define DOWNLOAD PASSIVE "> RETR f\n>> RETR f\n" BOTH_CONNECTED BEGUN
#define UPLOAD PASSIVE "> STOR f\n>> STOR f\n" BOTH_CONNECTED BEGUN

static struct dialogue *d;

static inline void
finish(void)
{
	if (d != NULL && d->steps != NULL)
		unit_seed("session", d->steps->bytes, d->steps->len);
	if (d != NULL)
		dialogue_free(d);
	d = NULL;
}

static inline void
begin_with(const struct session_config *config)
{
	finish();
	d = dialogue_new(config);
	d->steps = calloc(1, sizeof(*d->steps));
	steps_begin(d->steps, config);
}

static inline void
begin(enum server_mode mode)
{
	struct session_config config = dialogue_config(mode);

	begin_with(&config);
}

#define play(script) ck_assert_msg(dialogue_play(d, script)[0] == '\0', "%s", d->broken)

#endif
