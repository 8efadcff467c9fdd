/*
 * log.c - formats events and writes them, one write per line.
 *
 * A pipe whose reader sleeps must not stop the daemon, and O_NONBLOCK would leak into whoever shares
 * the terminal; so poll says whether there is room, and if not the line is dropped and counted.  What
 * poll promises is room for PIPE_BUF bytes, so no line is longer.
 */
#include "base/log.h"

#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/obj.h"

#define LINE_MAX_BYTES   PIPE_BUF
#define FRAME_BYTES      256 /* of a line, for all that stands around the fields */
#define REPEAT_WINDOW_MS 10000
#define RECENT           16

struct recent {
	uint64_t hash, first_ms, count;
	char name[48];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int out_fd = STDERR_FILENO;
static bool as_json;
static char program[32] = "relink";
static _Atomic enum log_level levels[LOG_SUB_COUNT] = {
#define S(id, name) [LOG_SUB_##id] = LOG_INFO,
	LOG_SUBSYSTEMS(S)
#undef S
};
static uint64_t n_dropped;
static struct recent recent[RECENT];
static unsigned next_recent;

static const char *const level_names[LOG_LEVELS] = { "error", "warn", "info", "debug" };
static const char *const sub_names[LOG_SUB_COUNT] = {
#define S(id, name) [LOG_SUB_##id] = name,
	LOG_SUBSYSTEMS(S)
#undef S
};

const char *log_level_name(enum log_level l)
{
	return level_names[l];
}

bool log_level_of(struct str name, enum log_level *ret_level)
{
	for (unsigned i = 0; i < LOG_LEVELS; i++) {
		if (str_is(name, level_names[i])) {
			*ret_level = (enum log_level)i;
			return true;
		}
	}
	return false;
}

bool log_subsystem_of(struct str name, enum log_subsystem *ret_sub)
{
	for (unsigned i = 0; i < LOG_SUB_COUNT; i++) {
		if (str_is(name, sub_names[i])) {
			*ret_sub = (enum log_subsystem)i;
			return true;
		}
	}
	return false;
}

bool log_wants(enum log_level level, enum log_subsystem sub)
{
	return level <= levels[sub];
}

void log_to_fd(int fd)
{
	pthread_mutex_lock(&lock);
	out_fd = fd;
	pthread_mutex_unlock(&lock);
}

void log_as_json(bool json)
{
	pthread_mutex_lock(&lock);
	as_json = json;
	pthread_mutex_unlock(&lock);
}

void log_program(const char *name)
{
	pthread_mutex_lock(&lock);
	snprintf(program, sizeof program, "%s", name);
	for (char *c = program; *c != '\0'; c++) {
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
	}
	pthread_mutex_unlock(&lock);
}

void log_set_level(enum log_level level)
{
	for (unsigned i = 0; i < LOG_SUB_COUNT; i++)
		levels[i] = level;
}

void log_set_subsystem_level(enum log_subsystem sub, enum log_level level)
{
	levels[sub] = level;
}

uint64_t log_dropped(void)
{
	uint64_t n;

	pthread_mutex_lock(&lock);
	n = n_dropped;
	pthread_mutex_unlock(&lock);
	return n;
}

/* Length of the UTF-8 sequence at `at` when it may stand in a line for people: no C0 or C1 control. */
static size_t printable_at(struct str v, size_t at)
{
	const unsigned char *c = (const unsigned char *)v.p + at;
	size_t n = str_utf8_at(v, at);

	if (n == 1)
		return *c >= 0x20 && *c != 0x7f;
	return n == 2 && c[0] == 0xc2 && c[1] < 0xa0 ? 0 : n;
}

/* Text values stand bare when they are harmless, else in quotes with escapes. */
static void text_value(struct buf *b, struct str v)
{
	bool bare = v.n > 0;

	for (size_t i = 0; i < v.n && bare; i++) {
		unsigned char c = (unsigned char)v.p[i];

		bare = c > 0x20 && c < 0x7f && c != '"' && c != '=' && c != '\\';
	}
	if (bare) {
		buf_str(b, v);
		return;
	}
	buf_byte(b, '"');
	for (size_t i = 0, n; i < v.n; i += n) {
		unsigned char c = (unsigned char)v.p[i];

		n = printable_at(v, i);
		if (c == '"' || c == '\\') {
			buf_printf(b, "\\%c", c);
		} else if (n > 0) {
			buf_add(b, v.p + i, n);
		} else {
			buf_printf(b, c == '\n' ? "\\n" : "\\x%02x", c);
			n = 1;
		}
	}
	buf_byte(b, '"');
}

static void json_field(struct buf *b, const struct log_field *f)
{
	struct jw j = { b, true };
	char digits[24];

	switch (f->type) {
	case LOG_F_STR:
		jw_str(&j, f->key, f->s);
		break;
	case LOG_F_U64:
		jw_u64(&j, f->key, f->u);
		break;
	case LOG_F_I64:
		snprintf(digits, sizeof digits, "%lld", (long long)f->i);
		jw_raw(&j, f->key, str_of(digits));
		break;
	case LOG_F_BOOL:
		jw_bool(&j, f->key, f->u != 0);
		break;
	}
}

static void text_field(struct buf *b, const struct log_field *f)
{
	buf_printf(b, " %s=", f->key);
	switch (f->type) {
	case LOG_F_STR:
		text_value(b, f->s);
		break;
	case LOG_F_U64:
		buf_u64(b, f->u);
		break;
	case LOG_F_I64:
		buf_printf(b, "%lld", (long long)f->i);
		break;
	case LOG_F_BOOL:
		buf_text(b, f->u != 0 ? "yes" : "no");
		break;
	}
}

/* A field for which the line has no room is left out as a whole; false when there was one. */
static bool format_fields(struct buf *b, const struct log_field *f)
{
	bool whole = true;

	for (; f->key != NULL; f++) {
		size_t before = b->n;

		(as_json ? json_field : text_field)(b, f);
		if (b->failed != 0) {
			b->n = before;
			b->failed = 0;
			whole = false;
		}
	}
	return whole;
}

static void format_head(struct buf *b, enum log_level level, enum log_subsystem sub,
			const char *name)
{
	struct jw j = jw_to(b);
	struct buf stamp;

	if (as_json) {
		jw_object(&j, NULL);
		jw_time(&j, "time", clock_wall_ms());
		jw_text(&j, "level", level_names[level]);
		jw_text(&j, "program", program);
		jw_text(&j, "subsystem", sub_names[sub]);
		jw_text(&j, "event", name);
		return;
	}
	buf_init(&stamp, 64);
	j = jw_to(&stamp);
	jw_time(&j, NULL, clock_wall_ms());
	if (stamp.n > 2) {
		buf_add(b, stamp.p + 1, stamp.n - 2); /* without its quotes */
		buf_printf(b, " %-5s %s %s", level_names[level], program, name);
	}
	buf_fini(&stamp);
}

static void write_line(struct buf *b)
{
	struct pollfd p = { .fd = out_fd, .events = POLLOUT };

	buf_text(b, as_json ? "}\n" : "\n");
	if (b->failed != 0 || poll(&p, 1, 0) < 1 || (p.revents & POLLOUT) == 0 ||
	    write(out_fd, b->p, b->n) < 0)
		n_dropped++;
}

static void write_repeats(struct recent *r)
{
	struct log_field fields[] = { f_text("what", r->name), f_u64("count", r->count), { 0 } };
	struct buf b;

	if (r->count == 0)
		return;
	buf_init(&b, LINE_MAX_BYTES);
	format_head(&b, LOG_INFO, LOG_SUB_APP, "log.repeated");
	format_fields(&b, fields);
	write_line(&b);
	buf_fini(&b);
	r->count = 0;
}

/* True when the same line was printed a moment ago; it is counted then. */
static bool is_repeat(const char *name, struct str body, uint64_t now)
{
	uint64_t hash = str_hash(body) ^ str_hash(str_of(name));
	struct recent *r;

	for (unsigned i = 0; i < RECENT; i++) {
		r = &recent[i];
		if (r->hash != hash || r->first_ms == 0)
			continue;
		if (now - r->first_ms < REPEAT_WINDOW_MS) {
			r->count++;
			return true;
		}
		write_repeats(r);
		r->first_ms = now;
		return false;
	}
	r = &recent[next_recent];
	next_recent = (next_recent + 1) % RECENT;
	write_repeats(r);
	*r = (struct recent){ .hash = hash, .first_ms = now };
	snprintf(r->name, sizeof r->name, "%s", name);
	return false;
}

void log_fields(enum log_level level, enum log_subsystem sub, const char *name,
		const struct log_field *fields)
{
	struct buf body, line;
	bool whole;

	buf_init(&body, LINE_MAX_BYTES - FRAME_BYTES);
	buf_init(&line, LINE_MAX_BYTES);
	pthread_mutex_lock(&lock);
	whole = format_fields(&body, fields);
	if (!is_repeat(name, buf_all(&body), clock_mono_ns() / 1000000ull + 1)) {
		format_head(&line, level, sub, name);
		buf_str(&line, buf_all(&body));
		if (!whole)
			buf_text(&line, as_json ? ",\"cut\":true" : " cut=yes");
		write_line(&line);
	}
	pthread_mutex_unlock(&lock);
	buf_fini(&body);
	buf_fini(&line);
}

void log_flush(void)
{
	pthread_mutex_lock(&lock);
	for (unsigned i = 0; i < RECENT; i++) {
		write_repeats(&recent[i]);
		recent[i].first_ms = 0;
	}
	pthread_mutex_unlock(&lock);
}
