/* What our own ControlMaster says on its stderr.
 *
 * While it logs in, as it comes (verbatim: to a terminal, where its prompts are, too), or escaped and
 * with its last lines held back for a moment, because if it fails they are the reason and belong into
 * the message about that. Afterwards: what it says about channels that the server refused becomes a
 * message of ours, unless somebody asks. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct loop;
struct sshlog;

/* hushed: the user does not want to hear ssh; asks: it may ask at the terminal. servers is the FTP server,
 * for messages; kept. To stderr as ssh said it, or to syslog with our own. NULL with errno. */
struct sshlog *sshlog_new(struct loop *, bool hushed, bool asks, const char *servers);
void sshlog_free(struct sshlog *); /* NULL is harmless */
int sshlog_fd(const struct sshlog *); /* ssh's stderr */

void sshlog_logged_in(struct sshlog *);
/* Why it refused a channel last, in the server's words; "" (and false) when it has not since the
 * last call, or for NULL. */
bool sshlog_refusal(struct sshlog *, char *dst, size_t size);
/* It has failed, or ended: what it said last, in one line; "" when it said nothing. */
char *sshlog_reason(struct sshlog *, char *dst, size_t size);
