/*
 * letter.c - an event as a signed request: by Standard Webhooks, or as the old service did.
 *
 * The id of an event is the same each time that it is sent, so that who gets it twice can tell.
 */
#include <stdio.h>

#include "api/digest.h"
#include "api/dropin/event.h"
#include "api/endpoints/endpoint.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/obj.h"
#include "base/rng.h"
#include "out/event_json.h"

#define SECRET_BYTES   32
#define SIGNATURES_MAX 128 /* two, each "v1," and 44 characters */

void endpoint_secret_make(char secret[ENDPOINT_SECRET + 1])
{
	uint8_t bytes[SECRET_BYTES];
	struct buf b;

	rng_bytes(bytes, sizeof bytes);
	buf_init(&b, 64);
	buf_text(&b, ENDPOINT_PREFIX);
	buf_base64(&b, (struct str){ (char *)bytes, sizeof bytes });
	must(str_copy(secret, ENDPOINT_SECRET + 1, buf_all(&b)) || b.failed != 0);
	explicit_bzero(bytes, sizeof bytes);
	if (b.p != NULL)
		explicit_bzero(b.p, b.n);
	buf_fini(&b);
}

static unsigned digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (unsigned)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (unsigned)(c - 'a') + 26;
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0') + 52;
	return c == '+' ? 62 : 63;
}

/* The 32 bytes behind the prefix, which are ours: 43 digits and a "=". */
static void secret_bytes(const char *secret, uint8_t to[SECRET_BYTES])
{
	const char *at = secret + sizeof ENDPOINT_PREFIX - 1;
	unsigned n_bits = 0, n = 0;
	uint32_t bits = 0;

	must(strlen(secret) == ENDPOINT_SECRET);
	for (; n < SECRET_BYTES; at++) {
		bits = bits << 6 | digit(*at);
		n_bits += 6;
		if (n_bits < 8)
			continue;
		n_bits -= 8;
		to[n++] = (uint8_t)(bits >> n_bits);
	}
}

static bool sign_with(struct buf *out, const char *secret, const struct str *parts, size_t n)
{
	uint8_t key[SECRET_BYTES], mac[DIGEST_BYTES];
	bool ok;

	secret_bytes(secret, key);
	ok = digest_hmac(mac, (struct str){ (char *)key, sizeof key }, parts, n);
	explicit_bzero(key, sizeof key);
	buf_text(out, out->n > 0 ? " v1," : "v1,");
	buf_base64(out, (struct str){ (char *)mac, sizeof mac });
	return ok;
}

/* A secret that was replaced a short while ago signs, too. */
static int sign(const struct endpoint *p, const char *id, struct letter *letter)
{
	uint64_t now = clock_wall_ms();
	char timestamp[24];
	struct buf signatures;
	bool ok;

	snprintf(timestamp, sizeof timestamp, "%llu", (unsigned long long)now / 1000);
	const struct str parts[] = { str_of(id), STR("."), str_of(timestamp), STR("."),
				     buf_all(&letter->body) };

	buf_init(&signatures, SIGNATURES_MAX);
	ok = sign_with(&signatures, p->secret, parts, ARRAY_LEN(parts));
	if (p->old_secret[0] != '\0' && p->old_until > now)
		ok = ok && sign_with(&signatures, p->old_secret, parts, ARRAY_LEN(parts));
	ok = ok && signatures.failed == 0 &&
	     letter_header(letter, "Content-Type", STR("application/json")) &&
	     letter_header(letter, "webhook-id", str_of(id)) &&
	     letter_header(letter, "webhook-timestamp", str_of(timestamp)) &&
	     letter_header(letter, "webhook-signature", buf_all(&signatures));
	buf_fini(&signatures);
	return ok ? 0 : ERR_NOMEM;
}

/* {"type","timestamp","data"}: what stands in `data` is the event as everywhere else. */
static void open_body(struct buf *out, const char *type, uint64_t at)
{
	struct jw j = jw_to(out);

	jw_object(&j, NULL);
	jw_text(&j, "type", type);
	jw_time(&j, "timestamp", at);
	buf_text(out, ",\"data\":");
}

static int write_standard(const struct endpoint *p, const struct journal_record *r,
			  struct letter *letter)
{
	char id[32];

	snprintf(id, sizeof id, "evt_%llu", (unsigned long long)r->seq);
	open_body(&letter->body, event_type(r), r->at);
	event_json(&letter->body, r);
	buf_byte(&letter->body, '}');
	return letter->body.failed != 0 ? letter->body.failed : sign(p, id, letter);
}

bool endpoint_has_form(const struct endpoints *set, unsigned form)
{
	return form == FORM_STANDARD || set->face->dropin != NULL;
}

int endpoint_write(struct endpoint *p, const struct journal_record *r, struct letter *letter)
{
	int ret;

	letter->url = str_of(p->url);
	if (p->form == FORM_STANDARD)
		return write_standard(p, r, letter);
	if (!endpoint_has_form(p->set, p->form))
		return 1;
	ret = event_write(&letter->body, p->set->face->dropin, r);
	return ret == 0 ? event_sign(letter, str_of(p->secret), r->seq, p->set->own_url) : ret;
}

int endpoint_write_test(struct endpoint *p, const char *id, struct letter *letter)
{
	struct buf *out = &letter->body;

	letter->url = str_of(p->url);
	if (p->form == FORM_SEED) {
		buf_text(out, "{\"event\":\"webhook_test\",\"data\":{}}");
		return out->failed != 0 ? out->failed
					: event_sign(letter, str_of(p->secret), 0, p->set->own_url);
	}
	open_body(out, "webhook.test", clock_wall_ms());
	buf_printf(out, "{\"webhook\":\"%s\"}}", p->id);
	return out->failed != 0 ? out->failed : sign(p, id, letter);
}
