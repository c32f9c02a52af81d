/* ProxyJump as the ProxyCommand that ssh makes of it. Pure.
 *
 * With ControlPersist ssh sends what a ProxyCommand says to /dev/null unless it is verbose itself, and
 * then it makes the jump host's ssh verbose, too; so we have to make that command. */
#ifndef SSHJUMP_H
#define SSHJUMP_H

#include <stddef.h>

/* jump is as `ssh -G` prints it ("one,user@[192.0.2.1]:22"), config_file what -F names or NULL. -1 when
 * it does not fit. */
int sshjump_command(char *dst, size_t size, const char *program, const char *config_file,
    const char *jump);

#endif
