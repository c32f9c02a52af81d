#include "forward_exec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "sshcmd.h"
#include "sshrun.h"

#define SPEC_MAX (FORWARD_HOST_MAX + 2 * FORWARD_PATH_MAX + 16)
#define ARGS_MAX 16

struct forward_run {
	struct sshrun *ssh;
	enum forward_verb verb;
	uint16_t port;
	forward_fn *fn;
	void *arg;
};

static const char *const verbs[] = {
	[FORWARD_VERB_OPEN] = "forward",
	[FORWARD_VERB_CANCEL] = "cancel",
	[FORWARD_VERB_CHECK] = "check",
};

/* In ssh's specs a backslash escapes, a colon ends a field, and % begins a token. */
static void
escape_path(char dst[static 2 * FORWARD_PATH_MAX], const char *path)
{
	for (; *path != '\0'; path++) {
		if (*path == '\\' || *path == ':')
			*dst++ = '\\';
		else if (*path == '%')
			*dst++ = '%';
		*dst++ = *path;
	}
	*dst = '\0';
}

static void
write_spec(char *dst, size_t size, const struct forward *f)
{
	const char *host = f->host[0] == '\0' && f->kind == FORWARD_REMOTE ? "*" : f->host;
	const char *open = strchr(host, ':') != NULL ? "[" : "";
	const char *close = *open != '\0' ? "]" : "";
	char path[2 * FORWARD_PATH_MAX];

	escape_path(path, f->path);
	if (f->kind == FORWARD_LOCAL)
		snprintf(dst, size, "%s:%s%s%s:%u", path, open, host, close, f->port);
	else
		snprintf(dst, size, "%s%s%s:%u:%s", open, host, close, f->port, path);
}

/* The lines by which ssh says what went wrong; the first that is found counts. */
static const struct {
	const char *text;
	enum forward_status status;
	const char *reason; /* NULL: the rest of ssh's line */
} failures[] = {
	{ "forwarding request failed: ", FORWARD_REFUSED, NULL },
	{ "Master refused forwarding request: ", FORWARD_REFUSED, NULL },
	{ "Control socket connect(", FORWARD_DEAD, "the ControlMaster is gone" },
	{ "Unsupported multiplexing", FORWARD_BROKEN, NULL },
	{ "hello exchange failed", FORWARD_DEAD, "the ControlMaster is gone" },
	{ "read from master failed", FORWARD_DEAD, "the ControlMaster is gone" },
	{ "alive check failed", FORWARD_DEAD, "the ControlMaster is gone" },
	{ "forward request failed", FORWARD_DEAD, "the ControlMaster is gone" },
	{ "Broken pipe", FORWARD_DEAD, "the ControlMaster is gone" },
};

static void
copy_line(char *dst, size_t size, const char *line)
{
	size_t len = strcspn(line, "\r\n");

	snprintf(dst, size, "%.*s", len < size ? (int)len : (int)size - 1, line);
}

static bool
read_failure(struct forward_result *r, const char *output)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		const char *at = strstr(output, failures[i].text);

		if (at == NULL)
			continue;
		r->status = failures[i].status;
		copy_line(r->reason, sizeof(r->reason), failures[i].reason != NULL ?
		    failures[i].reason : at + strlen(failures[i].text));
		return true;
	}
	return false;
}

/* ssh prints the port that was allocated on a line of its own. */
static uint16_t
read_port(const char *output)
{
	for (const char *line = output; line != NULL && *line != '\0';) {
		char *end;
		unsigned long port = strtoul(line, &end, 10);

		if (end != line && (*end == '\n' || *end == '\r') && port > 0 && port <= 65535)
			return (uint16_t)port;
		if ((line = strchr(line, '\n')) != NULL)
			line++;
	}
	return 0;
}

static pid_t
read_pid(const char *output)
{
	const char *at = strstr(output, "(pid=");

	return at != NULL ? (pid_t)strtol(at + 5, NULL, 10) : 0;
}

void
forward_run_read(struct forward_result *r, enum forward_verb verb, int status,
    const char *output)
{
	uint16_t port = r->port;

	memset(r, 0, sizeof(*r));
	/* A cancel that failed exits with 0 all the same. */
	if (read_failure(r, output))
		return;
	if (status != 0) {
		r->status = FORWARD_BROKEN;
		copy_line(r->reason, sizeof(r->reason), *output != '\0' ? output : "ssh failed");
		return;
	}
	r->port = port;
	if (verb == FORWARD_VERB_CHECK)
		r->pid = read_pid(output);
	if (verb == FORWARD_VERB_OPEN && port == 0 && (r->port = read_port(output)) == 0) {
		r->status = FORWARD_BROKEN;
		copy_line(r->reason, sizeof(r->reason), "ssh did not tell which port it got");
	}
}

static void
run_done(void *arg, const struct sshrun_result *ssh)
{
	struct forward_run *run = arg;
	struct forward_result result = { .port = run->port };

	if (ssh->timed_out) {
		result.status = FORWARD_TIMEOUT;
		snprintf(result.reason, sizeof(result.reason), "ssh -O %s does not end",
		    verbs[run->verb]);
	} else {
		forward_run_read(&result, run->verb, ssh->status, ssh->output);
	}
	run->fn(run->arg, &result);
}

/* -F /dev/null: the forwards in the user's configuration would be opened, and worse
 * cancelled, together with ours. ProxyCommand: when the master does not answer properly
 * ssh goes on to log in by itself. */
static struct sshrun *
start(struct loop *loop, const char *ctl_path, const char *destination, unsigned timeout_ms,
    const struct forward *f, struct forward_run *run)
{
	char path[2 * FORWARD_PATH_MAX], spec[SPEC_MAX];
	const char *argv[ARGS_MAX] = { sshcmd_program(), "-F", "/dev/null", "-o",
		"ProxyCommand=false", "-S", path, "-O", verbs[run->verb] };
	size_t n = 9;

	sshcmd_escape(path, sizeof(path), ctl_path);
	if (run->verb != FORWARD_VERB_CHECK) {
		write_spec(spec, sizeof(spec), f);
		argv[n++] = f->kind == FORWARD_LOCAL ? "-L" : "-R";
		argv[n++] = spec;
	}
	argv[n++] = "--";
	argv[n++] = destination;
	return sshrun_new(loop, argv, timeout_ms, run_done, run);
}

struct forward_run *
forward_run_new(struct loop *loop, const char *ctl_path, const char *destination,
    enum forward_verb verb, const struct forward *f, unsigned timeout_ms, forward_fn *fn,
    void *arg)
{
	struct forward_run *run;

	if ((run = memory_new(sizeof(*run))) == NULL)
		return NULL;
	run->verb = verb;
	run->port = f->port;
	run->fn = fn;
	run->arg = arg;
	if ((run->ssh = start(loop, ctl_path, destination, timeout_ms, f, run)) == NULL) {
		free(run);
		return NULL;
	}
	return run;
}

void
forward_run_finish(struct forward_run *run, unsigned ms)
{
	if (run == NULL)
		return;
	sshrun_finish(run->ssh, ms);
	free(run);
}

void
forward_run_free(struct forward_run *run)
{
	forward_run_finish(run, 0);
}
