/* What the programs say about their options. */
#include <stdio.h>
#include <string.h>

#include "options/cmdline_private.h"

#define WIDTH 80

const char *
cmdline_synopsis(void)
{
	return "usage: ftp-over-ssh [-46aCfgKkNnqTvVxy] [-b bind_address] [-c cipher_spec]\n"
	    "           [-E log_file] [-F configfile] [-i identity] [-J jump] [-l login]\n"
	    "           [-m mac_spec] [-o option] [-p port] [-S ctl_path]\n"
	    "           [-t ftp_host[:port]] [-u ftp_user] [-L spec]... [-R spec]...\n"
	    "           destination [[--] command [argument ...]]\n"
	    "       ftp-over-ssh [options] -W ftp_host:port destination\n"
	    "       spec: [ftp/][bind_address:]port:host:hostport\n";
}

/* For programs: one line each, however long. */
void
cmdline_ftp_options(FILE *f)
{
	char name[80];

	for (const struct option_info *o = ftp_option_table; o->name != NULL; o++) {
		snprintf(name, sizeof(name), "%s=%s", o->name, o->values);
		fprintf(f, "  %-42s %s\n", name, o->help);
	}
}

/* Words in lines of the terminal's width, indented. */
static void
print_wrapped(FILE *f, const char *text, int indent)
{
	int column = WIDTH;

	for (; *text != '\0'; text += strspn(text, " ")) {
		int len = (int)strcspn(text, " ");

		if (column + 1 + len > WIDTH) {
			fprintf(f, "%s%*s", column == WIDTH ? "" : "\n", indent, "");
			column = indent;
		} else {
			fputc(' ', f);
			column++;
		}
		fprintf(f, "%.*s", len, text);
		column += len;
		text += len;
	}
	fputc('\n', f);
}

void
cmdline_help(FILE *f)
{
	fprintf(f, "%s\n", cmdline_synopsis());
	for (const struct flag *flag = flag_table; flag->kind != FLAG_REFUSED; flag++)
		fprintf(f, "  %s %-16s %s\n", flag->name,
		    flag->argument != NULL ? flag->argument : "", flag->help);
	fprintf(f, "\nOptions for -o besides those of ssh:\n");
	for (const struct option_info *o = ftp_option_table; o->name != NULL; o++) {
		fprintf(f, "  %s=%s\n", o->name, o->values);
		print_wrapped(f, o->help, 6);
	}
}
