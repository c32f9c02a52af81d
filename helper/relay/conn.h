/* What a connected socket can be told and asked. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Tell the peer that no more comes (FIN); reading goes on. */
void conn_end_write(int fd);
/* From now on a TCP peer gets a reset from every close without conn_end_write(), that of a
 * process that was killed too; or no more. */
void conn_break_on_close(int fd, bool);
void conn_drop(int fd);        /* given up: closed, which is no end of file */
/* After an end of file: did the peer make it by shutdown(2) and live on? ssh does at the end of
 * a channel, and a process that dies closes all at once. false also where it cannot be said. */
bool conn_half_closed(int fd);
/* Written bytes that the peer's kernel (ssh: the master) has not taken yet; 0 = unknown. */
int conn_unsent(int fd);
/* Has who is there, behind a unix socket, read any of so many bytes? Where that is unknown, yes. */
bool conn_took(int fd, uint64_t written);
