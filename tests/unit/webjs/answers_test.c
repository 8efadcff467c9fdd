/*
 * answers_test.c - what each answer of a service means: a table, one behaviour a line.
 *
 * Texts of the old service are recorded ones, shortened.
 */
#include "wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum op { CREATE, DISCONNECT, HEALTH, LIST, SEND, QR, LOGOUT };

struct behaviour {
	const char *name;
	enum op op;
	struct said answer;
	const char *said; /* what the plugin makes of it, without the operation's name */
	const char *part; /* of the sentence; NULL: none is looked for */
};

#define OK(json)                            \
	{                                   \
		.status = 200, .body = json \
	}
#define HTTP(code, json)                     \
	{                                    \
		.status = code, .body = json \
	}
#define LOST(c, sent_, why_)                                     \
	{                                                        \
		.cause = RELINK_##c, .sent = sent_, .body = why_ \
	}
#define LATE(why_)                                                             \
	{                                                                      \
		.cause = RELINK_NETWORK, .sent = 1, .timeout = 1, .body = why_ \
	}

#define VIEW(more)                                                                            \
	"{\"boot_id\":\"b1\",\"session_id\":\"s1\",\"account_id\":\"a1\",\"profile\":\"p1\"," \
	"\"generation\":3," more "}"
#define ROW(id, more) "{\"session_id\":\"" id "\",\"account_id\":\"a1\",\"generation\":3," more "}"
#define ROWS(total, rows)                                                         \
	"{\"success\":true,\"boot_id\":\"b1\",\"complete\":true,\"total\":" total \
	",\"sessions\":[" rows "]}"

// clang-format off
static const struct behaviour ours[] = {
	/* create */
	{ "taken",                    CREATE, HTTP(202, VIEW("\"success\":true,\"state\":\"starting\"")), "ok", NULL },
	{ "was taken before",         CREATE, OK(VIEW("\"success\":true,\"state\":\"qr\"")), "ok", NULL },
	{ "members that nobody knows",CREATE, OK(VIEW("\"new\":{\"a\":[1,2.5e3,null,true]}")), "ok", NULL },
	{ "an older generation",      CREATE, HTTP(409, "{\"error\":\"Generation 3 is too old: 7 was seen\",\"code\":\"stale\",\"generation\":7}"), "stale gen=7", "too old" },
	{ "stale without a number",   CREATE, HTTP(409, "{\"error\":\"old\",\"code\":\"stale\",\"generation\":\"7\"}"), "stale", NULL },
	{ "stale with a negative one",CREATE, HTTP(409, "{\"error\":\"old\",\"code\":\"stale\",\"generation\":-7}"), "stale", NULL },
	{ "full",                     CREATE, HTTP(503, "{\"error\":\"All 50 places for sessions are taken\",\"code\":\"capacity\"}"), "capacity", "All 50 places" },
	{ "stopping",                 CREATE, HTTP(503, "{\"error\":\"The service is stopping\",\"code\":\"stopping\"}"), "provider_down", NULL },
	{ "disk full",                CREATE, HTTP(503, "{\"error\":\"ENOSPC\",\"code\":\"disk\"}"), "provider_down", NULL },
	{ "profile open elsewhere",   CREATE, HTTP(409, "{\"error\":\"The profile is open in session s0\",\"code\":\"profile_in_use\"}"), "engine_crash", NULL },
	{ "somebody else's session",  CREATE, HTTP(409, "{\"error\":\"This session id belongs to another account\",\"code\":\"conflict\"}"), "misconfigured", "two Relinks" },
	{ "wrong key",                CREATE, HTTP(401, "{\"error\":\"Invalid API key\",\"code\":\"unauthorized\"}"), "misconfigured", "set api_key" },
	{ "401 without words",        CREATE, HTTP(401, ""), "misconfigured", "HTTP 401; set api_key" },
	{ "403 of a proxy",           CREATE, HTTP(403, "<html>"), "misconfigured", NULL },
	{ "another server",           CREATE, HTTP(404, "<html>not here</html>"), "misconfigured", "look at url" },
	{ "another version",          CREATE, HTTP(404, "{\"error\":\"Endpoint not found\",\"code\":\"no_such_route\"}"), "misconfigured", "another version" },
	{ "redirect",                 CREATE, HTTP(301, ""), "misconfigured", "url is redirected" },
	{ "redirect that asks a POST",CREATE, HTTP(308, "{\"error\":\"Session not found\"}"), "misconfigured", "url is redirected" },
	{ "bad request",              CREATE, HTTP(400, "{\"error\":\"body/session_id must match\",\"code\":\"bad_request\"}"), "refused", "must match" },
	{ "a bug of the service",     CREATE, HTTP(500, "{\"error\":\"Internal error\",\"code\":\"internal\"}"), "provider_down unknown", NULL },
	{ "bad gateway",              CREATE, HTTP(502, "<html>502</html>"), "provider_down unknown", "HTTP 502" },
	{ "gateway timeout",          CREATE, HTTP(504, ""), "provider_down unknown", "HTTP 504" },
	{ "throttled",                CREATE, { .status = 429, .retry_after_ms = 7000, .body = "{\"error\":\"slow down\"}" }, "throttled retry=7000", "slow down" },
	{ "throttled without words",  CREATE, { .status = 429, .retry_after_ms = 7000 }, "throttled retry=7000", "HTTP 429" },
	{ "throttled for a year",     CREATE, { .status = 429, .retry_after_ms = 31536000000 }, "throttled retry=600000", NULL },
	{ "refused connection",       CREATE, LOST(NETWORK, 0, "Connection refused"), "network", "Connection refused" },
	{ "reset on the way",         CREATE, LOST(NETWORK, 1, "Connection reset"), "network unknown", NULL },
	{ "no answer in time",        CREATE, LATE("no answer within 10 s"), "engine_hang unknown", "within 10 s" },
	{ "wrong certificate",        CREATE, LOST(MISCONFIGURED, 0, "certificate has expired"), "misconfigured", "certificate" },
	{ "an answer beyond limits",  CREATE, LOST(INTERNAL, 1, "over 256 KiB"), "internal unknown", NULL },
	{ "empty success",            CREATE, OK(""), "internal unknown", "no JSON object" },
	{ "204",                      CREATE, HTTP(204, ""), "internal unknown", NULL },
	{ "garbage",                  CREATE, OK("\x01\xff garbage"), "internal unknown", NULL },
	{ "HTML",                     CREATE, OK("<!DOCTYPE html><html>"), "internal unknown", NULL },
	{ "cut JSON",                 CREATE, OK("{\"success\":true,\"session_id\":\"s1"), "internal unknown", NULL },
	{ "JSON and more behind it",  CREATE, OK(VIEW("\"a\":1") "x"), "internal unknown", NULL },
	{ "an array",                 CREATE, OK("[]"), "internal unknown", NULL },
	{ "a text",                   CREATE, OK("\"ok\""), "internal unknown", NULL },
	{ "no session in it",         CREATE, OK("{\"success\":true}"), "internal unknown", "another session" },
	{ "another session",          CREATE, OK("{\"success\":true,\"session_id\":\"s2\",\"generation\":3}"), "internal unknown", "another session" },
	{ "the id as a number",       CREATE, OK("{\"success\":true,\"session_id\":1,\"generation\":3}"), "internal unknown", NULL },
	{ "another generation",       CREATE, OK("{\"success\":true,\"session_id\":\"s1\",\"generation\":2}"), "internal unknown", "another generation" },
	{ "no generation",            CREATE, OK("{\"success\":true,\"session_id\":\"s1\"}"), "internal unknown", NULL },
	{ "a member named twice",     CREATE, OK("{\"session_id\":\"s1\",\"session_id\":\"s1\",\"generation\":3}"), "internal unknown", NULL },
	{ "a number out of range",    CREATE, OK("{\"session_id\":\"s1\",\"generation\":99999999999999999999}"), "internal unknown", NULL },
	{ "bytes that are no UTF-8",  CREATE, OK("{\"session_id\":\"s1\xc3\x28\",\"generation\":3}"), "internal unknown", NULL },
	{ "half a surrogate",         CREATE, OK("{\"session_id\":\"\\ud800\",\"generation\":3}"), "internal unknown", NULL },
	{ "a NUL in the JSON",        CREATE, { .status = 200, .body = "{\"session_id\":\"s1\0\",\"generation\":3}", .n = 36 }, "internal unknown", NULL },
	{ "a NUL, escaped",           CREATE, OK("{\"session_id\":\"s1\\u0000\",\"generation\":3}"), "internal unknown", NULL },
	{ "success: false",           CREATE, OK("{\"success\":false,\"error\":\"no\"}"), "internal unknown", NULL },
	{ "an answer with our key",   CREATE, HTTP(500, "{\"error\":\"cannot POST {api_key: " KEY "}\",\"code\":\"internal\"}"), "provider_down unknown", "api_key: ****" },
	{ "an error of blanks",       CREATE, HTTP(503, "{\"error\":\" \\n \"}"), "provider_down unknown", "HTTP 503" },
	{ "lines and blanks",         CREATE, HTTP(503, "{\"error\":\"one\\n\\ttwo\\u001b[1m  three\",\"code\":\"stopping\"}"), "provider_down", "one two [1m three" },

	/* disconnect */
	{ "ended",                    DISCONNECT, OK("{\"success\":true,\"message\":\"Session disconnected successfully\"}"), "ok", NULL },
	{ "not there",                DISCONNECT, HTTP(404, "{\"error\":\"Session not found\",\"code\":\"gone\"}"), "ok", NULL },
	{ "404 of another server",    DISCONNECT, HTTP(404, "<html>"), "misconfigured", NULL },
	{ "a newer life has the id",  DISCONNECT, HTTP(409, "{\"error\":\"The session has generation 9\",\"code\":\"stale\",\"generation\":9}"), "stale gen=9", NULL },
	{ "Chromium cannot be ended", DISCONNECT, HTTP(500, "{\"error\":\"A process of its Chromium cannot be ended\",\"code\":\"stuck\"}"), "engine_hang", NULL },
	{ "no answer in time",        DISCONNECT, LATE("late"), "engine_hang unknown", NULL },
	{ "not reached",              DISCONNECT, LOST(NETWORK, 0, "refused"), "network", NULL },
	{ "garbage",                  DISCONNECT, OK("ok"), "internal unknown", NULL },
	{ "bad gateway",              DISCONNECT, HTTP(502, ""), "provider_down unknown", NULL },

	/* health */
	{ "starting",                 HEALTH, OK(VIEW("\"state\":\"starting\"")), "ok starting", NULL },
	{ "qr",                       HEALTH, OK(VIEW("\"state\":\"qr\",\"qr\":\"2@x\"")), "ok qr", NULL },
	{ "authenticated",            HEALTH, OK(VIEW("\"state\":\"authenticated\"")), "ok authenticated", NULL },
	{ "connected",                HEALTH, OK(VIEW("\"state\":\"connected\",\"phone_number\":\"628111222333\"")), "ok connected", NULL },
	{ "connected without number", HEALTH, OK(VIEW("\"state\":\"connected\",\"phone_number\":null")), "ok connected", NULL },
	{ "unlinked on the phone",    HEALTH, OK(VIEW("\"state\":\"down\",\"cause\":\"logged_out\",\"reason\":\"LOGOUT\",\"text\":\"the phone unlinked this device\"")), "logged_out down", "the phone unlinked" },
	{ "opened elsewhere",         HEALTH, OK(VIEW("\"state\":\"down\",\"cause\":\"replaced\",\"reason\":\"CONFLICT\"")), "replaced down", "CONFLICT" },
	{ "Chromium died",            HEALTH, OK(VIEW("\"state\":\"down\",\"cause\":\"engine_crash\"")), "engine_crash down", NULL },
	{ "logged out by request",    HEALTH, OK(VIEW("\"state\":\"down\",\"cause\":\"by_request\",\"reason\":\"LOGOUT\"")), "logged_out down", NULL },
	{ "stopped by request",       HEALTH, OK(VIEW("\"state\":\"down\",\"cause\":\"by_request\",\"reason\":\"STOP\"")), "by_request down", NULL },
	{ "nobody scanned",           HEALTH, OK(VIEW("\"state\":\"down\",\"cause\":\"qr_expired\"")), "qr_expired down", NULL },
	{ "down for a cause of later",HEALTH, OK(VIEW("\"state\":\"down\",\"cause\":\"bored\"")), "unknown down", NULL },
	{ "down with cause none",     HEALTH, OK(VIEW("\"state\":\"down\",\"cause\":\"none\"")), "unknown down", NULL },
	{ "down, cause is a number",  HEALTH, OK(VIEW("\"state\":\"down\",\"cause\":7")), "unknown down", NULL },
	{ "not there",                HEALTH, HTTP(404, "{\"error\":\"Session not found\",\"code\":\"gone\"}"), "gone", "Session not found" },
	{ "404 of another server",    HEALTH, HTTP(404, "nginx"), "misconfigured", NULL },
	{ "a later life",             HEALTH, OK("{\"session_id\":\"s1\",\"account_id\":\"a1\",\"generation\":4,\"state\":\"connected\"}"), "gone", "generation 4" },
	{ "another session",          HEALTH, OK(ROW("s2", "\"state\":\"connected\"")), "internal", "another session" },
	{ "a state of later",         HEALTH, OK(VIEW("\"state\":\"dreaming\"")), "internal", "makes no sense" },
	{ "no state",                 HEALTH, OK(VIEW("\"status\":\"connected\"")), "internal", NULL },
	{ "a state that is an object",HEALTH, OK(VIEW("\"state\":{}")), "internal", NULL },
	{ "a generation that is text",HEALTH, OK("{\"session_id\":\"s1\",\"generation\":\"3\",\"state\":\"qr\"}"), "internal", NULL },
	{ "no answer in time",        HEALTH, LATE("late"), "network", NULL },
	{ "bad gateway",              HEALTH, HTTP(502, ""), "provider_down", NULL },

	/* list */
	{ "nobody",                   LIST, OK(ROWS("0", "")), "ok complete", NULL },
	{ "two",                      LIST, OK(ROWS("2", ROW("s1", "\"state\":\"connected\"") "," ROW("s2", "\"state\":\"down\",\"cause\":\"network\""))), "ok complete s1/3=connected s2/3=down:network", NULL },
	{ "somebody else's",          LIST, OK(ROWS("1", "{\"session_id\":\"x\",\"account_id\":null,\"generation\":0,\"state\":\"qr\"}")), "ok complete x/0=qr", NULL },
	{ "one twice",                LIST, OK(ROWS("2", ROW("s1", "\"state\":\"connected\"") "," ROW("s1", "\"state\":\"qr\""))), "ok partial s1/3=connected", NULL },
	{ "fewer than it counts",     LIST, OK(ROWS("2", ROW("s1", "\"state\":\"connected\""))), "ok partial s1/3=connected", NULL },
	{ "more than it counts",      LIST, OK(ROWS("0", ROW("s1", "\"state\":\"connected\""))), "ok partial s1/3=connected", NULL },
	{ "a count that is none",     LIST, OK(ROWS("\"1\"", ROW("s1", "\"state\":\"connected\""))), "ok partial s1/3=connected", NULL },
	{ "no count",                 LIST, OK("{\"sessions\":[]}"), "ok partial", NULL },
	{ "says it is a part",        LIST, OK("{\"sessions\":[],\"total\":0,\"complete\":false}"), "ok partial", NULL },
	{ "says so with a text",      LIST, OK("{\"sessions\":[],\"total\":0,\"complete\":\"true\"}"), "ok partial", NULL },
	{ "a row that is no object",  LIST, OK(ROWS("2", "7," ROW("s1", "\"state\":\"qr\""))), "ok partial s1/3=qr", NULL },
	{ "a row without an id",      LIST, OK(ROWS("1", "{\"state\":\"qr\",\"generation\":1}")), "ok partial", NULL },
	{ "a row with an empty id",   LIST, OK(ROWS("1", "{\"session_id\":\"\",\"state\":\"qr\",\"generation\":1}")), "ok partial", NULL },
	{ "a row with a huge number", LIST, OK(ROWS("1", "{\"session_id\":\"s1\",\"state\":\"qr\",\"generation\":1e300}")), "ok partial", NULL },
	{ "a row of a later state",   LIST, OK(ROWS("1", ROW("s1", "\"state\":\"dreaming\""))), "ok partial", NULL },
	{ "rows that are an object",  LIST, OK("{\"sessions\":{},\"total\":0}"), "internal partial", "without sessions" },
	{ "no rows",                  LIST, OK("{\"success\":true}"), "internal partial", NULL },
	{ "success: false",           LIST, OK("{\"success\":false,\"sessions\":[],\"total\":0}"), "internal partial", NULL },
	{ "an error as empty list",   LIST, HTTP(500, "{\"sessions\":[],\"total\":0}"), "provider_down partial", NULL },
	{ "cut",                      LIST, OK("{\"success\":true,\"complete\":true,\"total\":1,\"sessions\":[{\"session_id\":\"s1\""), "internal partial", NULL },
	{ "401",                      LIST, HTTP(401, "{\"error\":\"Invalid API key\"}"), "misconfigured partial", NULL },
	{ "no answer in time",        LIST, LATE("late"), "network partial", NULL },
	{ "redirect",                 LIST, HTTP(302, ""), "misconfigured partial", NULL },
	{ "busy",                     LIST, { .status = 503, .retry_after_ms = 5000 }, "provider_down retry=5000 partial", NULL },

	/* control */
	{ "sent",                     SEND, OK("{\"success\":true,\"message_id\":\"true_62@c.us_3EB0\",\"timestamp\":1795339871}"), "ok {\"message_id\":\"true_62@c.us_3EB0\",\"timestamp\":1795339871}", NULL },
	{ "not connected",            SEND, HTTP(400, "{\"error\":\"Session not connected. Please check session status.\",\"code\":\"not_connected\"}"), "gone", NULL },
	{ "an unknown recipient",     SEND, HTTP(422, "{\"error\":\"WhatsApp does not know this recipient\",\"code\":\"no_recipient\"}"), "refused", NULL },
	{ "may have been sent",       SEND, HTTP(504, "{\"error\":\"no answer in 30 s; it may have been sent\",\"code\":\"outcome_unknown\"}"), "engine_hang unknown", NULL },
	{ "the page failed",          SEND, HTTP(502, "{\"error\":\"Session closed\",\"code\":\"engine_failed\"}"), "engine_crash", NULL },
	{ "too many at once",         SEND, { .status = 429, .retry_after_ms = 1000, .body = "{\"error\":\"100 messages are on their way\",\"code\":\"throttled\"}" }, "throttled retry=1000", NULL },
	{ "no answer in time",        SEND, LATE("late"), "engine_hang unknown", NULL },
	{ "session not there",        SEND, HTTP(404, "{\"error\":\"Session not found\",\"code\":\"gone\"}"), "gone", NULL },
	{ "media refused",            SEND, HTTP(400, "{\"error\":\"media_url names no public address\",\"code\":\"media_refused\"}"), "refused", "public address" },
	{ "nothing to renew",         QR, HTTP(409, "{\"error\":\"The session is connected: there is no QR code to renew\",\"code\":\"no_qr\"}"), "refused", NULL },
	{ "no new code",              QR, HTTP(504, "{\"error\":\"WhatsApp made no new QR code\",\"code\":\"no_qr\"}"), "engine_hang", NULL },
	{ "not linked",               LOGOUT, HTTP(409, "{\"error\":\"there is no login to end\",\"code\":\"not_linked\"}"), "refused", NULL },
	{ "log-out without an answer",LOGOUT, LOST(NETWORK, 1, "reset"), "network unknown", NULL },
};

#define SEED_ROW(id, more) "{\"session_id\":\"" id "\",\"workspace_id\":\"w1\"," more ",\"phone_number\":null}"
#define SEED_ROWS(total, rows) "{\"success\":true,\"sessions\":[" rows "],\"total\":" total "}"
#define META(more) "{\"success\":true,\"session_id\":\"s1\",\"metadata\":{\"workspaceId\":\"w1\"," more "}}"
#define LAUNCH "Failed to launch the browser process!\\n[19406:19406:1122/093934.906179:ERROR:chrome/browser/process_singleton_posix.cc:349] Failed to create /srv/sessions/workspace_1/session-s1/"

static const struct behaviour seed[] = {
	/* create */
	{ "created",                  CREATE, OK("{\"success\":true,\"session_id\":\"s1\",\"status\":\"qr_scanning\"}"), "ok", NULL },
	{ "another session",          CREATE, OK("{\"success\":true,\"session_id\":\"s2\",\"status\":\"qr_scanning\"}"), "internal unknown", NULL },
	{ "the id as a number",       CREATE, OK("{\"success\":true,\"session_id\":12345}"), "internal unknown", NULL },
	{ "wrong key",                CREATE, HTTP(401, "{\"error\":\"Invalid API key\"}"), "misconfigured", "Invalid API key; set api_key" },
	{ "locked profile",           CREATE, HTTP(500, "{\"error\":\"" LAUNCH "SingletonLock: File exists (17)\"}"), "engine_crash", "only a session with a new id helps" },
	{ "lock of another host",     CREATE, HTTP(500, "{\"error\":\"Failed to launch the browser process! The profile appears to be in use by another Chromium process (123) on another computer (oldcontainer)\"}"), "engine_crash", "only a session with a new id helps" },
	{ "WhatsApp unreachable",     CREATE, HTTP(500, "{\"error\":\"net::ERR_EMPTY_RESPONSE at https://web.whatsapp.com/\"}"), "network", "net::ERR_EMPTY_RESPONSE" },
	{ "refused by WhatsApp",      CREATE, HTTP(500, "{\"error\":\"net::ERR_CONNECTION_REFUSED at https://web.whatsapp.com/\"}"), "network", NULL },
	{ "Chromium killed meanwhile",CREATE, HTTP(500, "{\"error\":\"Protocol error (Runtime.callFunctionOn): Target closed.\"}"), "engine_crash", "Target closed" },
	{ "too many at once",         CREATE, HTTP(500, "{\"error\":\"Protocol error (Network.setUserAgentOverride): Session closed. Most likely the page has been closed.\"}"), "engine_crash", NULL },
	{ "no browser",               CREATE, HTTP(500, "{\"error\":\"Tried to use PUPPETEER_EXECUTABLE_PATH env variable to launch browser but did not find any executable at: /nonexistent/chromium\"}"), "misconfigured", NULL },
	{ "cannot launch",            CREATE, HTTP(500, "{\"error\":\"Failed to launch the browser process!\\n\\n\\nTROUBLESHOOTING: https://github.com/puppeteer\"}"), "engine_crash", NULL },
	{ "an id it does not take",   CREATE, HTTP(500, "{\"error\":\"Invalid clientId. Only alphanumeric characters, underscores and hyphens are allowed.\"}"), "internal", NULL },
	{ "the engine threw a text",  CREATE, HTTP(500, "{}"), "provider_down unknown", NULL },
	{ "an error nobody knows",    CREATE, HTTP(500, "{\"error\":\"the moon is full\"}"), "unknown", "the moon is full" },
	{ "malformed request",        CREATE, HTTP(400, "<!DOCTYPE html><html><pre>SyntaxError: api_key=" KEY "</pre>"), "internal", "HTTP 400" },
	{ "it timed out",             CREATE, HTTP(408, "{\"error\":\"Request timeout\",\"timeout\":60000}"), "engine_hang unknown", NULL },
	{ "page that never loads",    CREATE, LATE("no answer within 50 s"), "engine_hang unknown", NULL },
	{ "the service died",         CREATE, LOST(NETWORK, 1, "the connection was closed"), "network unknown", NULL },
	{ "the service is not there", CREATE, LOST(NETWORK, 0, "Connection refused"), "network", NULL },

	/* disconnect: it always says success */
	{ "ended",                    DISCONNECT, OK("{\"success\":true,\"message\":\"Session disconnected successfully\"}"), "ok", NULL },
	{ "was not there",            DISCONNECT, OK("{\"success\":true,\"message\":\"Session already disconnected or not found in memory\",\"alreadyDisconnected\":true}"), "ok", NULL },
	{ "a frozen Chromium",        DISCONNECT, LATE("late"), "engine_hang unknown", NULL },
	{ "wrong key",                DISCONNECT, HTTP(401, "{\"error\":\"Invalid API key\"}"), "misconfigured", NULL },

	/* health */
	{ "not in this process",      HEALTH, HTTP(404, "{\"error\":\"Session not found\"}"), "gone", "Session not found" },
	{ "no metadata",              HEALTH, OK("{\"success\":true,\"session_id\":\"s1\",\"metadata\":null}"), "gone", "Session not found" },
	{ "metadata are a list",      HEALTH, OK("{\"success\":true,\"session_id\":\"s1\",\"metadata\":[]}"), "internal", NULL },
	{ "qr_scanning before a code",HEALTH, OK(META("\"status\":\"qr_scanning\"")), "ok starting", NULL },
	{ "qr_scanning with a code",  HEALTH, OK(META("\"status\":\"qr_scanning\",\"qrCode\":\"data:image/png;base64,AAAA\",\"qrCount\":1")), "ok qr", NULL },
	{ "authenticated",            HEALTH, OK(META("\"status\":\"authenticated\",\"qrCode\":\"data:image/png;base64,AAAA\"")), "ok authenticated", NULL },
	{ "connected, old code left", HEALTH, OK(META("\"status\":\"connected\",\"phoneNumber\":\"628111222333\",\"qrCode\":\"data:image/png;base64,AAAA\"")), "ok connected", NULL },
	{ "opened elsewhere",         HEALTH, OK(META("\"status\":\"disconnected\",\"lastDisconnectReason\":\"CONFLICT\"")), "replaced down", "CONFLICT" },
	{ "unpaired",                 HEALTH, OK(META("\"status\":\"disconnected\",\"lastDisconnectReason\":\"UNPAIRED\"")), "unpaired down", NULL },
	{ "logged out",               HEALTH, OK(META("\"status\":\"disconnected\",\"lastDisconnectReason\":\"LOGOUT\"")), "logged_out down", NULL },
	{ "blocked for its terms",    HEALTH, OK(META("\"status\":\"disconnected\",\"lastDisconnectReason\":\"TOS_BLOCK\"")), "tos_block down", NULL },
	{ "blocked proxy",            HEALTH, OK(META("\"status\":\"disconnected\",\"lastDisconnectReason\":\"PROXYBLOCK\"")), "refused down", NULL },
	{ "client too old",           HEALTH, OK(META("\"status\":\"disconnected\",\"lastDisconnectReason\":\"DEPRECATED_VERSION\"")), "client_outdated down", NULL },
	{ "disconnected, no reason",  HEALTH, OK(META("\"status\":\"disconnected\"")), "unknown down", "gives no reason" },
	{ "no phone number found",    HEALTH, OK(META("\"status\":\"error\"")), "unknown down", "no phone number" },
	{ "another session",          HEALTH, OK("{\"success\":true,\"session_id\":\"s2\",\"metadata\":{\"status\":\"connected\"}}"), "internal", NULL },

	/* list */
	{ "nobody",                   LIST, OK(SEED_ROWS("0", "")), "ok complete", NULL },
	{ "connected is connected",   LIST, OK(SEED_ROWS("1", SEED_ROW("s1", "\"status\":\"connected\""))), "ok complete s1/0=connected", NULL },
	{ "qr_scanning may be a login",LIST, OK(SEED_ROWS("1", SEED_ROW("s1", "\"status\":\"qr_scanning\""))), "ok complete s1/0=unknown", NULL },
	{ "disconnected, no reason",  LIST, OK(SEED_ROWS("1", SEED_ROW("s1", "\"status\":\"disconnected\""))), "ok complete s1/0=unknown", NULL },
	{ "of another workspace",     LIST, OK(SEED_ROWS("1", "{\"session_id\":\"x\",\"workspace_id\":1,\"status\":\"qr_scanning\"}")), "ok complete x/0=qr", NULL },
	{ "an id that is a number",   LIST, OK(SEED_ROWS("2", "{\"session_id\":12345,\"status\":\"connected\"}," SEED_ROW("s1", "\"status\":\"connected\""))), "ok complete s1/0=connected", NULL },
	{ "a session without an id",  LIST, OK(SEED_ROWS("1", "{\"workspace_id\":1,\"status\":\"connected\"}")), "ok complete", NULL },
	{ "a status of later",        LIST, OK(SEED_ROWS("1", SEED_ROW("s1", "\"status\":\"loading\""))), "ok partial", NULL },
	{ "no key set in the service",LIST, HTTP(401, "{\"error\":\"Invalid API key\"}"), "misconfigured partial", NULL },

	/* control */
	{ "sent",                     SEND, OK("{\"success\":true,\"message_id\":\"true_62@c.us_3EB0\"}"), "ok {\"message_id\":\"true_62@c.us_3EB0\"}", NULL },
	{ "Chromium is dead",         SEND, HTTP(500, "{\"error\":\"Protocol error (Runtime.callFunctionOn): Session closed. Most likely the page has been closed.\"}"), "engine_crash", "Session closed" },
	{ "the page is an error page",SEND, HTTP(500, "{\"error\":\"Evaluation failed: TypeError: Cannot read properties of undefined (reading 'getChat')\"}"), "engine_crash", NULL },
	{ "an unknown recipient",     SEND, HTTP(500, "{\"error\":\"Evaluation failed: Error: No LID for user\\n    at new Error (<anonymous>:6:31)\"}"), "refused", "does not know this recipient" },
	{ "not connected",            SEND, HTTP(400, "{\"error\":\"Session not connected. Please check session status.\"}"), "gone", NULL },
	{ "the service died of it",   SEND, LOST(NETWORK, 1, "closed"), "network unknown", NULL },
	{ "media without extension",  SEND, HTTP(500, "{\"error\":\"Unable to determine MIME type using URL. Set unsafeMime to true to download it anyway.\"}"), "refused", "known extension" },
	{ "renewed without a code",   QR, OK("{\"expires_in\":300}"), "ok {\"expires_in\":300}", NULL },
};
// clang-format on

static const char *ask(struct wire *w, enum op op)
{
	switch (op) {
	case CREATE:
		wire_create(w);
		return "create";
	case DISCONNECT:
		wire_disconnect(w);
		return "disconnect";
	case HEALTH:
		wire_health(w);
		return "health";
	case LIST:
		host_list(&w->rig);
		return "list";
	case SEND:
		host_send(&w->rig, "a1", "s1", 3, "{\"to\":\"62899900\",\"text\":\"x\"}");
		return "send";
	case QR:
		host_control(&w->rig, "a1", "s1", "qr", "");
		return "qr";
	case LOGOUT:
		break;
	}
	host_control(&w->rig, "a1", "s1", "logout", "");
	return "logout";
}

static unsigned check(const struct behaviour *b, const char *so, const char *config)
{
	static struct wire w;
	char want[256];

	wire_open(&w, so, config);
	snprintf(want, sizeof want, "0 %s %s", ask(&w, b->op), b->said);
	assert_int_equal(wire_open_questions(&w), 1);
	wire_answer(&w, b->answer);
	if (strcmp(w.rig.said, want) != 0)
		print_message("%s: \"%s\", not \"%s\" (%s)\n", b->name, w.rig.said, want, w.why);
	else if (b->part != NULL && strstr(w.why, b->part) == NULL)
		print_message("%s: \"%s\" does not say \"%s\"\n", b->name, w.why, b->part);
	else
		want[0] = '\0';
	wire_close(&w);
	return want[0] != '\0';
}

static void our_service_is_understood(void **state)
{
	unsigned n_wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
		n_wrong += check(&ours[i], WEBJS_SO, CONFIG);
	assert_int_equal(n_wrong, 0);
}

static void the_old_service_is_understood(void **state)
{
	unsigned n_wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof seed / sizeof seed[0]; i++)
		n_wrong += check(&seed[i], WEBJS_SEED_SO, CONFIG ",workspace_id=w1");
	assert_int_equal(n_wrong, 0);
}

/* --- what does not fit into a line --- */

static void a_deep_answer_is_refused(void **state)
{
	enum { DEPTH = 100000 };
	char *body = malloc(2 * DEPTH + 1);
	struct wire w;

	(void)state;
	assert_non_null(body);
	memset(body, '[', DEPTH);
	memset(body + DEPTH, ']', DEPTH);
	body[2 * DEPTH] = '\0';
	wire_open(&w, WEBJS_SO, CONFIG);
	host_list(&w.rig);
	wire_json(&w, 200, body);
	assert_string_equal(w.rig.said, "0 list internal partial");
	wire_close(&w);
	free(body);
}

static void a_long_sentence_is_cut_at_a_character(void **state)
{
	char body[4096] = "{\"code\":\"stopping\",\"error\":\"x";
	size_t n = strlen(body);
	struct wire w;

	(void)state;
	while (n < 3000)
		n += (size_t)snprintf(body + n, sizeof body - n, "\xe2\x82\xac");
	snprintf(body + n, sizeof body - n, "\"}");
	wire_open(&w, WEBJS_SO, CONFIG);
	wire_create(&w);
	wire_json(&w, 503, body);
	assert_string_equal(w.rig.said, "0 create provider_down");
	assert_int_equal(strlen(w.why), 253);
	wire_close(&w);
}

static void a_key_at_the_cut_is_not_shown_in_part(void **state)
{
	char body[1024];
	struct wire w;

	(void)state;
	for (int blank = 225; blank < 260; blank++) {
		snprintf(body, sizeof body, "{\"code\":\"stopping\",\"error\":\"%0*d%s\"}", blank,
			 0, KEY);
		wire_open(&w, WEBJS_SO, CONFIG);
		wire_create(&w);
		wire_json(&w, 503, body);
		assert_null(strstr(w.why, "k3y"));
		wire_close(&w);
	}
}

static void a_key_as_it_stands_in_a_url_is_not_shown(void **state)
{
	struct wire w;

	(void)state;
	wire_open(&w, WEBJS_SEED_SO, "url=" URL ",api_key=k3y/of&tests");
	host_list(&w.rig);
	wire_json(&w, 404, "{\"error\":\"no GET /x?api_key=k3y%2Fof%26tests, k3y/of&tests\"}");
	assert_non_null(strstr(w.why, "no GET /x?api_key=****"));
	assert_null(strstr(w.why, "tests"));
	wire_close(&w);
}

static void a_list_of_many_is_told_whole(void **state)
{
	enum { N = 20000 };
	size_t size = (size_t)N * 80 + 100, n = 0;
	char *body = malloc(size);
	static struct wire w;

	(void)state;
	assert_non_null(body);
	n += (size_t)snprintf(body + n, size - n, "{\"total\":%d,\"sessions\":[", N);
	for (int i = 0; i < N; i++)
		n += (size_t)snprintf(
		    body + n, size - n,
		    "%s{\"session_id\":\"s%d\",\"account_id\":\"a%d\",\"generation\":1,"
		    "\"state\":\"qr\"}",
		    i > 0 ? "," : "", i, i);
	snprintf(body + n, size - n, "]}");
	wire_open(&w, WEBJS_SO, CONFIG);
	w.rig.quiet = true;
	host_list(&w.rig);
	wire_json(&w, 200, body);
	assert_int_equal(w.rig.n_listed, N);
	assert_int_equal(host_open_ops(&w.rig), 0);
	assert_int_equal(wire_open_questions(&w), 64); /* and that many are looked at, at once */
	wire_close(&w);
	free(body);
}

static void a_verb_with_a_large_answer_is_not_passed_on(void **state)
{
	char *body = malloc(100001);
	struct wire w;

	(void)state;
	assert_non_null(body);
	snprintf(body, 100001, "{\"x\":\"%0*d\"}", 99000, 0);
	wire_open(&w, WEBJS_SO, CONFIG);
	host_control(&w.rig, "a1", "s1", "info", "");
	wire_json(&w, 200, body);
	assert_string_equal(w.rig.said, "0 info internal");
	wire_close(&w);
	free(body);
}

static void answers_that_cross_find_their_operations(void **state)
{
	struct wire w;

	(void)state;
	wire_open(&w, WEBJS_SO, CONFIG);
	host_health(&w.rig, "a1", "s1", 1);
	host_health(&w.rig, "a2", "s2", 1);
	wire_answer_to(
	    &w, "/s2",
	    (struct said)OK("{\"session_id\":\"s2\",\"generation\":1,\"state\":\"qr\"}"));
	wire_answer_to(
	    &w, "/s1",
	    (struct said)OK("{\"session_id\":\"s1\",\"generation\":1,\"state\":\"connected\"}"));
	assert_string_equal(w.rig.said, "0 health ok qr; 0 health ok connected");
	wire_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_service_is_understood),
		cmocka_unit_test(the_old_service_is_understood),
		cmocka_unit_test(a_deep_answer_is_refused),
		cmocka_unit_test(a_long_sentence_is_cut_at_a_character),
		cmocka_unit_test(a_key_at_the_cut_is_not_shown_in_part),
		cmocka_unit_test(a_key_as_it_stands_in_a_url_is_not_shown),
		cmocka_unit_test(a_list_of_many_is_told_whole),
		cmocka_unit_test(a_verb_with_a_large_answer_is_not_passed_on),
		cmocka_unit_test(answers_that_cross_find_their_operations),
	};

	print_message("%zu behaviours of our service, %zu of the old one\n",
		      sizeof ours / sizeof ours[0], sizeof seed / sizeof seed[0]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
