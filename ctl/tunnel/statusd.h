/* The status socket of a tunnel: tells ftp-over-ssh-ctl what goes on, and does as it says.
 *
 * What helpers report is untrusted: bounded, validated, and too much of it is not read. A
 * client that does not read delays nobody and is dropped after a while. */
#ifndef STATUSD_H
#define STATUSD_H

#include "accept/helpers.h"
#include "status/status_records.h"

struct loop;
struct statusd;

typedef void statusd_emit(void *statusd_client, const struct status_listener *);

struct statusd_source {
	void (*tunnel)(void *arg, struct status_tunnel *); /* all but the sums of sessions */
	void (*listeners)(void *arg, statusd_emit *, void *statusd_client);
	void (*stop)(void *arg);
	void *arg;
};

/* Listens at once. The source is copied. NULL with a message in why: no status, no harm. */
struct statusd *statusd_new(struct loop *, struct helpers *, const struct statusd_source *,
    char *why, size_t why_size);
void statusd_free(struct statusd *); /* NULL is harmless, below too */
void statusd_report(struct helper *, const void *data, size_t len); /* untrusted */
void statusd_ended(struct statusd *, const struct helper *); /* about to be freed */

#endif
