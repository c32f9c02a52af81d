/* What is kept is kept as long as the tunnel lives. */
#include "ends/keep.h"

#include <sys/socket.h>

#include <unistd.h>

#include "base/packet.h"
#include "unit.h"

START_TEST(test_lives)
{
	struct keep k = { -1 };
	int pair[2];

	ck_assert(!keep_lives(NULL) && !keep_lives(&k));
	ck_assert_int_eq(packet_pair(pair, false), 0);
	k.fd = pair[0];
	ck_assert(keep_lives(&k));
	keep_upload(&k, 1, 0);
	ck_assert(keep_lives(&k));
	close(pair[1]);
	ck_assert(!keep_lives(&k));
	close(pair[0]);
}
END_TEST

static void
tests(TCase *t)
{
	tcase_add_test(t, test_lives);
}

int
main(void)
{
	return unit_run("keep", tests);
}
