/* The first byte: the side, the size of the pieces, and whether it all comes often, which makes
 * lines that are too long. The lines are those that come from all bytes at once; there are as many
 * as line feeds, and more where replies are cut. */
#include "fuzz.h"

#include "ftp/line.h"

struct sum {
	size_t lines, cut; /* cut: replies whose ends were not waited for */
	uint64_t hash;
};

static void
sum_add(struct sum *sum, const void *data, size_t len)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < len; i++)
		sum->hash = (sum->hash ^ p[i]) * 0x100000001b3ULL;
}

static struct sum
read_all(bool client, const uint8_t *data, size_t len, size_t piece)
{
	struct line_reader r;
	struct sum sum = { 0, 0, 14695981039346656037ULL };
	enum line_status status;

	r = (struct line_reader){ .client = client };
	for (size_t at = 0; at < len;) {
		size_t n = len - at < piece ? len - at : piece;

		n = line_feed(&r, data + at, n, &status);
		MUST(n > 0);
		at += n;
		MUST(r.line.len <= (client ? LINE_COMMAND_MAX : LINE_REPLY_MAX));
		if (status == LINE_MORE)
			continue;
		MUST(r.line.len == 0 || memchr(bytes_data(&r.line), '\n', r.line.len) == NULL);
		MUST(!client || r.line.len == 0 ||
		    (memchr(bytes_data(&r.line), '\r', r.line.len) == NULL && memchr(bytes_data(&r.line), '\0', r.line.len) == NULL));
		sum.lines++;
		sum.cut += !client && status == LINE_LONG;
		sum.cut += client && data[at - 1] == '\r' && (at == len || data[at] != '\n'); /* ABOR */
		sum_add(&sum, &status, sizeof(status));
		sum_add(&sum, bytes_data(&r.line), r.line.len);
	}
	bytes_free(&r.line);
	return sum;
}

static void
compare(bool client, const uint8_t *data, size_t len, size_t piece)
{
	struct sum whole = read_all(client, data, len, len);
	struct sum pieces = read_all(client, data, len, piece);
	size_t feeds = 0;

	MUST(whole.lines == pieces.lines && whole.hash == pieces.hash);
	for (size_t i = 0; i < len; i++)
		feeds += data[i] == '\n';
	MUST(whole.lines == feeds + whole.cut);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t max, times, piece;
	uint8_t *all;

	if (len-- < 2)
		return 0;
	max = data[0] & 1 ? LINE_COMMAND_MAX : LINE_REPLY_MAX;
	times = data[0] >> 5 == 7 ? max / len + 2 : 1;
	piece = (size_t)(data[0] >> 1 & 63) + 1;
	all = malloc(len * times);
	for (size_t i = 0; i < times; i++)
		memcpy(all + i * len, data + 1, len);
	compare(data[0] & 1, all, len * times, times > 1 ? piece * 1000 : piece);
	free(all);
	return 0;
}
