/* Who has started us, and waits until the tunnel is ready: a shell (-f), an ssh or a service manager.
 *
 * -f: go to the background, but only when the tunnel is ready.
 *
 * The process forks at once; the child does everything (it is the one whose pid is in the
 * names of the runtime directory) while the parent waits to be told. */
#pragma once

#include <stdbool.h>

/* In the parent: the exit status, once the child is ready (0) or has ended. In the child: -1,
 * and *ready for background_ready(). */
int background_start(int *ready);

/* Let the parent go, leave its session and terminal; stderr stays if it is a log file's.
 * -1: the parent is gone, nobody has seen us start. */
int background_ready(int ready, bool keep_stderr);

/* Is one of our ancestors an ssh (that runs us as its LocalCommand)? */
bool background_under_ssh(void);

/* What a service manager hands over and wants to hear: sockets in LISTEN_FDS, readiness to
 * NOTIFY_SOCKET (sd_listen_fds(3), sd_notify(3)); without its library.
 *
 * How many listening sockets were handed over, all CLOEXEC now, and each of them. The variables are
 * removed from the environment: children must not take them for theirs. By launchd it is those of
 * the name "Listeners" (launch_activate_socket(3)). */
int activation_descriptors(void);
int activation_descriptor(int i);

void activation_notify(const char *state); /* "READY=1"; nothing if nobody wants to know */
