/* readpassphrase(3): in the C library of the BSDs. */
#ifndef READPASS_H
#define READPASS_H

#ifdef __linux__
#include <bsd/readpassphrase.h>
#else
#include <readpassphrase.h>
#endif

#endif
