/* LD_PRELOAD: in processes of one kind (NO_MEMORY=tunnel|broker|session), the request for memory
 * number NO_MEMORY_AT fails; with NO_MEMORY_DRY so do all after it, but for as much as the process
 * has given back in large pieces since. "no memory" on stderr tells that it came to that. With
 * NO_MEMORY_AT=0 none fails: NO_MEMORY_COUNT, a file of 4 bytes, has how many there were, of the
 * process that had the most. Buffers are not counted: without one a transfer fails (the reserve is
 * for ending it), and how many the C library takes to look through directories varies. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LARGE 100000
#define BUFFER 30000

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void __libc_free(void *);

static pid_t first;
static bool meant, child, dry;
static unsigned long count, at;
static uint32_t *most;
static size_t left;

__attribute__((constructor)) static void
begin(void)
{
	const char *kind = getenv("NO_MEMORY"), *name = program_invocation_short_name;
	int fd;

	if (kind == NULL)
		return;
	first = getpid();
	child = strcmp(kind, "session") == 0;
	dry = getenv("NO_MEMORY_DRY") != NULL;
	at = strtoul(getenv("NO_MEMORY_AT"), NULL, 10);
	if (at == 0 && (fd = open(getenv("NO_MEMORY_COUNT"), O_RDWR | O_CLOEXEC)) != -1) {
		most = mmap(NULL, sizeof(*most), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		close(fd);
	}
	meant = strcmp(name, strcmp(kind, "tunnel") == 0 ? "ftp-over-ssh" : "ftp-over-ssh-helper") == 0;
}

static bool
fails(size_t size)
{
	static const char text[] = "no memory\n";

	if (!meant || (getpid() != first) != child || (size >= BUFFER && !(dry && count >= at)))
		return false;
	if (++count < at || (count > at && !dry && at > 0))
		return false;
	if (at == 0) {
		if (count > *most)
			*most = (uint32_t)count;
		return false;
	}
	if (count > at && size + 16 <= left) {
		left -= size + 16;
		return false;
	}
	if (count == at && write(STDERR_FILENO, text, sizeof(text) - 1) == -1)
		return false;
	errno = ENOMEM;
	return true;
}

void *
malloc(size_t size)
{
	return fails(size) ? NULL : __libc_malloc(size);
}

void *
calloc(size_t n, size_t size)
{
	return fails(n * size) ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *old, size_t size)
{
	return fails(size) ? NULL : __libc_realloc(old, size);
}

void
free(void *p)
{
	if (p != NULL && meant && at > 0 && count >= at && malloc_usable_size(p) >= LARGE)
		left += malloc_usable_size(p);
	__libc_free(p);
}
