/* The tunnels as text for people. What came from peers is escaped. */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "status/query.h"

void show_names(FILE *, const struct tunnels *); /* one on each line */
void show_status(FILE *, const struct tunnels *);

/* "1.2 MB", "3m20s", into dst (SHOW_SIZE), returned. */
#define SHOW_SIZE 24
char *show_bytes(char *dst, uint64_t bytes);
char *show_age(char *dst, uint64_t seconds);

/* The name that close and stop take for it; escaped. */
char *show_name(char *dst, size_t size, const struct tunnel_view *);
