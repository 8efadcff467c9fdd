/*
 * web.c - web/web.h once more: requests are checked and copied as always, and never sent.
 *
 * They are answered when their instance drops them, which is never by a callback.
 */
#include "web/web.h"

#include "base/must.h"

void web_open(struct web *w, uv_loop_t *loop, struct alarms *alarms)
{
	(void)loop;
	*w = (struct web){ .alarms = alarms };
}

void web_close(struct web *w)
{
	w->closed = true;
}

static void prove_request(const struct web_request *r)
{
	if (r->refused != RELINK_NONE) {
		must(r->refused < RELINK_CAUSE_COUNT && r->text[0] != '\0' && r->block == NULL);
		return;
	}
	must(strlen(r->url) <= WEB_URL_MAX && r->body.n <= WEB_BODY_MAX);
	must(strncmp(r->server, "http", 4) == 0 && r->connect_ms > 0 && r->connect_ms <= 60000);
	must(r->total_ms > 0 && r->total_ms <= 600000 && r->body_max <= WEB_BODY_MAX);
	for (const struct curl_slist *h = r->headers; h != NULL; h = h->next)
		must(strpbrk(h->data, "\r\n") == NULL);
}

relink_http web_ask(struct web *w, const void *owner, const struct relink_http_request *request,
		    web_fn *fn, void *arg)
{
	struct web_request r;

	(void)owner, (void)fn, (void)arg;
	must(request->size == sizeof *request);
	if (web_request_take(&r, request) < 0)
		return 0;
	prove_request(&r);
	web_request_fini(&r);
	return ++w->last;
}

void web_drop(struct web *w, const void *owner, relink_http id)
{
	(void)w, (void)owner, (void)id;
}

unsigned web_drop_all(struct web *w, const void *owner)
{
	(void)owner;
	return (unsigned)w->last % 2;
}
