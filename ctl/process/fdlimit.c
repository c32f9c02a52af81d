#include "process/fdlimit.h"

#include <sys/resource.h>

#include <stdbool.h>

static struct rlimit before;
static bool raised;

void
fdlimit_raise(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &before) == -1 || before.rlim_cur >= before.rlim_max)
		return;
	limit = before;
	limit.rlim_cur = limit.rlim_max;
	raised = setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

void
fdlimit_restore(void)
{
	if (raised)
		setrlimit(RLIMIT_NOFILE, &before);
}
