/* What a service manager hands over and wants to hear: sockets in LISTEN_FDS, readiness to
 * NOTIFY_SOCKET (sd_listen_fds(3), sd_notify(3)); without its library. */
#ifndef ACTIVATION_H
#define ACTIVATION_H

#define ACTIVATION_FIRST 3 /* the first descriptor that was handed over */

/* How many descriptors were handed over, all CLOEXEC now. The variables are removed from the
 * environment: children must not take them for theirs. */
int activation_descriptors(void);

void activation_notify(const char *state); /* "READY=1"; nothing if nobody wants to know */

#endif
