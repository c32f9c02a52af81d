/* A TCP port of this machine to listen on. */
#ifndef NEAR_PORT_H
#define NEAR_PORT_H

#include <stdint.h>
#include <sys/socket.h>

struct near_at {
	struct sockaddr_storage local; /* the control connection's; its port does not count */
	uint16_t lo, hi;               /* FtpDataPorts; 0 = any */
};

/* The listener; -1: why it cannot. Family 0: the control connection's. */
int near_port_open(const struct near_at *, uint8_t family, const char **why);
uint16_t near_port(int fd); /* where it is */

#endif
