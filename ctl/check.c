#include "check.h"
int check_run(int argc, char *argv[]) { (void)argc; (void)argv; return 255; }
