/* Give up everything but the descriptors that are held. One file for each mechanism. */
#ifndef SANDBOX_H
#define SANDBOX_H

/* From here on: read, write, poll, receive descriptors, memory, time, exit. 0, or -1 with
 * errno where the system offers this mechanism and refuses. */
int sandbox_enter(void);
const char *sandbox_name(void); /* "seccomp", ..., "none" */

#endif
