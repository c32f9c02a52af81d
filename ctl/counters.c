#include "counters.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "rundir.h"

int
counters_new(void)
{
	char path[256];
	int fd, saved;

	if (rundir_fresh(path, sizeof(path), 'c') == -1)
		return -1;
	if ((fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) == -1)
		return -1;
	unlink(path);
	if (ftruncate(fd, COUNTERS_SIZE) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

atomic_uint *
counters_map(int fd)
{
	struct stat st;
	void *at;

	if (fstat(fd, &st) == -1 || st.st_size != (off_t)COUNTERS_SIZE)
		return NULL; /* touching it could be a SIGBUS */
	at = mmap(NULL, COUNTERS_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return at == MAP_FAILED ? NULL : at;
}
