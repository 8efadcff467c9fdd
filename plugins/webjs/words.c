/*
 * words.c - the tables.
 *
 * The texts of the old service are those of puppeteer, Chromium and whatsapp-web.js as it passes them
 * on; they were recorded from it.  A text is searched for its first match, so what is more telling
 * stands further up.
 */
#include "words.h"

#define ANY 0

// clang-format off

/* Our service's codes.  A status narrows a code that has two meanings. */
static const struct {
	const char *code;
	unsigned status;
	struct meaning means;
} codes[] = {
	{ "unauthorized",    ANY, { RELINK_MISCONFIGURED, false, "set api_key to the key of the service" } },
	{ "gone",            ANY, { RELINK_GONE,          false, NULL } },
	{ "no_such_route",   ANY, { RELINK_MISCONFIGURED, false, "url is not that of a relink-webjs service, or of another version" } },
	{ "bad_request",     ANY, { RELINK_REFUSED,       false, NULL } },
	{ "media_refused",   ANY, { RELINK_REFUSED,       false, NULL } },
	{ "not_connected",   ANY, { RELINK_GONE,          false, NULL } },
	{ "not_linked",      ANY, { RELINK_REFUSED,       false, NULL } },
	{ "no_recipient",    ANY, { RELINK_REFUSED,       false, NULL } },
	{ "no_qr",           504, { RELINK_ENGINE_HANG,   false, NULL } },
	{ "no_qr",           ANY, { RELINK_REFUSED,       false, NULL } },
	{ "conflict",        ANY, { RELINK_MISCONFIGURED, false, "two Relinks must not share a service" } },
	{ "profile_in_use",  ANY, { RELINK_ENGINE_CRASH,  false, NULL } },
	{ "stale",           ANY, { RELINK_STALE,         false, NULL } },
	{ "throttled",       ANY, { RELINK_THROTTLED,     false, NULL } },
	{ "capacity",        ANY, { RELINK_CAPACITY,      false, NULL } },
	{ "disk",            ANY, { RELINK_PROVIDER_DOWN, false, NULL } },
	{ "stopping",        ANY, { RELINK_PROVIDER_DOWN, false, NULL } },
	{ "stuck",           ANY, { RELINK_ENGINE_HANG,   false, NULL } },
	{ "outcome_unknown", ANY, { RELINK_ENGINE_HANG,   true,  NULL } },
	{ "engine_failed",   504, { RELINK_ENGINE_HANG,   true,  NULL } },
	{ "engine_failed",   ANY, { RELINK_ENGINE_CRASH,  false, NULL } },
	{ "internal",        ANY, { RELINK_PROVIDER_DOWN, true,  NULL } },
};

#define LOCKED "only a session with a new id helps, or an end of the Chromium that holds the profile"

/* Parts of the old service's texts. */
static const struct {
	const char *part;
	struct meaning means;
} texts[] = {
	{ "Invalid API key",                { RELINK_MISCONFIGURED, false, "set api_key to the API_KEY of the service" } },
	{ "Session not found",              { RELINK_GONE,          false, NULL } },
	{ "Session not connected",          { RELINK_GONE,          false, NULL } },
	{ "Endpoint not found",             { RELINK_MISCONFIGURED, false, "url is not that of a whatsapp-service" } },
	{ "Invalid phone number",           { RELINK_REFUSED,       false, NULL } },
	{ "No LID for user",                { RELINK_REFUSED,       false, "WhatsApp does not know this recipient" } },
	{ "invalid wid",                    { RELINK_REFUSED,       false, "WhatsApp does not know this recipient" } },
	{ "Unable to determine MIME type",  { RELINK_REFUSED,       false, "the path of media_url must end in a known extension" } },
	{ "SingletonLock",                  { RELINK_ENGINE_CRASH,  false, LOCKED } },
	{ "ProcessSingleton",               { RELINK_ENGINE_CRASH,  false, LOCKED } },
	{ "profile appears to be in use",   { RELINK_ENGINE_CRASH,  false, LOCKED } },
	{ "already running for",            { RELINK_ENGINE_CRASH,  false, LOCKED } },
	{ "net::ERR_",                      { RELINK_NETWORK,       false, NULL } },
	{ "PUPPETEER_EXECUTABLE_PATH",      { RELINK_MISCONFIGURED, false, NULL } },
	{ "Could not find expected browser",{ RELINK_MISCONFIGURED, false, NULL } },
	{ "Could not find Chrom",           { RELINK_MISCONFIGURED, false, NULL } },
	{ "o usable sandbox",               { RELINK_MISCONFIGURED, false, NULL } },
	{ "--no-sandbox",                   { RELINK_MISCONFIGURED, false, NULL } },
	{ "ENOSPC",                         { RELINK_PROVIDER_DOWN, false, NULL } },
	{ "ENOMEM",                         { RELINK_PROVIDER_DOWN, false, NULL } },
	{ "EMFILE",                         { RELINK_PROVIDER_DOWN, false, NULL } },
	{ "EAGAIN",                         { RELINK_PROVIDER_DOWN, false, NULL } },
	{ "auth timeout",                   { RELINK_ENGINE_HANG,   false, NULL } },
	{ "timed out",                      { RELINK_ENGINE_HANG,   true,  NULL } },
	{ "timeout",                        { RELINK_ENGINE_HANG,   true,  NULL } },
	{ "Timeout",                        { RELINK_ENGINE_HANG,   true,  NULL } },
	{ "Session closed",                 { RELINK_ENGINE_CRASH,  false, NULL, true } },
	{ "Target closed",                  { RELINK_ENGINE_CRASH,  false, NULL, true } },
	{ "Page crashed",                   { RELINK_ENGINE_CRASH,  false, NULL, true } },
	{ "Failed to launch the browser",   { RELINK_ENGINE_CRASH,  false, NULL } },
	{ "Protocol error",                 { RELINK_ENGINE_CRASH,  false, NULL } },
	{ "Evaluation failed",              { RELINK_ENGINE_CRASH,  false, NULL } },
	{ "Invalid clientId",               { RELINK_INTERNAL,      false, NULL } },
	{ "Missing required fields",        { RELINK_INTERNAL,      false, NULL } },
	{ "workspaceId is not defined",     { RELINK_INTERNAL,      false, NULL } },
};

/* HTTP statuses, for answers without a word that is known. */
static const struct {
	unsigned first, last;
	struct meaning means;
} statuses[] = {
	{ 200, 299, { RELINK_INTERNAL,      true,  NULL } },
	{ 300, 399, { RELINK_MISCONFIGURED, false, "url is redirected; set it to where the service is itself" } },
	{ 401, 401, { RELINK_MISCONFIGURED, false, "set api_key to the key of the service" } },
	{ 403, 403, { RELINK_MISCONFIGURED, false, "set api_key to the key of the service" } },
	{ 404, 405, { RELINK_MISCONFIGURED, false, "the service does not know this path; look at url" } },
	{ 407, 407, { RELINK_MISCONFIGURED, false, "a proxy is in the way; look at url" } },
	{ 408, 408, { RELINK_NETWORK,       true,  NULL } },
	{ 429, 429, { RELINK_THROTTLED,     false, NULL } },
	{ 400, 499, { RELINK_INTERNAL,      false, NULL } },
	{ 500, 599, { RELINK_PROVIDER_DOWN, true,  NULL } },
};

/* States of a session.  What the old service calls disconnected says nothing about why. */
static const struct {
	const char *word;
	enum relink_state state;
	struct meaning down;
} states[] = {
	{ "starting",      RELINK_STATE_STARTING,      { 0 } },
	{ "qr",            RELINK_STATE_QR,            { 0 } },
	{ "qr_scanning",   RELINK_STATE_QR,            { 0 } },
	{ "authenticated", RELINK_STATE_AUTHENTICATED, { 0 } },
	{ "connected",     RELINK_STATE_CONNECTED,     { 0 } },
	{ "down",          RELINK_STATE_DOWN,          { RELINK_UNKNOWN, false, NULL } },
	{ "disconnected",  RELINK_STATE_DOWN,          { RELINK_UNKNOWN, false, "the service calls it disconnected and gives no reason" } },
	{ "error",         RELINK_STATE_DOWN,          { RELINK_UNKNOWN, false, "the service found no phone number and sends nothing" } },
};

/* Reasons of WhatsApp for an end, as the old service writes them down. */
static const struct {
	const char *word;
	enum relink_cause cause;
} reasons[] = {
	{ "LOGOUT",             RELINK_LOGGED_OUT },
	{ "UNPAIRED",           RELINK_UNPAIRED },
	{ "UNPAIRED_IDLE",      RELINK_UNPAIRED },
	{ "CONFLICT",           RELINK_REPLACED },
	{ "TOS_BLOCK",          RELINK_TOS_BLOCK },
	{ "SMB_TOS_BLOCK",      RELINK_TOS_BLOCK },
	{ "PROXYBLOCK",         RELINK_REFUSED },
	{ "DEPRECATED_VERSION", RELINK_CLIENT_OUTDATED },
	{ "NAVIGATION",         RELINK_ENGINE_CRASH },
	{ "TIMEOUT",            RELINK_NETWORK },
};

static const char *const causes[RELINK_CAUSE_COUNT] = {
#define C(id, n, name, text) [n] = name,
	RELINK_CAUSES(C)
#undef C
};
// clang-format on

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static bool same(const char *a, const char *b)
{
	return a != NULL && strcmp(a, b) == 0;
}

static const struct meaning *of_code(const char *code, unsigned status)
{
	for (size_t i = 0; i < COUNT(codes); i++) {
		if (same(code, codes[i].code) &&
		    (codes[i].status == ANY || codes[i].status == status))
			return &codes[i].means;
	}
	return NULL;
}

static const struct meaning *of_text(const char *text)
{
	for (size_t i = 0; text != NULL && i < COUNT(texts); i++) {
		if (strstr(text, texts[i].part) != NULL)
			return &texts[i].means;
	}
	return NULL;
}

struct meaning words_of_error(const char *code, const char *text, unsigned status)
{
	const struct meaning *m = of_code(code, status);

	/* These statuses say it, whatever stands in the body. */
	if (m == NULL && (status < 300 || status >= 400) && status != 429)
		m = of_text(text);
	/* The service's own words that nobody knows: it tried, and failed. */
	if (m == NULL && status == 500 && text != NULL)
		return (struct meaning){ RELINK_UNKNOWN, false, NULL };
	for (size_t i = 0; m == NULL && i < COUNT(statuses); i++) {
		if (status >= statuses[i].first && status <= statuses[i].last)
			m = &statuses[i].means;
	}
	return m != NULL ? *m : (struct meaning){ RELINK_INTERNAL, true, NULL };
}

enum relink_state words_state(const char *word, struct meaning *ret_down)
{
	for (size_t i = 0; i < COUNT(states); i++) {
		if (same(word, states[i].word)) {
			*ret_down = states[i].down;
			return states[i].state;
		}
	}
	return RELINK_STATE_UNKNOWN;
}

enum relink_cause words_down(const char *cause, const char *reason)
{
	/* A log-out that was asked for leaves as little of the login as one on the phone. */
	if (same(cause, causes[RELINK_BY_REQUEST]) && same(reason, "LOGOUT"))
		return RELINK_LOGGED_OUT;
	for (size_t i = 0; i < RELINK_CAUSE_COUNT; i++) {
		if (same(cause, causes[i]) && i != RELINK_NONE)
			return (enum relink_cause)i;
	}
	for (size_t i = 0; i < COUNT(reasons); i++) {
		if (same(reason, reasons[i].word))
			return reasons[i].cause;
	}
	return RELINK_UNKNOWN;
}
