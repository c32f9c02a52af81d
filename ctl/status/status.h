/* What a tunnel, its sessions and their data channels are doing, as records. Helpers send them
 * to their tunnel, the tunnel to ftp-over-ssh-ctl. Pure.
 *
 * On the wire a record is a string (see wire.h) that begins with the version and the type. The
 * fields of each type are one table: the codec and the JSON output both walk along it. Texts
 * come from untrusted peers: bytes without NUL, to be escaped by whoever shows them. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/wire.h"
#include "status/status_records.h"

#define STATUS_VERSION 2
#define STATUS_RECORD_MAX 2048 /* of one, encoded */
#define STATUS_PACKET_MAX 8192 /* of a helper: its session and its channels */
#define STATUS_CHANNELS 16     /* of one session */

enum status_type {
	STATUS_ASK = 1, STATUS_DONE, STATUS_TUNNEL, STATUS_LISTENER, STATUS_SESSION,
	STATUS_CHANNEL, STATUS_NOTICE
};

struct status_record {
	enum status_type type;
	union {
		struct status_ask ask;
		struct status_done done;
		struct status_tunnel tunnel;
		struct status_listener listener;
		struct status_session session;
		struct status_channel channel;
		struct status_notice notice;
	} u;
};

enum status_kind { FIELD_NUMBER, FIELD_LONG, FIELD_BOOL, FIELD_CHOICE, FIELD_TEXT };

struct status_field {
	const char *name; /* as in JSON; NULL ends the table */
	enum status_kind kind;
	size_t offset, size;       /* in the record's struct */
	const char *const *choice; /* the words for 0, 1, ...; NULL-terminated */
};

/* Append a whole record; -1 when there is no room (nothing is appended then). */
int status_put(struct wire *, const struct status_record *);

enum status_result { STATUS_OK, STATUS_MORE, STATUS_BAD, STATUS_OTHER_VERSION };

/* Take the next record. STATUS_MORE: its end is not there yet. Otherwise, but for STATUS_OK,
 * nothing that follows can be trusted. */
enum status_result status_get(struct wire *, struct status_record *);

const struct status_field *status_fields(enum status_type); /* NULL: no such type */
const char *status_choice(const struct status_field *, uint32_t value);

extern const char *const status_directions[], *const status_methods[], *const status_masters[];
