#include "ssh/sshjump.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct text {
	char *at;
	size_t size, len;
	bool full;
};

static void
add_char(struct text *t, char c)
{
	if (t->len + 1 < t->size)
		t->at[t->len++] = c;
	else
		t->full = true;
	t->at[t->len] = '\0';
}

static void
add(struct text *t, const char *text)
{
	for (; *text != '\0'; text++)
		add_char(t, *text);
}

/* Text, and one word for the shell, which ssh leaves as it is. */
static void
add_word(struct text *t, const char *text, const char *word, size_t len)
{
	add(t, text);
	add_char(t, '\'');
	for (size_t i = 0; i < len; i++) {
		if (word[i] == '\'')
			add(t, "'\\'");
		if (word[i] == '%')
			add_char(t, '%');
		add_char(t, word[i]);
	}
	add_char(t, '\'');
}

/* The last one is dialled through the others. */
static void
add_host(struct text *t, const char *host)
{
	const char *at = strrchr(host, '@'), *name = at != NULL ? at + 1 : host;
	const char *port = strrchr(name, ':'), *bracket = strchr(name, ']');
	size_t len;

	if (port != NULL && bracket != NULL && port < bracket)
		port = NULL;
	len = port != NULL ? (size_t)(port - name) : strlen(name);
	if (at != NULL)
		add_word(t, " -l ", host, (size_t)(at - host));
	if (port != NULL)
		add_word(t, " -p ", port + 1, strlen(port + 1));
	if (len >= 2 && name[0] == '[') {
		name++;
		len -= 2;
	}
	add_word(t, " -W '[%h]:%p' -- ", name, len);
}

int
sshjump_command(char *dst, size_t size, const char *program, const char *config_file,
    const char *jump)
{
	struct text t = { .at = dst, .size = size };
	const char *last = strrchr(jump, ',');

	add_word(&t, "", program, strlen(program));
	if (config_file != NULL)
		add_word(&t, " -F ", config_file, strlen(config_file));
	if (last != NULL)
		add_word(&t, " -J ", jump, (size_t)(last - jump));
	add_host(&t, last != NULL ? last + 1 : jump);
	return t.full ? -1 : 0;
}
