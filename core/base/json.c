/* json.c - the JSON writer. */
#include "base/json.h"

#include <stdio.h>
#include <time.h>

static void escape(struct buf *out, struct str s)
{
	static const char hex[] = "0123456789abcdef";
	size_t plain = 0, i = 0; /* bytes from plain to i go out as they are */

	buf_byte(out, '"');
	while (i < s.n) {
		unsigned char c = (unsigned char)s.p[i];
		char esc[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };
		size_t n = str_utf8_at(s, i);

		if (n > 1 || (c >= 0x20 && c < 0x7f && c != '"' && c != '\\')) {
			i += n;
			continue;
		}
		buf_add(out, s.p + plain, i - plain);
		if (c == '"' || c == '\\') {
			buf_byte(out, '\\');
			buf_byte(out, (char)c);
		} else if (c == '\n') {
			buf_text(out, "\\n");
		} else if (c >= 0x80) {
			buf_text(out, "\xef\xbf\xbd");
		} else {
			buf_add(out, esc, sizeof esc);
		}
		plain = ++i;
	}
	if (i > plain)
		buf_add(out, s.p + plain, i - plain);
	buf_byte(out, '"');
}

static void begin(struct jw *j, const char *key)
{
	if (j->comma)
		buf_byte(j->out, ',');
	j->comma = true;
	if (key != NULL) {
		buf_byte(j->out, '"');
		buf_text(j->out, key);
		buf_add(j->out, "\":", 2);
	}
}

void jw_object(struct jw *j, const char *key)
{
	begin(j, key);
	buf_byte(j->out, '{');
	j->comma = false;
}

void jw_object_end(struct jw *j)
{
	buf_byte(j->out, '}');
	j->comma = true;
}

void jw_array(struct jw *j, const char *key)
{
	begin(j, key);
	buf_byte(j->out, '[');
	j->comma = false;
}

void jw_array_end(struct jw *j)
{
	buf_byte(j->out, ']');
	j->comma = true;
}

void jw_str(struct jw *j, const char *key, struct str v)
{
	begin(j, key);
	escape(j->out, v);
}

void jw_text(struct jw *j, const char *key, const char *v)
{
	if (v == NULL)
		jw_null(j, key);
	else
		jw_str(j, key, str_of(v));
}

void jw_u64(struct jw *j, const char *key, uint64_t v)
{
	begin(j, key);
	buf_u64(j->out, v);
}

void jw_bool(struct jw *j, const char *key, bool v)
{
	begin(j, key);
	buf_text(j->out, v ? "true" : "false");
}

void jw_null(struct jw *j, const char *key)
{
	begin(j, key);
	buf_text(j->out, "null");
}

void jw_time(struct jw *j, const char *key, uint64_t ms)
{
	time_t s = (time_t)(ms / 1000);
	struct tm tm;
	char text[40];

	if (ms == 0 || gmtime_r(&s, &tm) == NULL) {
		jw_null(j, key);
		return;
	}
	begin(j, key);
	strftime(text, sizeof text, "\"%Y-%m-%dT%H:%M:%S", &tm);
	buf_text(j->out, text);
	buf_printf(j->out, ".%03uZ\"", (unsigned)(ms % 1000));
}

void jw_raw(struct jw *j, const char *key, struct str v)
{
	begin(j, key);
	buf_str(j->out, v);
}
