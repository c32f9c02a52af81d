/* What the session tests share: one session, and how scripts usually begin. */
#ifndef SCRIPT_H
#define SCRIPT_H

#include "dialogue.h"
#include "unit.h"

#define GREETING "<< 220 hi\n< 220 hi\n"

/* The client's PASV, ready; the server's port is 1286, ours 40000. */
#define PASV_SAID "> PASV\n>> PASV\n<< 227 Entering Passive Mode (10,0,0,9,5,6).\n"
#define PASV_OURS "< 227 Entering Passive Mode (10,0,0,2,156,64)\n"
#define PASV_OPENS "! open 1 client listen 4 server dial 10.0.0.9:1286\n"
#define PASV_READY PASV_SAID PASV_OPENS "? listening 1 client 40000\n" PASV_OURS
#define PASSIVE GREETING PASV_READY
#define BOTH_CONNECTED "? connected 1 client\n? connected 1 server\n"
#define RETR_SAID "> RETR f\n>> RETR f\n! begin 1 down\n"
#define STOR_SAID "> STOR f\n>> STOR f\n! begin 1 up\n"
#define BEGUN "<< 150 go\n< 150 go\n"
#define DOWNLOAD PASSIVE RETR_SAID BOTH_CONNECTED BEGUN
#define UPLOAD PASSIVE STOR_SAID BOTH_CONNECTED BEGUN

static struct ftp_dialogue *d;

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

/* It is not known over which family the server is reached. */
static inline void
begin_unknown(enum server_mode mode)
{
	struct session_config config = dialogue_config(mode);

	config.family[SERVER] = 0;
	config.listen6[SERVER] = (struct ftp_address){ 6, { 0xfd, [15] = 3 }, 0 };
	begin_with(&config);
}

#define play(script) ck_assert_msg(dialogue_play(d, script)[0] == '\0', "%s", d->broken)

#endif
