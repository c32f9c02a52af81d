/* The tunnels as text for people, in which what came from peers is escaped, and as JSON. */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "status/query.h"

typedef void show_fn(FILE *, const struct tunnels *);
show_fn show_names, show_names_json; /* one on each line; with pids and destinations */
show_fn show_status, show_status_json;

/* "1.2 MB", "3m20s", into dst (SHOW_SIZE), returned. */
#define SHOW_SIZE 24
char *show_bytes(char *dst, uint64_t bytes);
char *show_age(char *dst, uint64_t seconds);

/* The name that close and stop take for it; escaped. */
char *show_name(char *dst, size_t size, const struct tunnel_view *);

/* The running transfers, in place, until q or a signal; once, plainly, when stdout is no terminal. -1 with a
 * message. */
int show_top(uid_t, char *why, size_t why_size);
