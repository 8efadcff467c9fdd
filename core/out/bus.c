/*
 * bus.c - a ring of told events, and the subscribers at their places.
 *
 * `floor` is what makes places enough: every told line above it is in the ring.  Whatever makes the
 * ring forget (a full ring, no memory) raises the floor, and who is below it reads from the store.
 */
#include "out/bus.h"

#include <stdlib.h>
#include <utlist.h>

#include "base/buf.h"
#include "base/obj.h"
#include "out/event_json.h"

/* The longest event: the texts of a line, each byte escaped, and a frame around them. */
#define EVENT_MAX (64u << 10)

/* The JSON, and behind it the account's id and its workspace.  The buffer is used again when the slot is. */
struct slot {
	uint64_t seq;
	const char *type;
	unsigned kind;
	struct buf text;
	size_t n_json, n_account;
};

struct bus {
	struct slot *ring;
	unsigned size, first, n;
	uint64_t floor;  /* every told line above it is in the ring */
	uint64_t newest; /* last line published, told or not */
	uint64_t told;   /* last told line */
	uint64_t woken;  /* `told` when subscribers were woken last */
	struct bus_subscriber *subscribers;
	struct bus_subscriber *next_to_wake; /* so that a wake may unsubscribe anybody */
};

static struct slot *slot_at(const struct bus *b, unsigned i)
{
	return &b->ring[(b->first + i) % b->size];
}

int bus_new(struct bus **ret_bus, unsigned ring_size, uint64_t last_seq)
{
	struct bus *b;

	must(ring_size > 0);
	b = calloc(1, sizeof *b);
	if (b == NULL)
		return ERR_NOMEM;
	b->ring = calloc(ring_size, sizeof *b->ring);
	if (b->ring == NULL) {
		free(b);
		return ERR_NOMEM;
	}
	for (unsigned i = 0; i < ring_size; i++)
		buf_init(&b->ring[i].text, EVENT_MAX);
	b->size = ring_size;
	b->floor = b->newest = b->told = b->woken = last_seq;
	*ret_bus = b;
	return 0;
}

void bus_free(struct bus **bus)
{
	struct bus *b = TAKE(*bus);

	if (b == NULL)
		return;
	must(b->subscribers == NULL);
	for (unsigned i = 0; i < b->size; i++)
		buf_fini(&b->ring[i].text);
	free(b->ring);
	free(b);
}

static void forget_oldest(struct bus *b)
{
	b->floor = slot_at(b, 0)->seq;
	b->first = (b->first + 1) % b->size;
	b->n--;
}

void bus_publish(struct bus *b, const struct journal_record *r)
{
	struct slot *s;

	must(r->seq > b->newest);
	b->newest = r->seq;
	if (!r->tell)
		return;
	b->told = r->seq;
	if (b->n == b->size)
		forget_oldest(b);
	s = slot_at(b, b->n);
	s->seq = r->seq;
	s->type = event_type(r);
	s->kind = r->kind;
	buf_reset(&s->text);
	event_json(&s->text, r);
	s->n_json = s->text.n;
	buf_str(&s->text, r->account);
	buf_str(&s->text, r->workspace);
	s->n_account = r->account.n;
	if (s->text.failed != 0) {
		b->n = 0;
		b->floor = r->seq;
		return;
	}
	b->n++;
}

void bus_wake(struct bus *b)
{
	struct bus_subscriber *s;

	if (b->woken == b->told)
		return;
	b->woken = b->told;
	for (s = b->subscribers; s != NULL; s = b->next_to_wake) {
		b->next_to_wake = s->next;
		if (s->woken)
			continue;
		s->woken = true;
		s->wake(s);
	}
}

/* The first event above `seq`: the ring is sorted. */
static struct slot *first_above(const struct bus *b, uint64_t seq)
{
	unsigned low = 0, high = b->n;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;

		if (slot_at(b, middle)->seq > seq)
			high = middle;
		else
			low = middle + 1;
	}
	return low < b->n ? slot_at(b, low) : NULL;
}

int bus_next(struct bus *b, struct bus_subscriber *sub, struct bus_event *ret_event)
{
	struct slot *s;

	if (sub->seq < b->floor)
		return ERR_NOTFOUND;
	s = first_above(b, sub->seq);
	if (s == NULL) {
		/* Past the lines that are not told, or a quiet subscriber falls behind the ring.
		 * One that read ahead in the store stays where it is. */
		sub->seq = MAX_OF(sub->seq, b->newest);
		sub->woken = false;
		return 0;
	}
	sub->seq = s->seq;
	*ret_event = (struct bus_event){
		.seq = s->seq,
		.kind = s->kind,
		.type = s->type,
		.account = { s->text.p + s->n_json, s->n_account },
		.workspace = { s->text.p + s->n_json + s->n_account,
			       s->text.n - s->n_json - s->n_account },
		.json = { s->text.p, s->n_json },
	};
	return 1;
}

uint64_t bus_newest(const struct bus *b)
{
	return b->newest;
}

uint64_t bus_oldest(const struct bus *b)
{
	return b->floor + 1;
}

void bus_subscribe(struct bus *b, struct bus_subscriber *sub)
{
	must(sub->wake != NULL);
	sub->woken = false;
	DL_APPEND(b->subscribers, sub);
}

void bus_unsubscribe(struct bus *b, struct bus_subscriber *sub)
{
	if (b->next_to_wake == sub)
		b->next_to_wake = sub->next;
	DL_DELETE(b->subscribers, sub);
}
