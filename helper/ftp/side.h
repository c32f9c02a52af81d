/* The two sides of an FTP session, and the ends of a data channel. Pure. */
#ifndef SIDE_H
#define SIDE_H

enum side { CLIENT, SERVER };

#define OTHER(side) ((side) == CLIENT ? SERVER : CLIENT)
#define MASK(side) (1U << (side))
#define BOTH_ENDS (MASK(CLIENT) | MASK(SERVER))

#endif
