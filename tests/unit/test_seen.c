#include "status/seen.h"

#include "unit.h"

static uint8_t packet[STATUS_PACKET_MAX];

static size_t
picture(uint64_t bytes, unsigned channels)
{
	struct status_record r = { .type = STATUS_SESSION };
	struct wire w;

	wire_write_to(&w, packet, sizeof(packet));
	snprintf(r.u.session.user, sizeof(r.u.session.user), "anna");
	ck_assert_int_eq(status_put(&w, &r), 0);
	for (unsigned i = 1; i <= channels; i++) {
		r = (struct status_record){ .type = STATUS_CHANNEL };
		r.u.channel.number = i;
		r.u.channel.bytes = bytes;
		ck_assert_int_eq(status_put(&w, &r), 0);
	}
	return w.len;
}

START_TEST(rates)
{
	struct seen s = { 0 };
	size_t at;

	ck_assert(seen_report(&s, packet, picture(1000, 2), 5000));
	ck_assert_str_eq(s.session.user, "anna");
	ck_assert_uint_eq(s.channels, 2);
	ck_assert_uint_eq(s.channel[0].rate, 0);
	ck_assert(seen_report(&s, packet, picture(5000, 2), 7000));
	ck_assert_uint_eq(s.channel[1].rate, 2000);
	ck_assert_uint_eq(s.first[1], 5000);
	ck_assert(seen_report(&s, packet, picture(9000, 2), 7050)); /* too soon to tell */
	ck_assert_uint_eq(s.channel[1].rate, 2000);
	ck_assert(seen_report(&s, packet, picture(13000, 2), 9000)); /* 4000, half of it counts */
	ck_assert_uint_eq(s.channel[1].rate, 3000);
	ck_assert(seen_report(&s, packet, picture(13000, 2), 11000)); /* it stands still */
	ck_assert_uint_eq(s.channel[1].rate, 1500);
	ck_assert_ptr_eq(seen_channel(&s, 2, &at), &s.channel[1]);
	ck_assert_ptr_null(seen_channel(&s, 3, &at));
}
END_TEST

/* Who asks all the time is told, too: what comes between two looks is not lost. */
START_TEST(looks_in_quick_succession)
{
	struct seen s = { 0 };

	for (unsigned i = 0; i <= 40; i++) {
		s.reports = 0;
		ck_assert(seen_report(&s, packet, picture(i * 50, 1), 5000 + i * 50));
	}
	ck_assert_uint_eq(s.channel[0].rate, 1000);
}
END_TEST

START_TEST(nonsense_does_not_count)
{
	struct seen s = { 0 };
	size_t len = picture(1, 1);

	ck_assert(seen_report(&s, packet, len, 5000));
	for (size_t n = 0; n < len; n++) {
		s.reports = 0;
		if (seen_report(&s, packet, n, 6000) && s.at == 6000)
			ck_assert_uint_eq(s.channels, 0); /* cut behind the session */
	}
	s.reports = 0;
	ck_assert(seen_report(&s, packet, picture(1, 1), 7000));
	memset(packet, 0xff, sizeof(packet));
	ck_assert(seen_report(&s, packet, 100, 8000));
	ck_assert_uint_eq(s.at, 7000);
	ck_assert_uint_eq(s.channels, 1);
}
END_TEST

START_TEST(too_many)
{
	struct seen s = { 0 };
	size_t len = picture(1, 0);

	for (unsigned i = 1; i < SEEN_REPORTS; i++)
		ck_assert(seen_report(&s, packet, len, 5000 + i));
	ck_assert(!seen_report(&s, packet, len, 5100));
	ck_assert(!seen_report(&s, "x", 1, 5200)); /* nonsense is one, too */
	ck_assert(seen_report(&s, packet, len, 5001 + SEEN_WINDOW_MS));
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_test(t, rates);
	tcase_add_test(t, looks_in_quick_succession);
	tcase_add_test(t, nonsense_does_not_count);
	tcase_add_test(t, too_many);
}

int
main(void)
{
	return unit_run("seen", add);
}
