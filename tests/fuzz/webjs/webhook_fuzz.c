/*
 * webhook_fuzz.c - any bytes as a webhook: what is not signed tells nothing, what is signed is taken
 * once, and tells only what the host can show.
 *
 * The first byte says who signs (see enum signer).  For FORGED a line with a timestamp and one with a
 * signature follow.  The rest is the body; what stands behind a NUL, which no webhook holds, is what the
 * service answers to looks at its sessions.
 */
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/must.h"
#include "fuzz.h"
#include "host.h"

enum signer {
	SIGNED,      /* with the secret of now */
	SIGNED_OLD,  /* with the one before it */
	FORGED,      /* as the input says */
	OUTDATED,    /* well signed, ten minutes ago */
	TAMPERED,    /* the body was changed behind the signature */
	SIGNED_TWICE /* with a signature of another body beside it, which counts for nothing */
};

struct webhook {
	char timestamp[32], signature[80];
	struct relink_str body;
};

static void sign(struct webhook *w, const char *secret, uint64_t now_s)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n_digest = 0;
	size_t n =
	    (size_t)snprintf(w->timestamp, sizeof w->timestamp, "%llu", (unsigned long long)now_s);
	unsigned char *both = malloc(n + w->body.n);

	must(both != NULL);
	memcpy(both, w->timestamp, n);
	if (w->body.n > 0)
		memcpy(both + n, w->body.p, w->body.n);
	must(HMAC(EVP_sha256(), secret, (int)strlen(secret), both, n + w->body.n, digest,
		  &n_digest) != NULL);
	for (unsigned i = 0; i < n_digest; i++)
		snprintf(w->signature + 2 * i, 3, "%02x", digest[i]);
	free(both);
}

/* The next line of the input as text. */
static void take_line(struct tape *t, char *to, size_t size)
{
	const uint8_t *end = t->n > 0 ? memchr(t->p, '\n', t->n) : NULL;
	struct tape line = tape_cut(t, end != NULL ? (size_t)(end - t->p) : t->n);

	tape_byte(t);
	snprintf(to, size, "%.*s", (int)line.n, (const char *)line.p);
}

static enum relink_cause deliver(void *self, const struct webhook *w, bool twice)
{
	const struct relink_header headers[] = {
		{ host_str("x-timestamp"), host_str(w->timestamp) },
		{ host_str("x-hmac-signature"), host_str(w->signature) },
		{ host_str("x-hmac-signature"), host_str("0000") },
	};
	struct relink_request req = host_request();
	unsigned done = host_told.done;

	req.account = req.session = req.profile = host_str("");
	req.generation = 0;
	req.headers = headers;
	req.n_headers = twice ? 3 : 2;
	req.body = w->body;
	relink_plugin.webhook(self, &req);
	must(host_told.done == done + 1);
	return host_told.cause;
}

/* A session that is on its way, so that there is one to tell news of. */
static void create(void *self)
{
	struct relink_request req = host_request();
	const struct relink_http_reply reply = {
		.size = sizeof reply,
		.sent = 1,
		.status = 201,
		.body = host_str("{\"success\":true,\"session_id\":\"s1\",\"generation\":3}"),
	};

	relink_plugin.create(self, &req);
	host_answer(1, &reply);
}

/* What is not genuine says nothing. */
static void prove_silent(void *self, struct webhook *w, enum signer signer)
{
	const struct host_told before = host_told;

	if (signer == OUTDATED)
		sign(w, HOST_SECRET, HOST_NOW_MS / 1000 - 600);
	else if (signer == TAMPERED) {
		sign(w, HOST_SECRET, HOST_NOW_MS / 1000);
		w->body.n--;
	}
	must(deliver(self, w, false) == RELINK_REFUSED);
	must(host_told.events == before.events && host_told.messages == before.messages);
	must(host_told.questions == before.questions);
}

/* What is genuine counts once. */
static void prove_once(void *self, struct webhook *w, enum signer signer)
{
	enum relink_cause cause;
	struct host_told first;

	sign(w, signer == SIGNED_OLD ? HOST_SECRET_OLD : HOST_SECRET, HOST_NOW_MS / 1000);
	cause = deliver(self, w, signer == SIGNED_TWICE);
	must(cause == RELINK_NONE || cause == RELINK_INTERNAL);
	first = host_told;
	must(deliver(self, w, false) == cause);
	must(host_told.messages == first.messages && host_told.events == first.events);
}

static void answer_looks(struct relink_str body)
{
	const struct relink_http_reply reply = {
		.size = sizeof reply, .sent = 1, .status = 200, .body = body
	};

	for (relink_http id = 1; id <= host_told.questions; id++)
		host_answer(id, &reply);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	struct tape t = { data, size };
	enum signer signer = (enum signer)(tape_byte(&t) % 6);
	struct relink_str answer = { NULL, 0 };
	struct webhook w = { .body = { NULL, 0 } };
	const uint8_t *nul;
	void *self = host_open();

	if (signer == FORGED) {
		take_line(&t, w.timestamp, sizeof w.timestamp);
		take_line(&t, w.signature, sizeof w.signature);
	}
	nul = t.n > 0 ? memchr(t.p, '\0', t.n) : NULL;
	w.body = (struct relink_str){ (const char *)t.p, nul != NULL ? (size_t)(nul - t.p) : t.n };
	if (nul != NULL)
		answer = (struct relink_str){ (const char *)nul + 1, t.n - w.body.n - 1 };
	create(self);
	if (signer == FORGED || signer == OUTDATED || (signer == TAMPERED && w.body.n > 0))
		prove_silent(self, &w, signer);
	else
		prove_once(self, &w, signer);
	answer_looks(answer);
	host_close(self, 2);
	return 0;
}
