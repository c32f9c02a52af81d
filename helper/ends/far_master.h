/* One ControlMaster of the far end: what dials through it, what listens through it. */
#ifndef FAR_MASTER_H
#define FAR_MASTER_H

#include "ends/end.h"

struct far_master {
	struct end *end; /* the far end, which is told of everything */
	const char *ctl_path;
	unsigned number; /* the first, 0, has the control connection */
	unsigned uses;   /* streams through it that exist */
	bool gone;
	struct dialler *dialler;
	struct far_listen *listen;
};

#endif
