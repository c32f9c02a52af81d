/* A fuzzer's main() without libFuzzer, for every compiler: all seeds and cases, then mutants of
 * them, the same in every run. An input that breaks a rule is left in PROGRAM.input; files that
 * are given as arguments are tried alone. */
#ifndef MUTATE_H
#define MUTATE_H

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "../unit/unit.h"

#define MUTATE_SEEDS 1024
#define MUTATE_MAX 4096 /* bytes of one input */
#ifndef MUTANTS
#define MUTANTS 200000
#endif

struct mutate_input {
	size_t len;
	uint8_t bytes[MUTATE_MAX];
};

static struct mutate_input *mutate_seeds[MUTATE_SEEDS], *mutate_now;
static size_t mutate_count;
static const char *mutate_program;

/* No file system decides about the order. */
static inline int
mutate_compare(const void *a, const void *b)
{
	const struct mutate_input *x = *(void *const *)a, *y = *(void *const *)b;

	return x->len != y->len ? (x->len < y->len ? -1 : 1) : memcmp(x->bytes, y->bytes, x->len);
}

static inline void
mutate_read(int dir, const char *name)
{
	struct mutate_input *input = calloc(1, sizeof(*input));
	int fd = openat(dir, name, O_RDONLY);
	ssize_t n = read(fd, input->bytes, sizeof(input->bytes));

	close(fd);
	if (n < 0 || mutate_count == MUTATE_SEEDS) {
		free(input); /* . and .. */
		return;
	}
	input->len = (size_t)n;
	mutate_seeds[mutate_count++] = input;
}

/* The files of FOLDER/NAME beside the program. */
static inline void
mutate_read_folder(const char *folder, const char *name)
{
	char path[4096];
	const char *slash = strrchr(mutate_program, '/');
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%.*s%s/%s", slash ? (int)(slash - mutate_program) + 1 : 0,
	    mutate_program, folder, name);
	if ((dir = opendir(path)) == NULL)
		return;
	while ((entry = readdir(dir)) != NULL)
		mutate_read(dirfd(dir), entry->d_name);
	closedir(dir);
}

static inline void
mutate_leave(int sig)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s.input", mutate_program);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (mutate_now == NULL || write(fd, mutate_now->bytes, mutate_now->len) == -1)
		_exit(1);
	signal(sig, SIG_DFL);
	raise(sig);
}

/* From a heap block of its own: valgrind and the address sanitizer see a read beyond it. */
static inline void
mutate_try(struct mutate_input *input)
{
	uint8_t *exact = malloc(input->len + (input->len == 0));

	mutate_now = input;
	memcpy(exact, input->bytes, input->len);
	LLVMFuzzerTestOneInput(exact, input->len);
	free(exact);
}

/* A few bytes changed, put in, taken out, said again or taken from another seed. */
static inline void
mutate_change(struct mutate_input *m, uint64_t *state)
{
	const struct mutate_input *other = mutate_seeds[unit_random(state) % mutate_count];
	size_t at = unit_random(state) % (m->len + 1), left = m->len - at;
	size_t run = unit_random(state) % (left < 64 ? left + 1 : 64);

	switch (unit_random(state) % 6) {
	case 0:
		if (left > 0)
			m->bytes[at] = (uint8_t)unit_random_char(state);
		break;
	case 1:
		if (left > 0)
			m->bytes[at] ^= (uint8_t)(1 << unit_random(state) % 8);
		break;
	case 2:
		memmove(m->bytes + at, m->bytes + at + run, left - run);
		m->len -= run;
		break;
	case 3:
		if (m->len + run > MUTATE_MAX)
			break;
		memmove(m->bytes + at + run, m->bytes + at, left);
		m->len += run;
		break;
	case 4:
		if (m->len == MUTATE_MAX)
			break;
		memmove(m->bytes + at + 1, m->bytes + at, left);
		m->bytes[at] = (uint8_t)unit_random_char(state);
		m->len++;
		break;
	default:
		if (at < other->len) {
			m->len = other->len;
			memcpy(m->bytes + at, other->bytes + at, other->len - at);
		}
	}
}

static inline void
mutate_mutants(void)
{
	static struct mutate_input mutant;
	uint64_t state = 88172645463325252ULL;

	for (int i = 0; i < MUTANTS; i++) {
		mutant = *mutate_seeds[unit_random(&state) % mutate_count];
		for (uint32_t n = unit_random(&state) % 4 + 1; n > 0; n--)
			mutate_change(&mutant, &state);
		mutate_try(&mutant);
	}
}

int
main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');
	char name[64];

	mutate_program = argv[0];
	snprintf(name, sizeof(name), "%s", slash ? slash + 1 : argv[0]);
	name[strcspn(name, ".")] = '\0';
	signal(SIGABRT, mutate_leave);
	signal(SIGSEGV, mutate_leave);
	for (int i = 1; i < argc; i++)
		mutate_read(AT_FDCWD, argv[i]);
	if (argc == 1) {
		mutate_read_folder("corpus", name);
		mutate_read_folder("cases", name);
	}
	if (mutate_count == 0) {
		fprintf(stderr, "%s: no seeds\n", name);
		return 1;
	}
	qsort(mutate_seeds, mutate_count, sizeof(*mutate_seeds), mutate_compare);
	for (size_t i = 0; i < mutate_count; i++)
		mutate_try(mutate_seeds[i]);
	if (argc == 1)
		mutate_mutants();
	printf("%zu executions: %zu seeds, %d mutants\n", mutate_count + (argc == 1 ? MUTANTS : 0),
	    mutate_count, argc == 1 ? MUTANTS : 0);
	for (size_t i = 0; i < mutate_count; i++)
		free(mutate_seeds[i]);
	return 0;
}

#endif
