/* macOS: the profile of what does nothing but compute (sandbox_init(3), whose header not every SDK
 * has): no file, no connection, no process. What is open may be used. */
#include "sandbox/sandbox.h"

#ifdef SANDBOX_MACOS
#include <sys/resource.h>

#include <errno.h>
#include <stdint.h>

#define SANDBOX_NAMED 1

extern const char kSBXProfilePureComputation[];
int sandbox_init(const char *profile, uint64_t flags, char **error);

int
sandbox_enter(void)
{
	struct rlimit none = { 0, 0 };
	char *error;

	setrlimit(RLIMIT_NPROC, &none);
	if (sandbox_init(kSBXProfilePureComputation, SANDBOX_NAMED, &error) == 0)
		return 0;
	errno = EPERM;
	return -1;
}
#endif
