#include "ssh/sshjump.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Text, and one word for the shell, which ssh leaves as it is. */
static void
add_word(FILE *f, const char *text, const char *word, size_t len)
{
	fprintf(f, "%s'", text);
	for (size_t i = 0; i < len; i++)
		fprintf(f, word[i] == '\'' ? "'\\''" : word[i] == '%' ? "%%%%" : "%c", word[i]);
	fputc('\'', f);
}

/* The last one is dialled through the others. */
static void
add_host(FILE *f, const char *host)
{
	const char *at = strrchr(host, '@'), *name = at != NULL ? at + 1 : host;
	const char *port = strrchr(name, ':'), *bracket = strchr(name, ']');
	size_t len;

	if (port != NULL && bracket != NULL && port < bracket)
		port = NULL;
	len = port != NULL ? (size_t)(port - name) : strlen(name);
	if (at != NULL)
		add_word(f, " -l ", host, (size_t)(at - host));
	if (port != NULL)
		add_word(f, " -p ", port + 1, strlen(port + 1));
	if (len >= 2 && name[0] == '[') {
		name++;
		len -= 2;
	}
	add_word(f, " -W '[%h]:%p' -- ", name, len);
}

char *
sshjump_command(const char *program, const char *config_file, const char *jump)
{
	const char *last = strrchr(jump, ',');
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (f == NULL)
		return NULL;
	add_word(f, "ProxyCommand=", program, strlen(program));
	if (config_file != NULL)
		add_word(f, " -F ", config_file, strlen(config_file));
	if (last != NULL)
		add_word(f, " -J ", jump, (size_t)(last - jump));
	add_host(f, last != NULL ? last + 1 : jump);
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}
