#include "accept/helper_program.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compat.h"

#if defined(__APPLE__)
#include <mach-o/dyld.h>
#elif defined(__FreeBSD__)
#include <sys/sysctl.h>
#endif

#define NAME "ftp-over-ssh-helper"

/* Of "/somewhere/ctl/ftp-over-ssh" it is in /somewhere/helper; and an installation may have been
 * moved, or have got its PREFIX when it was built already. */
static const struct {
	const char *ours, *its;
} places[] = { { "ctl", "helper" }, { "bin", "libexec" } };

static bool
own_program(char own[PATH_MAX])
{
#if defined(ON_LINUX)
	ssize_t n = readlink("/proc/self/exe", own, PATH_MAX - 1);

	own[n > 0 ? n : 0] = '\0';
	return n > 0;
#elif defined(__APPLE__)
	char path[PATH_MAX];

	return _NSGetExecutablePath(path, &(uint32_t){ sizeof(path) }) == 0 &&
	    realpath(path, own) != NULL;
#elif defined(__FreeBSD__)
	const int mib[] = { CTL_KERN, KERN_PROC, KERN_PROC_PATHNAME, -1 };
	size_t size = PATH_MAX;

	return sysctl(mib, 4, own, &size, NULL, 0) == 0;
#else
	return false;
#endif
}

const char *
helper_program(char *why, size_t why_size)
{
	static char beside[PATH_MAX];
	const char *program = getenv("FTP_OVER_SSH_HELPER");
	char own[PATH_MAX], *dir = own, *name = NULL;

	if (program == NULL || *program == '\0') {
		program = LIBEXECDIR "/" NAME;
		if (own_program(own) && (name = strrchr(dir = dirname(own), '/')) != NULL)
			*name++ = '\0';
		for (size_t i = 0; name != NULL && i < sizeof(places) / sizeof(places[0]); i++)
			if (strcmp(name, places[i].ours) == 0 && (size_t)snprintf(beside, sizeof(beside),
			    "%s/%s/" NAME, dir, places[i].its) < sizeof(beside) && access(beside, X_OK) == 0)
				program = beside;
	}
	if (access(program, X_OK) == 0)
		return program;
	snprintf(why, why_size, "%s: %s; install it, or name it in FTP_OVER_SSH_HELPER", program,
	    strerror(errno));
	return NULL;
}
