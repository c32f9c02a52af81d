#include "proxy/proxy_trace.h"

#include <sys/mman.h>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/compat.h"

int
proxy_trace_new(struct proxy_trace **t)
{
#ifdef ON_LINUX
	int fd = memfd_create("proxy", MFD_CLOEXEC);
#else
	char name[] = "/tmp/ftp-over-ssh.XXXXXXXXXX";
	int fd = mkostemp(name, O_CLOEXEC);

	if (fd != -1)
		unlink(name);
#endif
	if (fd == -1)
		return -1;
	*t = MAP_FAILED;
	if (ftruncate(fd, (off_t)sizeof(**t)) == 0)
		*t = mmap(NULL, sizeof(**t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (*t == MAP_FAILED) {
		*t = NULL;
		close(fd);
		return -1;
	}
	(*t)->version = PROXY_TRACE_VERSION;
	return fd;
}

void
proxy_trace_free(struct proxy_trace *t)
{
	if (t != NULL)
		munmap(t, sizeof(*t));
}

/* Read, not mapped: a file that somebody cuts short would be a SIGBUS. */
bool
proxy_trace_read(struct proxy_trace *t, int fd)
{
	return pread(fd, t, sizeof(*t), 0) == (ssize_t)sizeof(*t) &&
	    t->version == PROXY_TRACE_VERSION && t->flux == 0 &&
	    t->drain.have < sizeof(t->drain.head);
}
