#include "master/master.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/memory.h"
#include "mux/mux.h"
#include "base/rundir.h"
#include "ssh/sshlog.h"

#define CONFIG_MS 20000       /* ssh -G; its configuration may run commands (Match exec) */
#define ANSWER_MS 5000        /* a master that exists answers within */
#define NO_DELAY_MS 2000      /* so does a command of the ssh server, or we do without */
#define START_MS 55000        /* ssh without a user to wait for; clients wait for it */
#define RETRY_MS 100
#define STOP_MS 500
#define BACKOFF_FIRST_MS 1000
#define BACKOFF_MOST_MS 30000

static void master_try(void *master);
static void master_start(struct master *);

void
master_begin(struct master *m, struct loop *loop, const struct master_settings *settings, master_fn *fn,
    void *arg)
{
	*m = (struct master){ .loop = loop, .settings = settings, .fn = fn, .arg = arg,
		.reason = "no ssh connection yet" };
}

int
master_configure(struct master_settings *s, char *why, size_t why_size)
{
	const char *config = s->ssh.config = sshcmd_config(&s->ssh, CONFIG_MS, why, why_size);
	char persist[16];

	if (config == NULL)
		return -1;
	s->persists = sshcmd_is_set(config, "controlpersist", "no", persist, sizeof(persist));
	if (sshcmd_is_set(config, "controlpath", "none", s->path, sizeof(s->path)))
		*(s->ctl_path != NULL && sshcmd_expands(s->ctl_path) ? &s->ctl_path : &s->config_path) = s->path;
	return 0;
}

/* Forget the master, or the attempt, that there was. Its log may have last words: kept. */
static void
master_drop(struct master *m)
{
	timer_stop(&m->timer);
	memory_drop(mux_free, m->mux);
	memory_drop(procwatch_free, m->process);
	memory_drop(sshrun_free, m->no_delay);
	proc_end(&m->ssh, STOP_MS); /* one in the background already ends by itself */
}

void
master_end(struct master *m)
{
	master_drop(m);
	sshlog_free(m->sshlog);
}

void
master_stop(struct master *m)
{
	if (master_is_ours(m) && mux_terminate(m->mux) != 0) {
		mux_finish(m->mux, STOP_MS);
		m->mux = NULL;
	}
}

unsigned
master_next_attempt(const struct master *m)
{
	uint64_t now = loop_now();

	return m->state == MASTER_DOWN && m->next_attempt > now ? (unsigned)(m->next_attempt - now) : 0;
}

bool
master_refusal(struct master *m, char *dst, size_t size)
{
	return sshlog_refusal(m->sshlog, dst, size);
}

bool
master_is_ours(const struct master *m)
{
	return m->state == MASTER_UP && m->origin == MASTER_OWN;
}

/* There is no master, or none that can be used: one that was killed has left its socket behind. */
static void
master_down(struct master *m)
{
	master_drop(m);
	if (m->origin == MASTER_OWN)
		unlink(m->path);
	m->state = MASTER_DOWN;
	if (m->fn != NULL)
		m->fn(m->arg, MASTER_DOWN);
}

static void
master_back_off(struct master *m)
{
	m->backoff = m->backoff == 0 ? BACKOFF_FIRST_MS :
	    m->backoff > BACKOFF_MOST_MS / 2 ? BACKOFF_MOST_MS : m->backoff * 2;
	m->next_attempt = loop_now() + m->backoff;
	master_down(m);
}

#define master_failed(m, ...) \
	(log_why((m)->reason, sizeof((m)->reason), __VA_ARGS__), master_back_off(m))

static void
master_refused(struct master *m, const char *why)
{
	master_failed(m, "cannot connect to %s: %s", m->settings->ssh.destination, why);
}

static void
master_died(struct master *m, const char *why)
{
	char words[900];

	if (m->origin == MASTER_OWN && *sshlog_reason(m->sshlog, words, sizeof(words)) != '\0')
		why = words;
	else if (strcmp(why, mux_gone) == 0)
		why = m->origin == MASTER_OWN ? "the ssh server has closed it, or ssh was killed" :
		    "your ssh has ended";
	snprintf(m->reason, sizeof(m->reason), "the ssh connection to %s is lost: %s",
	    m->settings->ssh.destination, why);
	master_down(m);
}

static void
process_ended(void *arg)
{
	master_died(arg, mux_gone);
}

/* A mux connection tells its death at once. But one that is open keeps an ssh from ending: the
 * user who logs out would wait for us. So with a master of his we look at the process, unless
 * ControlPersist has it in the background, where the connection keeps it from timing out. */
static void
master_up(struct master *m)
{
	if (m->origin != MASTER_OWN && !(m->settings->persists && m->mux != NULL) && m->pid > 0 &&
	    (m->process = procwatch_new(m->loop, m->pid, process_ended, m)) != NULL)
		memory_drop(mux_free, m->mux);
	timer_stop(&m->timer);
	m->state = MASTER_UP;
	m->backoff = 0;
	m->patience_end = 0;
	log_at(LOG_DETAIL, "using the ControlMaster at %s", m->path);
	if (m->fn != NULL)
		m->fn(m->arg, MASTER_UP);
}

static void
no_delay_done(void *arg, const struct sshrun_result *result)
{
	struct master *m = arg;
	char refusal[8];

	log_at(LOG_DIALOGUE, result->timed_out ? "FtpNoDelay: what the ssh server runs does not end; "
	    "closed" : "FtpNoDelay: the command true on the ssh server exited with %d", result->status);
	if (strstr(result->output, "refused") != NULL) /* the master has said so, too */
		sshlog_refusal(m->sshlog, refusal, sizeof(refusal));
	memory_drop(sshrun_free, m->no_delay);
	master_up(m);
}

/* sshd lets Nagle's algorithm hold its small packets back, each for a delayed acknowledgement,
 * until the connection has had a session that runs a command. It must have ended before there are
 * proxy connections: the master takes the number of its channel for one of sshd's, does not see the
 * end of the channel of ours that has that number, closes it a second time when the connection
 * ends, and sshd throws it out ("oclose packet referred to nonexistent channel"). */
static void
master_no_delay(struct master *m)
{
	if (m->origin == MASTER_OWN)
		sshlog_logged_in(m->sshlog);
	if (m->origin == MASTER_OWN ? m->settings->no_delay : m->settings->no_delay_yours)
		m->no_delay = sshcmd_through(m->loop, &m->settings->ssh, m->path,
		    (const char *[]){ "-T", "true" }, NO_DELAY_MS, no_delay_done, m);
	if (m->no_delay != NULL)
		timer_stop(&m->timer);
	else
		master_up(m);
}

/* Nobody answers at m->path (why): what next? */
static void
master_absent(struct master *m, const char *why)
{
	timer_stop(&m->timer);
	memory_drop(mux_free, m->mux);
	if (m->origin == MASTER_CONFIGURED) {
		log_at(LOG_DETAIL, "no ControlMaster answers at %s: %s", m->path, why);
		master_start(m);
		return;
	}
	if (m->origin == MASTER_NAMED && loop_now() < m->patience_end) {
		timer_set(&m->timer, m->loop, RETRY_MS, master_try, m);
		return;
	}
	if (m->origin == MASTER_NAMED)
		master_failed(m, "no ControlMaster answers at %s: %s; start one with `ssh -M -S %s %s`",
		    m->path, why, m->path, m->settings->ssh.destination);
	else
		master_failed(m, "cannot connect to %s: the ControlMaster that was started does not "
		    "answer: %s", m->settings->ssh.destination, why);
}

static void
master_overdue(void *arg)
{
	struct master *m = arg;

	if (m->ssh.pid > 0)
		master_refused(m, "ssh does not end its login");
	else
		master_absent(m, "no answer");
}

static void
master_answer(void *arg, const struct forward_result *result)
{
	struct master *m = arg;

	if (m->state == MASTER_UP) {
		if (result->id == 0)
			master_died(m, result->reason);
	} else if (result->id == m->alive_id && result->status == FORWARD_OK) {
		m->pid = result->pid;
		master_no_delay(m);
	} else if (result->id == 0) {
		master_absent(m, result->reason);
	}
}

/* Ask the master at m->path whether it is alive. */
static void
master_try(void *arg)
{
	struct master *m = arg;
	unsigned ms = ANSWER_MS;

	m->mux = mux_new(m->loop, m->path, master_answer, m);
	if (m->mux == NULL || (m->alive_id = mux_alive(m->mux)) == 0) {
		master_absent(m, strerror(errno));
		return;
	}
	if (m->patience_end > loop_now() + ms)
		ms = (unsigned)(m->patience_end - loop_now());
	timer_set(&m->timer, m->loop, ms, master_overdue, m);
}

void
master_be_patient(struct master *m, unsigned ms)
{
	m->patience_end = loop_now() + ms;
	if (m->state == MASTER_STARTING && m->mux != NULL)
		timer_set(&m->timer, m->loop, ms, master_overdue, m);
}

static void
login_ended(void *arg, int status)
{
	struct master *m = arg;
	char why[900];

	timer_stop(&m->timer);
	if (status == 0) {
		master_try(m);
		return;
	}
	if (*sshlog_reason(m->sshlog, why, sizeof(why)) == '\0')
		snprintf(why, sizeof(why), status < 0 ? "ssh was killed" : "ssh exited with %d",
		    status);
	master_refused(m, why);
}

static void
master_start(struct master *m)
{
	const struct ssh_master own = { m->path, !m->ask, m->settings->verbose };
	char why[256];
	bool usable = rundir_path(why, sizeof(why)) != NULL;

	m->origin = MASTER_OWN;
	*m->path = '\0'; /* it may be that of the configuration */
	sshlog_free(m->sshlog);
	m->sshlog = sshlog_new(m->loop, sshcmd_is_hushed(&m->settings->ssh), m->ask, m->settings->servers);
	if (!usable || m->sshlog == NULL || rundir_fresh(m->path, sizeof(m->path), 'm') == -1 ||
	    sshcmd_master_start(&m->ssh, m->loop, &m->settings->ssh, &own, sshlog_fd(m->sshlog),
	    login_ended, m) == -1) {
		master_refused(m, usable ? strerror(errno) : why);
		return;
	}
	if (!m->ask)
		timer_set(&m->timer, m->loop, START_MS, master_overdue, m);
}

enum master_state
master_want(struct master *m, bool ask)
{
	const struct master_settings *s = m->settings;
	const char *path = s->ctl_path != NULL ? s->ctl_path : s->config_path;
	bool possible = path != NULL && strlen(path) < FORWARD_PATH_MAX;

	if (m->state != MASTER_DOWN || loop_now() < m->next_attempt)
		return m->state;
	m->state = MASTER_STARTING;
	m->ask = ask;
	m->origin = s->ctl_path != NULL ? MASTER_NAMED : MASTER_CONFIGURED;
	if (!possible && m->origin == MASTER_NAMED) {
		master_failed(m, "control path too long: %zu characters, %d are possible: %.200s",
		    strlen(path), FORWARD_PATH_MAX - 1, path);
	} else if (!possible) {
		master_start(m);
	} else {
		snprintf(m->path, sizeof(m->path), "%s", path);
		master_try(m);
	}
	return m->state;
}
