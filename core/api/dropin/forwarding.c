/*
 * forwarding.c - the application as a receiver: which lines are for it, and what it is sent.
 *
 * What an event says is how things are when it is sent (a QR code above all).
 */
#include "api/dropin/forwarding.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/dropin/event.h"
#include "api/dropin/secret.h"
#include "api/dropin/session.h"
#include "api/receiver.h"
#include "base/obj.h"
#include "out/bus.h"

#define FORWARDING_MAGIC 0xf04d5eedu

#define PLACE_NAME "dropin"

struct forwarding {
	unsigned magic;
	struct dropin *dropin;
	char *url, *own_url;
	struct secret secret;
	struct receiver *receiver;
};

static int write(void *ctx, const struct journal_record *line, struct letter *letter)
{
	struct forwarding *f;
	int r;

	OBJ_CAST(f, ctx, FORWARDING_MAGIC);
	letter->url = str_of(f->url);
	r = event_write(&letter->body, f->dropin, line);
	return r == 0 ? event_sign(letter, secret_str(&f->secret), line->seq, f->own_url) : r;
}

static bool wants(void *ctx, const struct journal_record *r)
{
	struct forwarding *f;

	OBJ_CAST(f, ctx, FORWARDING_MAGIC);
	return event_is_told(r) && clients_of(f->dropin->clients, r->account) != NULL;
}

static int fill(struct forwarding *f, const struct dropin_options *o, struct why *why)
{
	struct receiver_options options = { .name = PLACE_NAME,
					    .bus = f->dropin->face->bus,
					    .total_ms = o->webhook_ms,
					    .begin = bus_newest(f->dropin->face->bus),
					    .ctx = f,
					    .wants = wants,
					    .write = write };
	const struct outbox_office *office = f->dropin->face->office;

	must(office != NULL);
	f->url = str_dup(str_of(o->webhook_url));
	if (f->url == NULL || office->open(office->ctx, &options.outbox) < 0 ||
	    receiver_new(&f->receiver, &options) < 0)
		return why_set(why, ERR_NOMEM, "out of memory");
	return secret_read(&f->secret, o->webhook_secret, o->webhook_secret_file, SECRET_OF_WEBHOOK,
			   why);
}

int forwarding_new(struct forwarding **ret_forwarding, struct dropin *d,
		   const struct dropin_options *o, struct why *why)
{
	struct forwarding *f = calloc(1, sizeof *f);
	int r;

	if (f == NULL)
		return why_set(why, ERR_NOMEM, "out of memory");
	OBJ_INIT(f, FORWARDING_MAGIC);
	f->dropin = d;
	r = fill(f, o, why);
	if (r == 0)
		*ret_forwarding = TAKE(f);
	forwarding_free(&f);
	return r;
}

int forwarding_start(struct forwarding *f, const char *url)
{
	f->own_url = str_dup(str_of(url));
	if (f->own_url == NULL)
		return ERR_NOMEM;
	receiver_start(f->receiver);
	return 0;
}

void forwarding_stop(struct forwarding *f)
{
	receiver_stop(f->receiver, true);
}

void forwarding_stats(const struct forwarding *f, struct forward_stats *ret_stats,
		      uint64_t *ret_backlog)
{
	receiver_stats(f->receiver, ret_stats, ret_backlog);
}

void forwarding_free(struct forwarding **forwarding)
{
	struct forwarding *f = TAKE(*forwarding);

	if (f == NULL)
		return;
	receiver_free(&f->receiver);
	secret_free(&f->secret);
	free(f->url);
	free(f->own_url);
	OBJ_FINI(f);
	free(f);
}
