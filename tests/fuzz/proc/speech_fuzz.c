/*
 * speech_fuzz.c - any bytes as what a worker or a service prints: lines of the log that cannot be
 * mistaken for others, and last words that fit into an obituary.
 *
 * The first byte chooses who prints and how the log is written.  Then come pieces of the output, each
 * behind a byte with its length; 255 is a log message in a frame instead.
 */
#include <jansson.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/must.h"
#include "fuzz.h"
#include "proc/cut.h"

#define LOG_LINE_MAX  8192
#define LOG_BYTES_MAX (1u << 20)

static char logged[LOG_BYTES_MAX];

static void prove_line(struct str line, bool json)
{
	json_t *v;

	must(line.n > 0 && line.n <= LOG_LINE_MAX && str_is_utf8(line));
	for (size_t i = 0; i < line.n; i++)
		must((unsigned char)line.p[i] >= 0x20 && line.p[i] != 0x7f);
	if (!json)
		return;
	v = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	must(json_is_object(v) && json_is_string(json_object_get(v, "event")));
	json_decref(v);
}

/* Each line of the log, which is emptied. */
static void prove_log(int fd, bool json)
{
	ssize_t n = pread(fd, logged, sizeof logged, 0);
	struct str rest = { logged, n > 0 ? (size_t)n : 0 };

	must(n >= 0 && rest.n < sizeof logged);
	while (rest.n > 0) {
		const char *end = memchr(rest.p, '\n', rest.n);
		struct str line = { rest.p, end != NULL ? (size_t)(end - rest.p) : 0 };

		prove_line(line, json);
		rest = (struct str){ end + 1, rest.n - line.n - 1 };
	}
	must(ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0);
}

/* As the API shows them. */
static void prove_last(const struct speech *s)
{
	struct buf last, out;
	struct jw j = jw_to(&out);
	json_t *v;

	buf_init(&last, SPEECH_LAST_BYTES);
	speech_last(s, &last);
	must(last.failed == 0);
	buf_init(&out, 8 * SPEECH_LAST_BYTES);
	jw_object(&j, NULL);
	jw_str(&j, "last_lines", buf_all(&last));
	jw_object_end(&j);
	v = json_loadb(out.p, out.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	must(json_is_object(v));
	json_decref(v);
	buf_fini(&last);
	buf_fini(&out);
}

/* A frame's log message was cut and made fit by whoever took the frame. */
static void say_message(struct speech *s, struct tape *t)
{
	uint8_t level = tape_byte(t) % 4;
	struct tape text = tape_cut(t, tape_byte(t));
	struct str said = { (const char *)text.p, text.n };

	if (said.n > 0 && str_is_utf8(said))
		speech_message(s, level, STR("one"), said);
}

static void say(struct speech *s, struct tape *t)
{
	struct cut cut = { .n = 0 };

	while (!tape_ended(t)) {
		uint8_t n = tape_byte(t);
		struct tape piece;

		if (n == 0xff) {
			say_message(s, t);
			continue;
		}
		piece = tape_cut(t, n < 0xf0 ? n : (n - 0xefu) * 512);
		clock_virtual(clock_ms() + n);
		cut_lines(&cut, s, "stdout", (const char *)piece.p, piece.n);
	}
	cut_rest(&cut, s, "stdout");
}

static int open_log(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("log", MFD_CLOEXEC);
	must(fd >= 0);
	log_to_fd(fd);
	log_set_level(LOG_DEBUG);
	return fd;
}

int fuzz_one(const uint8_t *data, size_t size)
{
	struct tape t = { data, size };
	uint8_t how = tape_byte(&t);
	bool json = (how & 1) != 0;
	uint64_t dropped = 0;
	struct speech s;
	int fd = open_log();

	clock_virtual(1763287200000);
	log_as_json(json);
	if ((how & 2) != 0)
		speech_init_service(&s, "webjs-1", &dropped);
	else
		speech_init(&s, 3, "mock", &dropped);
	say(&s, &t);
	prove_last(&s);
	speech_fini(&s);
	log_flush();
	prove_log(fd, json);
	return 0;
}
