/* What ftp-over-ssh-ctl has a session do. */
#ifndef STATUS_CLOSE_H
#define STATUS_CLOSE_H

#include "accept/helpers.h"
#include "status/status_records.h"

bool status_tell(const struct helper *, const struct status_record *); /* false: it takes nothing now */
/* Close the session and channel asked for (0: all). NULL, or why not, which may be in text. */
const char *status_close(const struct helpers *, const struct status_record *ask, char *text,
    size_t size);

#endif
