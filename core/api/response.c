/* response.c - status line, headers, content. */
#include "api/response.h"

#include "base/must.h"

const char *status_text(unsigned status)
{
	static const struct {
		unsigned status;
		const char *text;
	} texts[] = {
		{ 200, "OK" },
		{ 201, "Created" },
		{ 202, "Accepted" },
		{ 204, "No Content" },
		{ 303, "See Other" },
		{ 304, "Not Modified" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 408, "Request Timeout" },
		{ 409, "Conflict" },
		{ 410, "Gone" },
		{ 413, "Content Too Large" },
		{ 414, "URI Too Long" },
		{ 415, "Unsupported Media Type" },
		{ 417, "Expectation Failed" },
		{ 421, "Misdirected Request" },
		{ 422, "Unprocessable Content" },
		{ 429, "Too Many Requests" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" },
		{ 502, "Bad Gateway" },
		{ 503, "Service Unavailable" },
		{ 504, "Gateway Timeout" },
		{ 505, "HTTP Version Not Supported" },
		{ 507, "Insufficient Storage" },
	};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		if (texts[i].status == status)
			return texts[i].text;
	}
	return "Unknown";
}

void response_header(struct response *r, const char *name, struct str value)
{
	must(r->n_headers < RESPONSE_HEADERS);
	for (size_t i = 0; i < value.n; i++)
		must((unsigned char)value.p[i] >= 0x20 && value.p[i] != 0x7f);
	r->headers[r->n_headers].name = name;
	r->headers[r->n_headers].value = value;
	r->n_headers++;
}

static void line(struct buf *out, const char *name, struct str value)
{
	buf_text(out, name);
	buf_text(out, ": ");
	buf_str(out, value);
	buf_text(out, "\r\n");
}

void response_write(struct buf *out, const struct response *r, const char *date, bool keep_alive,
		    bool head_only)
{
	buf_text(out, "HTTP/1.1 ");
	buf_u64(out, r->status);
	buf_byte(out, ' ');
	buf_text(out, status_text(r->status));
	buf_text(out, "\r\n");
	line(out, "Date", str_of(date));
	if (r->type != NULL)
		line(out, "Content-Type", str_of(r->type));
	if (!r->stream && r->status != 204 && r->status != 304) {
		buf_text(out, "Content-Length: ");
		buf_u64(out, r->body.n);
		buf_text(out, "\r\n");
	}
	for (unsigned i = 0; i < r->n_headers; i++)
		line(out, r->headers[i].name, r->headers[i].value);
	line(out, "Cache-Control", str_of(r->cache != NULL ? r->cache : "no-store"));
	line(out, "X-Content-Type-Options", STR("nosniff"));
	line(out, "Connection", keep_alive ? STR("keep-alive") : STR("close"));
	buf_text(out, "\r\n");
	if (!head_only)
		buf_str(out, r->body);
}
