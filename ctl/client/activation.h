/* What a service manager hands over and wants to hear: sockets in LISTEN_FDS, readiness to
 * NOTIFY_SOCKET (sd_listen_fds(3), sd_notify(3)); without its library. */
#pragma once

/* How many listening sockets were handed over, all CLOEXEC now, and each of them. The variables are
 * removed from the environment: children must not take them for theirs. By launchd it is those of
 * the name "Listeners" (launch_activate_socket(3)). */
int activation_descriptors(void);
int activation_descriptor(int i);

void activation_notify(const char *state); /* "READY=1"; nothing if nobody wants to know */
