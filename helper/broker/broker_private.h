/* What broker.c (life, the control connection), describe.c and requests.c (the session's) share. */
#pragma once

#include "ask/ask.h"
#include "broker/broker.h"
#include "broker/channel.h"
#include "broker/client_process.h"
#include "broker/control_link.h"
#include "broker/trial.h"
#include "ends/keep.h"

#define OUT_MARK 32 /* answers that wait: no more questions then */

struct broker_end { /* whose answer it is */
	struct broker *broker;
	enum side side;
};

struct broker {
	struct loop *loop;
	const struct broker_config *config;
	struct broker_end answer[2];
	struct channel_hooks hooks;
	struct ftp_address client_peer;
	struct sockaddr_storage server_local;
	char server_host[256]; /* what a data connection to the server dials */
	struct client_process client_process;
	struct trial trial;
	struct keep keep;
	struct ask_out out;
	struct watch *client; /* as long as the control connection is dialled */
	struct timer timer;
	bool mute; /* the session process is gone; what it has asked is there yet */
	bool serving, ended, broke; /* broke: what no honest session does */
	/* the control connection */
	bool control_done;
	struct stream *control;
	struct control_link link;
	int near; /* its side of ours, as long as it is not there; -1 = none */
	char reason[256];
};

static inline struct end *
broker_far(const struct broker *b)
{
	return b->hooks.end[b->config->remote ? CLIENT : SERVER];
}

/* describe.c */
struct ftp_address address_of(const struct sockaddr_storage *); /* family 0: not of a machine */
bool host_is_loopback(const char *);
bool broker_trusts(const struct broker_config *); /* ... that ssh dials data ports, or has no choice */

/* requests.c */
void requests_ready(void *arg, short revents); /* of the ask socket; arg: the broker */
void requests_event(void *arg, const struct event *);
void requests_told(void *arg, const struct event *);
void requests_checked(struct broker *, const struct end_result *);
