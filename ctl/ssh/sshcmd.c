#include "ssh/sshcmd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/memory.h"

#define NO_PROGRAM 127 /* the exit status of what could not be run, as in a shell */

static const char *
sshcmd_program(void)
{
	const char *program = getenv("FTP_OVER_SSH_SSH");

	return program != NULL && *program != '\0' ? program : "ssh";
}

/* ssh expands % in a ControlPath. */
static char *
sshcmd_escape(char *dst, size_t size, const char *path)
{
	size_t n = 0;

	for (; *path != '\0' && n + 2 < size; path++) {
		if (*path == '%')
			dst[n++] = '%';
		dst[n++] = *path;
	}
	dst[n] = '\0';
	return dst;
}

/* The user's options, and the destination. They come after ours, for in ssh the first value of an
 * option wins. proxy: a ProxyCommand is among ours, beside which -J is an error. */
static void
add_users(struct strings *argv, const struct ssh_settings *s, bool proxy)
{
	for (size_t i = 0; i < s->count; i++)
		if (proxy && strcmp(s->options[i], "-J") == 0)
			i++;
		else
			strings_add(argv, s->options[i]);
	strings_add(argv, "--", s->destination, NULL);
}

static void
config_came(void *arg, const struct sshrun_result *result)
{
	*(struct sshrun_result *)arg = *result;
}

/* The last line of text[0..*end) that is not blank: where it begins; *end is behind it. */
static size_t
line_before(const char *text, size_t *end)
{
	size_t begin;

	while (*end > 0 && strchr("\r\n ", text[*end - 1]) != NULL)
		--*end;
	for (begin = *end; begin > 0 && text[begin - 1] != '\n'; begin--)
		;
	return begin;
}

/* ssh's own words: the last line that says something. "file: terminating, 1 bad configuration options"
 * comes after what is bad about them. */
static void
last_line(char *dst, size_t size, const char *text)
{
	size_t end = strlen(text), begin = line_before(text, &end), before = begin;

	if (begin > 0 && memmem(text + begin, end - begin, ": terminating, ", 15) != NULL) {
		begin = line_before(text, &before);
		end = before;
	}
	snprintf(dst, size, "%.*s", (int)(end - begin), text + begin);
}

bool
sshcmd_expands(const char *ctl_path)
{
	return (*ctl_path == '~' || strchr(ctl_path, '%') != NULL || strstr(ctl_path, "${") != NULL) &&
	    access(ctl_path, F_OK) == -1;
}

/* Run ssh to its end, in a loop of its own. */
char *
sshcmd_config(const struct ssh_settings *s, unsigned timeout_ms, char *why, size_t why_size)
{
	bool expands = s->ctl_path != NULL && sshcmd_expands(s->ctl_path);
	struct strings argv = { .bad = false };
	struct loop *loop = loop_new();
	struct sshrun_result r = { .output = NULL };
	struct sshrun *run = NULL;
	char *config = NULL;
	size_t used;

	strings_add(&argv, sshcmd_program(), "-G", "-N" /* ForkAfterAuthentication */);
	if (expands)
		strings_add(&argv, "-S", s->ctl_path);
	add_users(&argv, s, false);
	if (!argv.bad && loop != NULL)
		run = sshrun_new(loop, argv.item, timeout_ms, config_came, &r);
	while (run != NULL && r.output == NULL && loop_once(loop, -1) == 0)
		;
	if (r.output != NULL && !r.timed_out && r.status == 0)
		config = memory_text(r.output);
	if (r.timed_out)
		snprintf(why, why_size, "ssh -G does not end");
	else if (r.output == NULL || r.status == 0)
		snprintf(why, why_size, "cannot run ssh: %s", strerror(errno));
	else if (strstr(r.output, "usage: ssh ") != NULL) /* ssh://[::1] up to 9.2, for example */
		snprintf(why, why_size, "ssh does not take such a destination; an IPv6 address is "
		    "written [user@]address, with -p for the port");
	else
		last_line(why, why_size, *r.output != '\0' ? r.output : "ssh failed");
	if (r.status == NO_PROGRAM && (used = strlen(why)) < why_size)
		snprintf(why + used, why_size - used, "; install the OpenSSH client, or name it in "
		    "FTP_OVER_SSH_SSH");
	sshrun_free(run);
	loop_free(loop);
	free(argv.item);
	return config;
}

const char *
sshcmd_value(const char *config, const char *keyword, char *dst, size_t size)
{
	size_t klen = strlen(keyword), len;

	while (*config != '\0') {
		const char *line = config;

		len = strcspn(line, "\r\n");
		config = line + len;
		config += strspn(config, "\r\n");
		if (len <= klen || strncmp(line, keyword, klen) != 0 || line[klen] != ' ')
			continue;
		len -= klen + 1;
		if (len >= size)
			continue; /* cut short it would be another value */
		memcpy(dst, line + klen + 1, len);
		dst[len] = '\0';
		return config;
	}
	return NULL;
}

bool
sshcmd_is_set(const char *config, const char *keyword, const char *unset, char *value, size_t size)
{
	return config != NULL && sshcmd_value(config, keyword, value, size) != NULL &&
	    strcmp(value, unset) != 0;
}

struct sshrun *
sshcmd_through(struct loop *loop, const struct ssh_settings *s, const char *ctl_path,
    const char *const what[2], unsigned timeout_ms, sshrun_fn *fn, void *arg)
{
	char path[256];
	const char *argv[] = { sshcmd_program(), what[0], "-S",
		sshcmd_escape(path, sizeof(path), ctl_path), "-F", "/dev/null", "-o",
		"ProxyCommand=false", "-o", "BatchMode=yes", "--", s->destination, what[1], NULL };

	return sshrun_new(loop, argv, timeout_ms, fn, arg);
}

/* A ControlMaster of our own: ssh itself guards it. ControlPersist counts neither channels nor
 * connections to the control socket as being idle, those that only stay open included, so it lives
 * for as long as the tunnel or a helper does, however they end. */

struct master_command {
	struct strings argv;
	char path[256], *proxy; /* what two of them point to */
};

bool
sshcmd_is_hushed(const struct ssh_settings *s)
{
	char level[16];

	return sshcmd_is_set(s->config, "loglevel", "INFO", level, sizeof(level)) &&
	    strcmp(level, "VERBOSE") != 0 && strncmp(level, "DEBUG", 5) != 0;
}

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

/* With ControlPersist ssh sends what a ProxyCommand says ("Permission denied", "visit this page to log
 * in") to /dev/null, unless its -v was given: "vqvvv" is INFO in the end, its usual level. With -J that
 * would make the jump host's ssh verbose, too: so we make its command. */
static bool
add_proxy(struct master_command *c, const struct ssh_settings *s)
{
	const char *config_file = NULL;
	char value[1024];
	bool jumps = sshcmd_is_set(s->config, "proxyjump", "none", value, sizeof(value));

	for (size_t i = s->count; i-- > 1;)
		if (strcmp(s->options[i - 1], "-F") == 0)
			config_file = s->options[i];
	if (jumps)
		c->proxy = sshjump_command(sshcmd_program(), config_file, value);
	if (c->proxy != NULL)
		strings_add(&c->argv, "-o", c->proxy);
	else if (jumps || !sshcmd_is_set(s->config, "proxycommand", "none", value, sizeof(value)))
		return false;
	strings_add(&c->argv, "-vqvvv");
	return true;
}

/* With -E everything that it says goes through the pipe, in the background as well (where -f would
 * have closed its stderr). */
static void
master_command_line(const struct ssh_settings *s, const struct ssh_master *m,
    struct master_command *c)
{
	static const char *const fixed[] = { "ControlPersist=2", "ClearAllForwardings=yes",
		"PermitLocalCommand=no", "ForwardAgent=no", "ForwardX11=no", "RequestTTY=no" };
	char interval[16];
	int verbose = m->verbose < 3 ? m->verbose : 3; /* more is not more to ssh */

	strings_add(&c->argv, sshcmd_program(), "-S",
	    sshcmd_escape(c->path, sizeof(c->path), m->ctl_path), "-E", "/dev/fd/2", "-f", "-N",
	    "-M");
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		strings_add(&c->argv, "-o", fixed[i]);
	if (s->config != NULL && !sshcmd_is_set(s->config, "serveraliveinterval", "0", interval,
	    sizeof(interval))) /* the user has not set it */
		strings_add(&c->argv, "-o", "ServerAliveInterval=15", "-o",
		    "ServerAliveCountMax=3");
	/* unknown to 7.4, which does not print it either */
	if (s->config != NULL && strstr(s->config, "\nremotecommand ") != NULL)
		strings_add(&c->argv, "-o", "RemoteCommand=none");
	if (m->batch)
		strings_add(&c->argv, "-o", "BatchMode=yes");
	if (sshcmd_is_hushed(s))
		strings_add(&c->argv, "-o", "LogLevel=INFO");
	if (add_proxy(c, s) && verbose > 0)
		verbose++;
	while (verbose-- > 0)
		strings_add(&c->argv, "-v");
	add_users(&c->argv, s, c->proxy != NULL);
}

/* A queue in the master that grows is copied as a whole for each packet. On glibc's heap the copy gets
 * pages that are there already; a block above this size gets new ones each time. */
static const char *const heap[] = { "MALLOC_MMAP_THRESHOLD_", "33554432", "MALLOC_TRIM_THRESHOLD_",
	"33554432", NULL };

int
sshcmd_master_start(struct proc *proc, struct loop *loop, const struct ssh_settings *s,
    const struct ssh_master *m, int err, proc_fn *fn, void *arg)
{
	struct master_command command = { .proxy = NULL };
	const struct strings *argv = &command.argv;
	bool has_own = getenv(heap[0]) != NULL || getenv(heap[2]) != NULL; /* the user */
	struct proc_start start = { .env = has_own ? NULL : heap, .fd = { PROC_OURS, PROC_NULL, err },
		.dies_with_us = true, .many_descriptors = true };
	char line[1800] = "", word[1024];
	int result = -1;
	size_t used = 0;

	master_command_line(s, m, &command);
	for (size_t i = 0; i + 1 < argv->count && used < sizeof(line); i++)
		used += (size_t)snprintf(line + used, sizeof(line) - used, " %s",
		    log_escape(word, sizeof(word), argv->item[i], strlen(argv->item[i])));
	log_at(LOG_DIALOGUE, "running%s", line);
	start.argv = argv->item;
	if (!argv->bad)
		result = proc_start(proc, loop, &start, fn, arg);
	free(command.proxy);
	free(argv->item);
	return result;
}
