/*
 * stream_fuzz.c - any bytes as the event stream that relinkctl follows, and as an answer that it
 * explains: nothing is shown that a terminal would obey.
 *
 * The first byte says in what pieces the rest comes, and whether the terminal knows UTF-8.
 */
#include "stream.c" /* for take_bytes, which is behind curl */

#include <locale.h>

#include "base/must.h"
#include "event.h"
#include "fuzz.h"

static bool utf8;

static void prove_harmless(struct str s)
{
	must(s.n == 0 || str_is_utf8(s));
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		must(c >= 0x20 && c != 0x7f && (utf8 || c < 0x80));
		/* C1, as UTF-8 */
		must(c != 0xc2 || (unsigned char)s.p[i + 1] >= 0xa0);
	}
}

/* As `events` and `timeline` show it. */
static void on_event(void *ctx, const struct stream_event *e)
{
	json_t *json = json_loadb(e->data.p, e->data.n, 0, NULL);
	struct buf line;

	(void)ctx;
	must(e->id.n < ID_BYTES && e->data.n <= EVENT_BYTES && e->type.n <= ID_BYTES);
	buf_init(&line, 4u << 20);
	event_line(&line, json, e->id, e->type, utf8);
	prove_harmless(buf_all(&line));
	buf_fini(&line);
	json_decref(json);
}

static void on_broken(void *ctx, const char *sentence)
{
	(void)ctx, (void)sentence;
}

static struct stream *make_stream(const struct target *target)
{
	const struct stream_handler handler = { .event = on_event, .broken = on_broken };
	struct stream *s = NULL;

	must(stream_new(&s, target, "/v1/events", "", &handler, NULL) == 0);
	return s;
}

static void follow(struct stream *s, struct str bytes, size_t step)
{
	while (bytes.n > 0) {
		size_t n = step < bytes.n ? step : bytes.n;

		if (!take_bytes(s, bytes.p, n))
			return;
		bytes = (struct str){ bytes.p + n, bytes.n - n };
	}
}

/* Its sentence is made harmless by who says it; here it must only be one. */
static void explain(struct stream *s, struct str bytes)
{
	struct why why;

	buf_reset(&s->refusal.body);
	buf_str(&s->refusal.body, bytes);
	must(explain_refusal(s, 404, &why) == ERR_DENIED && why.text[0] != '\0');
}

int fuzz_one(const uint8_t *data, size_t size)
{
	static const size_t steps[] = { SIZE_MAX, 1, 3, 64 };
	static char url[] = "http://127.0.0.1";
	static const struct target target = { .url = url };
	struct tape t = { data, size };
	uint8_t how = tape_byte(&t);
	struct str bytes = { (const char *)t.p, t.n };
	struct stream *s = make_stream(&target);

	setlocale(LC_CTYPE, "C.UTF-8");
	utf8 = (how & 4) == 0;
	follow(s, bytes, steps[how & 3]);
	explain(s, bytes);
	stream_free(&s);
	return 0;
}
