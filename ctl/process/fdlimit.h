/* Descriptors for many sessions. */
#ifndef FDLIMIT_H
#define FDLIMIT_H

void fdlimit_raise(void);   /* as many descriptors as we may have */
void fdlimit_restore(void); /* what it was before: for a child that has not asked for more */

#endif
