/* ProxyJump as the ProxyCommand that ssh makes of it. Pure.
 *
 * With ControlPersist ssh sends what a ProxyCommand says to /dev/null unless it is verbose itself, and
 * then it makes the jump host's ssh verbose, too; so we have to make that command. */
#pragma once

/* "ProxyCommand=...", malloc'ed; NULL: out of memory. jump is as `ssh -G` prints it
 * ("one,user@[192.0.2.1]:22"), config_file what -F names or NULL. */
char *sshjump_command(const char *program, const char *config_file, const char *jump);
