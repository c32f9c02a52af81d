/* What the steps of a check share: check.c (the chain, and what is on this side), check_ssh.c (what goes
 * through ssh), check_ftp.c (what the FTP server says). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "options/cmdline.h"
#include "client/ftp_dialogue.h"
#include "mux/mux.h"
#include "master/master.h"

#define CHECK_LOOK_MS 50    /* how often the starting ssh is looked at */
#define CHECK_REPLY_MS 10000

/* UNTRIED: cannot be told, go on. WARN: FTP works all the same, or may. */
enum outcome { GOOD, UNTRIED, WARN, BAD };

struct check {
	struct cmdline cmdline;
	struct master_settings settings;
	struct loop *loop;
	struct master master;
	struct check_link {
		struct mux *mux;
		struct forward_result answer;
	} link, ftp_link; /* for one question; with the channel to the FTP port */
	struct forward_result answer; /* the last one */
	struct ftp_dialogue ftp;
	bool logged_in;
	bool no_passive;         /* so active mode must do */
	struct forward listener; /* on the ssh server */
	uint16_t far_port;
	int near_fd;             /* where it leads to */
	char text[1200];         /* of the step under way: what was found, or why not */
};

typedef enum outcome check_step(struct check *);

/* The outcome, with its text. */
#define check_say(c, outcome, ...) (log_why((c)->text, sizeof((c)->text), __VA_ARGS__), (outcome))

/* check_ssh.c */
check_step check_master, check_dial, check_listen;
/* To a port that the FTP server has named; the descriptor is closed again. BAD: why not is said. */
enum outcome check_reaches(struct check *, uint16_t port);
/* Has the FTP server connected to the far listener? false: not within a while. */
bool check_came_back(struct check *);
void check_hang_up(struct check *);

/* check_ftp.c */
check_step check_greeting, check_login, check_passive, check_active;
