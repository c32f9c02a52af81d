/* What the records of status.h hold. Ages are in seconds, rates in bytes per second. */
#pragma once

#include <stdint.h>

enum status_op { STATUS_ASK_ALL, STATUS_ASK_CLOSE, STATUS_ASK_STOP };
enum status_direction { STATUS_NONE, STATUS_DOWN, STATUS_UP };
enum status_method { STATUS_PROXY, STATUS_MUX };

struct status_ask {
	uint32_t op;               /* enum status_op */
	uint32_t session, channel; /* to close; channel 0 = the whole session */
};

/* The end of an answer. */
struct status_done {
	uint32_t ok;
	char text[256]; /* why not */
};

struct status_tunnel {
	char name[320], destination[256], control_path[108];
	char last_error[256]; /* "" = none yet */
	uint32_t pid, master, master_pid, master_ours, method, age;
	uint32_t options; /* a digest */
	uint32_t stopping, error_age, next_attempt; /* of ssh, in seconds; 0 = none is due */
	uint64_t sessions, transfers, failed, bytes_up, bytes_down, refused; /* since its start */
};

struct status_listener {
	char address[288], target[288];
	uint32_t remote; /* -R: on the ssh server */
};

/* A helper fills in what it knows: not the number, pid, peer, server, remote and age. */
struct status_session {
	char peer[64], user[64], server[288], command[256];
	uint32_t number, pid, remote, busy, commands, age;
	uint64_t transfers, failed, bytes_up, bytes_down;
};

/* Behind its session. */
struct status_channel {
	char client_verb[8], server_verb[8], transfer[256];
	uint32_t number, direction, method, age;
	uint64_t bytes, total, rate; /* total 0 = not known */
};

/* Of a helper: see notice.h. */
struct status_notice {
	uint32_t kind;
	char why[256];
};
