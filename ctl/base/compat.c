#include "base/compat.h"

#ifdef __linux__
int
getpeereid(int fd, uid_t *uid, gid_t *gid)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == -1)
		return -1;
	*uid = peer.uid;
	*gid = peer.gid;
	return 0;
}
#endif

#ifdef COMPAT_BSD
#include <signal.h>
#include <stdio.h>
#include <termios.h>

/* Linux before glibc 2.25 has no getentropy(3). */
static uint32_t
random_number(void)
{
	uint32_t n = 0;
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);

	if (fd == -1 || read(fd, &n, sizeof(n)) != (ssize_t)sizeof(n))
		abort(); /* a port that can be guessed is worse */
	close(fd);
	return n;
}

uint32_t
arc4random_uniform(uint32_t bound)
{
	uint32_t n, odd = bound > 1 ? -bound % bound : 0; /* numbers below that would favour some results */

	if (bound < 2)
		return 0;
	do
		n = random_number();
	while (n < odd);
	return n % bound;
}

static volatile sig_atomic_t interrupted;

static void
on_signal(int signo)
{
	interrupted = signo;
}

/* One line, as read(2); what is too long for it is left out. */
static ssize_t
read_line(int fd, char *line, size_t size)
{
	size_t len = 0;
	ssize_t n;
	char c;

	while ((n = read(fd, &c, 1)) == 1 && c != '\n')
		if (len < size - 1)
			line[len++] = c;
	line[len] = '\0';
	return n == -1 || interrupted != 0 ? -1 : (ssize_t)len;
}

/* The answer is not echoed, and what was typed before the prompt is thrown away. A signal does what it
 * always does, when the terminal is as it was. */
static ssize_t
ask_silently(int fd, const char *prompt, char *line, size_t size)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP };
	enum { COUNT = sizeof(signals) / sizeof(signals[0]) };
	struct sigaction before[COUNT], sa = { .sa_handler = on_signal };
	struct termios as_it_was, silent;
	ssize_t n;

	if (tcgetattr(fd, &as_it_was) == -1)
		return -1;
	sigemptyset(&sa.sa_mask);
	interrupted = 0;
	for (size_t i = 0; i < COUNT; i++)
		sigaction(signals[i], &sa, &before[i]);
	silent = as_it_was;
	silent.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	tcsetattr(fd, TCSAFLUSH, &silent);
	dprintf(fd, "%s", prompt);
	n = read_line(fd, line, size);
	tcsetattr(fd, TCSAFLUSH, &as_it_was);
	for (size_t i = 0; i < COUNT; i++)
		sigaction(signals[i], &before[i], NULL);
	if (interrupted != 0)
		raise(interrupted);
	return n;
}

/* From the terminal, whatever flags says: all of us call it with RPP_REQUIRE_TTY. */
char *
readpassphrase(const char *prompt, char *answer, size_t size, int flags)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
	ssize_t n;

	(void)flags;
	if (fd == -1)
		return NULL;
	n = ask_silently(fd, prompt, answer, size);
	dprintf(fd, "\n");
	close(fd);
	return n == -1 ? NULL : answer;
}
#endif

#ifdef COMPAT_CLOSEFROM
#include <dirent.h>

/* Where there is no list of them each number is tried. */
void
closefrom(int first)
{
	DIR *dir = opendir("/dev/fd");
	const struct dirent *entry;
	long end = sysconf(_SC_OPEN_MAX);

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		int fd = atoi(entry->d_name);

		if (fd >= first && fd != dirfd(dir))
			close(fd);
	}
	for (long fd = first; dir == NULL && fd < end; fd++)
		close((int)fd);
	if (dir != NULL)
		closedir(dir);
}
#endif

#ifdef COMPAT_DESCRIPTORS
#include <errno.h>

#undef socket
#undef socketpair

/* Our processes have one thread: nobody forks in between. Takes -1 as well. */
static int
with_flags(int fd, int type)
{
	int flags, error;

	if (fd == -1)
		return -1;
	if ((!(type & SOCK_CLOEXEC) || fcntl(fd, F_SETFD, FD_CLOEXEC) != -1) &&
	    (flags = fcntl(fd, F_GETFL)) != -1 && fcntl(fd, F_SETFL, type & SOCK_NONBLOCK ?
	    flags | O_NONBLOCK : flags & ~O_NONBLOCK) != -1)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static int
both_with_flags(int fds[2], int type)
{
	if (with_flags(fds[0], type) != -1 && with_flags(fds[1], type) != -1)
		return 0;
	return -1; /* of a new descriptor that never happens */
}

int
compat_socket(int domain, int type, int protocol)
{
	return with_flags(socket(domain, type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK), protocol), type);
}

int
compat_socketpair(int domain, int type, int protocol, int fds[2])
{
	if (socketpair(domain, type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK), protocol, fds) == -1)
		return -1;
	return both_with_flags(fds, type);
}

int
compat_accept(int fd, struct sockaddr *from, socklen_t *len, int type)
{
	return with_flags(accept(fd, from, len), type);
}

int
compat_pipe(int fds[2], int flags)
{
	if (pipe(fds) == -1)
		return -1;
	return both_with_flags(fds, (flags & O_CLOEXEC ? SOCK_CLOEXEC : 0) |
	    (flags & O_NONBLOCK ? SOCK_NONBLOCK : 0));
}

/* The compiler cannot know what memset() does behind a volatile pointer. */
void
compat_bzero(void *data, size_t size)
{
	static void *(*const volatile set)(void *, int, size_t) = memset;

	set(data, 0, size);
}
#endif
