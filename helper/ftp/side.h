/* The two sides of an FTP session, and the ends of a data channel. Pure. */
#pragma once

enum side { CLIENT, SERVER };

#define OTHER(side) ((side) == CLIENT ? SERVER : CLIENT)
#define MASK(side) (1U << (side))
#define BOTH_ENDS (MASK(CLIENT) | MASK(SERVER))
