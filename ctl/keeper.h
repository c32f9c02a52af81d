/* The keeper stops a ControlMaster of ours when nobody needs it any more, however the tunnel
 * and its helpers end (kill -9 too): a process of its own that waits at the reading end of
 * a pipe. The tunnel holds the writing end and every helper inherits it, so an aborted upload
 * that a helper still holds open keeps the master. At the end of the pipe the keeper sends
 * the master the terminate request and removes the control socket. */
#ifndef KEEPER_H
#define KEEPER_H

#include <sys/types.h>

/* Fork one for the master that is about to be started at ctl_path: the pipe's writing end
 * (CLOEXEC), or -1 with errno. Its end, without keeper_release(), means that the tunnel was
 * killed: what it had in the runtime directory is removed then. */
int keeper_new(const char *ctl_path);
void keeper_release(int keeper); /* this process needs the master no more; closes it */

/* Tell it how the start goes: that ssh is logging in (it is killed if the tunnel is), that the
 * master is up (the keeper waits for the pipe's end), or that none came to be (it ends). */
void keeper_login(int keeper, pid_t ssh);
void keeper_master_up(int keeper);
void keeper_no_master(int keeper);

#endif
