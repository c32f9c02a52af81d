/* ftp-over-ssh-ctl check: down the chain, step by step, to the first one that fails. */
#pragma once

/* argv[0] is the subcommand. Prints a line for each step: the exit status. */
int check_run(int argc, char *argv[]);
