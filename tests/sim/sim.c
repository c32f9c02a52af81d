/* Dialogues of FTP peers in a simulated world: each is played direct (twice, with other delays, to
 * know that it can be compared) and through the session machine, and what the peers have seen is
 * judged. usage: sim [-v] [-k] [-n count] [-s seed] [-c cuts] [case file ...] */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "coverage.h"
#include "grammar.h"
#include "judge.h"
#include "shrink.h"
#include "trace.h"

#define KINDS  512
#define BOUNDS 7

static const uint64_t bounds[BOUNDS] = { 100 * MS, 300 * MS, 1500 * MS, 6 * SECOND, 20 * SECOND,
	40 * SECOND };

static struct options {
	unsigned long count, cuts;
	uint64_t seed;
	bool verbose, all; /* -k: all failures, as a table of their kinds */
	bool direct;       /* -d: is the grammar right? */
} options = { 1000, 0, 1, false, false, false };

static struct {
	unsigned long played, vague, failed, cut;
	uint64_t longer, longest; /* than direct, us: altogether, and the most */
	uint64_t longest_seed;
	unsigned long by_time[BOUNDS];
	uint64_t time_seed[BOUNDS];
} total;

static struct play direct = { .memory = 0 }, again = { .memory = 1 }, through = { .memory = 2 };
static struct dialogue dialogue;

/* ---- one dialogue ---- */

static const char *
comparable(const struct dialogue *d)
{
	const char *why;

	play_direct(d, d->seed * 3 + 1, &direct);
	play_direct(d, d->seed * 3 + 2, &again);
	if (direct.fault != NULL)
		return direct.fault;
	why = judge_same(d, &direct, &again, NULL);
	judge_merge(&direct, &again);
	return why;
}

/* ---- kinds of failures ---- */

static struct kind {
	char text[512];
	unsigned long count;
	uint64_t seed;
} kinds[KINDS];
static unsigned kind_count;

static void
count_kind(const char *text, uint64_t seed)
{
	unsigned i;

	for (i = 0; i < kind_count && strcmp(kinds[i].text, text) != 0; i++)
		;
	if (i == KINDS)
		return;
	if (i == kind_count) {
		snprintf(kinds[i].text, sizeof(kinds[i].text), "%s", text);
		kinds[i].seed = seed;
		kind_count++;
	}
	kinds[i].count++;
}

static void
print_kinds(void)
{
	for (unsigned i = 0; i < kind_count; i++)
		printf("%7lu  seed %-8llu %s\n", kinds[i].count, (unsigned long long)kinds[i].seed,
		    kinds[i].text);
}

/* Times, transfers, texts and how many bytes are no part of a kind. */
static const char *
kind_of(const struct dialogue *d, enum cut cut)
{
	static char kind[512];
	char *raw = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&raw, &len);

	seen_brief = true;
	if (cut != CUT_NONE)
		fprintf(f, "cut %s: ", cut_names[cut]);
	if (cut == CUT_NONE)
		judge_same(d, &direct, &through, f);
	else
		judge_cut(d, &direct, &through, cut, f);
	if (through.fault != NULL)
		fprintf(f, "%s", through.fault);
	fclose(f);
	seen_brief = false;
	for (char *p = raw; *p != '\0'; p++)
		*p = *p == '\n' ? ' ' : *p;
	snprintf(kind, sizeof(kind), "%s", raw);
	free(raw);
	return kind;
}

static const char *
fails(const struct dialogue *d)
{
	if (comparable(d) != NULL)
		return NULL;
	play_tunnel(d, d->seed * 3, CUT_NONE, 0, &through);
	return judge_same(d, &direct, &through, NULL) ? kind_of(d, CUT_NONE) : NULL;
}

static enum cut shrink_cut;
static unsigned shrink_at;

static const char *
cut_fails(const struct dialogue *d)
{
	if (comparable(d) != NULL)
		return NULL;
	play_tunnel(d, d->seed * 3, shrink_cut, shrink_at, &through);
	return judge_cut(d, &direct, &through, shrink_cut, NULL) ? kind_of(d, shrink_cut) : NULL;
}

/* ---- telling ---- */

static void
print_views(const struct dialogue *d)
{
	printf("--- the client, direct\n");
	view_print(&direct.client, stdout);
	printf("--- the client, through the tunnel\n");
	view_print(&through.client, stdout);
	printf("--- the server, direct\n");
	view_print(&direct.server, stdout);
	printf("--- the server, through the tunnel\n");
	view_print(&through.server, stdout);
	(void)d;
}

static void
failed(struct dialogue *d, const char *why, enum cut cut, unsigned at)
{
	total.failed++;
	count_kind(kind_of(d, cut), d->seed);
	if (options.all)
		return;
	printf("FAILED: seed %llu: %s", (unsigned long long)d->seed, why);
	if (cut != CUT_NONE)
		printf(" (the %s cut at step %u)", cut_names[cut], at);
	shrink_cut = cut;
	shrink_at = at;
	shrink(d, cut == CUT_NONE ? fails : cut_fails);
	printf("\n--- the smallest dialogue that fails so (a case file)\n");
	dialogue_print(d, stdout);
	play_trace = stdout;
	if (cut == CUT_NONE)
		fails(d), judge_same(d, &direct, &through, stdout);
	else
		cut_fails(d), judge_cut(d, &direct, &through, cut, stdout);
	print_views(d);
	exit(1);
}

static void
cut_everywhere(struct dialogue *d)
{
	unsigned steps = through.steps;

	for (unsigned at = 1; at < steps; at++) {
		enum cut cut = (enum cut)(1 + (at + d->seed) % (CUTS - 1));
		const char *why;

		play_tunnel(d, d->seed * 3, cut, at, &through);
		why = judge_cut(d, &direct, &through, cut, NULL);
		total.cut++;
		if (why != NULL)
			failed(d, why, cut, at);
	}
}

/* What we hold costs time: it is told, so that it is seen when it grows. */
static void
count_time(const struct dialogue *d)
{
	uint64_t more = through.took > direct.took ? through.took - direct.took : 0;
	unsigned i;

	for (i = 0; i + 1 < BOUNDS && more > bounds[i]; i++)
		;
	if (total.by_time[i]++ == 0)
		total.time_seed[i] = d->seed;
	total.longer += more;
	if (more <= total.longest)
		return;
	total.longest = more;
	total.longest_seed = d->seed;
}

static void
dialogue_play(struct dialogue *d, bool cuts)
{
	const char *why = comparable(d);

	total.played++;
	if (why != NULL) {
		total.vague++;
		if (options.all || options.verbose) {
			printf(
			    "seed %llu cannot be compared: %s\n", (unsigned long long)d->seed, why);
			if (options.verbose)
				dialogue_print(d, stdout);
			judge_same(d, &direct, &again, stdout);
			if (options.verbose) {
				through = again;
				print_views(d);
			}
		}
		return;
	}
	play_trace = options.verbose ? stdout : NULL;
	if (options.direct)
		through = again;
	else
		play_tunnel(d, d->seed * 3, CUT_NONE, 0, &through);
	why = judge_same(d, &direct, &through, NULL);
	if (options.verbose) {
		dialogue_print(d, stdout);
		judge_same(d, &direct, &through, stdout);
		print_views(d);
	}
	count_time(d);
	if (why != NULL)
		failed(d, why, CUT_NONE, 0);
	else if (cuts)
		cut_everywhere(d);
}

static void
case_play(const char *path)
{
	FILE *f = fopen(path, "r");
	const char *why = f ? dialogue_read(&dialogue, f) : "no such file";
	unsigned long vague = total.vague;

	if (f != NULL)
		fclose(f);
	if (why != NULL) {
		fprintf(stderr, "%s: %s\n", path, why);
		exit(2);
	}
	for (uint64_t seed = 0; seed < options.count; seed++) {
		dialogue.seed = options.seed + seed;
		dialogue_play(&dialogue, options.cuts > 0);
	}
	if (total.vague > vague) {
		fprintf(stderr, "%s: differs when played direct twice\n", path);
		exit(1);
	}
}

static void
usage(void)
{
	fprintf(stderr, "usage: sim [-dkv] [-n count] [-s seed] [-c cuts] [case ...]\n");
	exit(64);
}

static void
parse(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "dkvn:s:c:")) != -1)
		switch (c) {
		case 'd':
			options.direct = true;
			break;
		case 'k':
			options.all = true;
			break;
		case 'v':
			options.verbose = true;
			break;
		case 'n':
			options.count = strtoul(optarg, NULL, 10);
			break;
		case 's':
			options.seed = strtoull(optarg, NULL, 10);
			break;
		case 'c':
			options.cuts = strtoul(optarg, NULL, 10);
			break;
		default:
			usage();
		}
}

int
main(int argc, char **argv)
{
	parse(argc, argv);
	for (int i = optind; i < argc; i++)
		case_play(argv[i]);
	for (unsigned long i = 0; optind == argc && i < options.count; i++) {
		grammar_make(&dialogue, options.seed + i);
		dialogue_play(&dialogue, i < options.cuts);
	}
	printf("%lu dialogues, %lu cuts: %lu failed, %lu could not be compared\n", total.played,
	    total.cut, total.failed, total.vague);
	printf(
	    "through the tunnel %.3f s longer than direct on average, %.3f s at most (seed %llu)\n",
	    (double)total.longer / (double)SECOND / (double)(total.played ? total.played : 1),
	    (double)total.longest / (double)SECOND, (unsigned long long)total.longest_seed);
	for (unsigned i = 0; i < BOUNDS; i++)
		printf("  %9lu  %s %.1f s longer (seed %llu)\n", total.by_time[i],
		    i + 1 < BOUNDS ? "up to" : "over",
		    (double)bounds[i + 1 < BOUNDS ? i : i - 1] / (double)SECOND,
		    (unsigned long long)total.time_seed[i]);
	print_kinds();
	if (optind == argc)
		grammar_print(stdout);
	coverage_print(stdout);
	return total.failed > 0 || total.vague > 0;
}
