/* Copies of descriptors that must not be closed with the process that uses them, over a
 * pair of packet.h: what a helper's broker sends to the tunnel. */
#pragma once

#include <stdint.h>

enum keep_op {
	KEEP_PROXY = 1, /* two descriptors, a proxy connection and its trace; id: its number */
	KEEP_UPLOAD,    /* a descriptor, the FTP server's end of an upload; id: the channel */
	KEEP_RELEASE    /* that upload is over */
};

struct keep_message {
	uint32_t op, id;
};
