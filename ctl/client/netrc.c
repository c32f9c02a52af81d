#include "client/netrc.h"

#include <stdio.h>
#include <string.h>

struct entry {
	bool named; /* it is for a machine that is asked for */
	char login[256], password[256];
};

/* The next word into dst, "" at the end. Quotes go, as the clients that know them do it. */
static const char *
word(const char *p, char *dst, size_t size)
{
	size_t len;

	p += strspn(p, " \t\r\n");
	if (*p == '#') {
		p += strcspn(p, "\n");
		return word(p, dst, size);
	}
	if (*p == '"') {
		len = strcspn(++p, "\"\n");
		snprintf(dst, size, "%.*s", (int)len, p);
		return p + len + (p[len] == '"');
	}
	len = strcspn(p, " \t\r\n");
	snprintf(dst, size, "%.*s", (int)len, p);
	return p + len;
}

static bool
fits(const struct entry *e, const char *user)
{
	return e->named && strcmp(e->login, user) == 0 && *e->password != '\0';
}

bool
netrc_password(const char *text, const char *const machines[], const char *user, char *dst,
    size_t size)
{
	struct entry e = { .named = false };
	char key[256], value[256];

	while (*(text = word(text, key, sizeof(key))) != '\0' || *key != '\0') {
		if (strcmp(key, "machine") == 0 || strcmp(key, "default") == 0) {
			if (fits(&e, user))
				break;
			e = (struct entry){ .named = *key == 'd' };
			if (*key == 'm') {
				text = word(text, value, sizeof(value));
				for (const char *const *m = machines; *m != NULL; m++)
					e.named |= strcmp(*m, value) == 0;
			}
		} else if (strcmp(key, "login") == 0) {
			text = word(text, e.login, sizeof(e.login));
		} else if (strcmp(key, "password") == 0) {
			text = word(text, e.password, sizeof(e.password));
		}
	}
	if (!fits(&e, user))
		return false;
	snprintf(dst, size, "%s", e.password);
	return true;
}
