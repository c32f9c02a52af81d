/* A run of the session process, for its parts: each has a header with what is its own. */
#pragma once

#include "ask/ask.h"
#include "control/run.h"
#include "control/run_channels.h"
#include "control/run_control.h"
#include "control/run_report.h"

struct run {
	const struct run_config *config;
	struct loop *loop;
	struct session *session;
	struct control control[2];
	struct ask_out out;
	struct watch *stop, *status;
	struct timer idle, grace, greeting;
	struct timer report;
	uint64_t reported;         /* when */
	struct status_session sum; /* of the channels that are closed */
	struct run_channel channel[CHANNELS_MAX], whole;
	struct run_transfer untold[CHANNELS_MAX];
	uint64_t began;
	unsigned delayed; /* small downloads, one behind the other, that ended late */
	bool warned, told[NOTICE_COUNT];
	bool server_checking; /* whose end is it: the server's, or that of the ssh connection? */
	bool silent, mute;    /* the server has not greeted yet, ... ever */
	bool deaf;            /* the broker is gone: nothing new can be opened */
};

void run_control_ended(struct run *, enum side); /* Nothing more comes of it. */
void run_checked(struct run *); /* ssh, or sshd, which was asked about the control connection, lives. */
void run_touched(struct run *); /* Something has moved on a control connection. */
