/* Lists of structs that have a member next. */
#pragma once

#include <stddef.h>

#define list_add(head, item) ((item)->next = (head), (head) = (item))
#define list_append(type, head, item) do { \
		struct type **list_at = &(head); \
		while (*list_at != NULL) \
			list_at = &(*list_at)->next; \
		(item)->next = NULL; \
		*list_at = (item); \
	} while (0)
/* Harmless when it is not there. */
#define list_remove(type, head, item) do { \
		struct type **list_at = &(head); \
		while (*list_at != NULL && *list_at != (item)) \
			list_at = &(*list_at)->next; \
		if (*list_at != NULL) \
			*list_at = (item)->next; \
	} while (0)
