#include "base/memory.h"

#include <sys/resource.h>

#include <unistd.h>

#include "unit.h"

/* So it is with ulimit -v. check(3) itself needs memory: it may look only when there is some. */
static void
limit(rlim_t bytes)
{
	const struct rlimit l = { bytes, RLIM_INFINITY };

	if (setrlimit(RLIMIT_AS, &l) == -1)
		abort();
}

/* Address space, in bytes; 0 where that cannot be told. */
static rlim_t
in_use(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f != NULL && fscanf(f, "%lu", &pages) != 1)
		pages = 0;
	if (f != NULL)
		fclose(f);
	return (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

static void
use_all_up(void)
{
	limit(in_use());
	for (size_t size = 1 << 20; size >= 16; size /= 2)
		while (malloc(size) != NULL)
			;
}

START_TEST(is_there_when_there_is_none)
{
	bool before = memory_reserve(), after;
	int count = 0;
	char *text;

	use_all_up();
	text = memory_text("226 Transfer complete.");
	after = memory_reserve();
	while (count < 1000 && memory_new(64) != NULL)
		count++;
	limit(RLIM_INFINITY);
	ck_assert(before);
	ck_assert(!after);
	ck_assert(memory_reserve());
	ck_assert_int_eq(count, 1000);
	ck_assert_str_eq(text, "226 Transfer complete.");
}
END_TEST

START_TEST(grows_and_is_zeroed)
{
	char *p = memory_new(3);

	ck_assert_mem_eq(p, "\0\0\0", 3);
	memcpy(p, "abc", 3);
	p = memory_grow(p, 100000);
	ck_assert_mem_eq(p, "abc", 3);
	free(p);
}
END_TEST

/* Who goes by its size, and always leaves something in it, does not make it grow. */
START_TEST(bytes_stay)
{
	struct bytes b = { 0 };

	for (int i = 0; i < 1000; i++) {
		size_t room = 16384 - b.len;

		ck_assert_ptr_nonnull(bytes_room(&b, room));
		b.len += room;
		bytes_take(&b, 100);
		ck_assert_uint_eq(b.size, 16384);
	}
	bytes_free(&b);
}
END_TEST

START_TEST(lists_of_texts)
{
	struct strings list = { .bad = false };

	strings_add(&list, "a");
	for (int i = 0; i < 100; i++)
		strings_add(&list, "b", "c");
	strings_add(&list, NULL);
	ck_assert(!list.bad && list.count == 202);
	ck_assert_str_eq(list.item[0], "a");
	ck_assert_str_eq(list.item[200], "c");
	ck_assert_ptr_null(list.item[201]);
	free(list.item);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_test(t, lists_of_texts);
	tcase_add_test(t, grows_and_is_zeroed);
	tcase_add_test(t, bytes_stay);
#ifndef __SANITIZE_ADDRESS__ /* its allocator ends the process */
	if (in_use() > 0)
		tcase_add_test(t, is_there_when_there_is_none);
#endif
}

int
main(void)
{
	return unit_run("memory", add);
}
