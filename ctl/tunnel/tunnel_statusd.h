/* The status socket of a tunnel: tells ftp-over-ssh-ctl what goes on, and does as it says.
 *
 * What helpers report is untrusted: bounded, validated, and too much of it is not read. A
 * client that does not read delays nobody and is dropped after a while. */
#pragma once

#include "base/memory.h"
#include "status/status_records.h"

struct helper;
struct hostport;
struct status_record;
struct tunnel;

struct statusd {
	struct listener *listener;
	struct client *first; /* ftp-over-ssh-ctl, each that asks */
	size_t clients;
	struct status_tunnel gone; /* the sums of the sessions that have ended */
	char name[320];            /* of the tunnel */
};

void statusd_open(struct tunnel *); /* there may be none: no harm */
void statusd_close(struct statusd *); /* harmless if it is not open */
bool statusd_put(struct bytes *out, const struct status_record *); /* false: there is no more room */
void statusd_report(struct tunnel *, struct helper *, const void *data, size_t len); /* untrusted */

/* tunnel_status.c: what there is to tell, for statusd_put() */
void tunnel_status(const struct tunnel *, struct bytes *out);
void status_listener(struct bytes *out, const struct hostport *at, const struct hostport *target, bool remote);
void tunnel_status_add(struct status_tunnel *sum, const struct status_session *);
