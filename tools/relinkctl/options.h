/*
 * options.h - the options of all commands in one table.
 *
 * An option means the same wherever it is allowed, and may stand anywhere in the line.  Names are
 * not abbreviated: a script that says --lim today would break when --limbo comes.  There is no
 * option that takes a key, since everybody on the machine can read the arguments of a process.
 */
#ifndef RELINKCTL_OPTIONS_H
#define RELINKCTL_OPTIONS_H
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"

#define OPTION_WAIT_MAX 120 /* the API's own bound */

// clang-format off
#define OPTION_LIST(O) \
	/* id, letter, name, argument, kind, least, most; what it does */ \
	O(SOCKET, 0, "socket", "PATH", PATH, 0, 0, \
	  "the daemon's unix socket") \
	O(URL, 0, "url", "URL", TEXT, 0, 0, \
	  "the daemon's address, as http://127.0.0.1:8840") \
	O(KEY_FILE, 0, "key-file", "FILE", PATH, 0, 0, \
	  "the file with the API key (with --url)") \
	O(JSON, 0, "json", NULL, FLAG, 0, 0, \
	  "print the API's JSON as it came, a document an answer") \
	O(COLOR, 0, "color", "WHEN", WORD, 0, 0, \
	  "colour: auto (on a terminal), always or never") \
	O(HELP, 'h', "help", NULL, FLAG, 0, 0, \
	  "explain the command") \
	O(VERSION, 0, "version", NULL, FLAG, 0, 0, \
	  "print relinkctl's version") \
	O(PROVIDER, 0, "provider", "NAME", TEXT, 0, 0, \
	  "kind of backend, as mock") \
	O(WORKSPACE, 0, "workspace", "NAME", TEXT, 0, 0, \
	  "tenant") \
	O(STATUS, 0, "status", "STATUS", TEXT, 0, 0, \
	  "only accounts in this status") \
	O(INSTANCE, 0, "instance", "NAME", TEXT, 0, 0, \
	  "only accounts on this backend") \
	O(LABEL, 0, "label", "TEXT", TEXT, 0, 0, \
	  "a name for people") \
	O(METADATA, 0, "metadata", "JSON", OBJECT, 0, 0, \
	  "a JSON object of yours") \
	O(PRIORITY, 0, "priority", "PRIORITY", TEXT, 0, 0, \
	  "high, normal or low") \
	O(CONNECT, 0, "connect", NULL, FLAG, 0, 0, \
	  "connect it at once") \
	O(ROLE, 0, "role", "ROLE", TEXT, 0, 0, \
	  "viewer, operator or admin") \
	O(EXPIRES, 0, "expires", "TIME", TEXT, 0, 0, \
	  "after so long it opens nothing: 90d, 12h, 30m") \
	O(OUT, 0, "out", "FILE", PATH, 0, 0, \
	  "write the key into this new file, for its owner only") \
	O(EVERYTHING, 0, "everything", NULL, FLAG, 0, 0, \
	  "all accounts there are") \
	O(REASON, 0, "reason", "TEXT", TEXT, 0, 0, \
	  "why, for everybody who looks later") \
	O(FOR, 0, "for", "TIME", TEXT, 0, 0, \
	  "it ends by itself after so long: 2h, 30m, 1d") \
	O(CAUSE, 0, "cause", "CAUSE", TEXT, 0, 0, \
	  "only accounts with this cause, as engine_crash") \
	O(LABEL_PREFIX, 0, "label-prefix", "TEXT", TEXT, 0, 0, \
	  "only accounts whose label begins so") \
	O(IDS, 0, "ids", "FILE", PATH, 0, 0, \
	  "only accounts whose ids it lists; -: standard input") \
	O(RATE, 0, "rate", "N", NUMBER, 1, 6000, \
	  "accounts a minute") \
	O(DRY_RUN, 0, "dry-run", NULL, FLAG, 0, 0, \
	  "say how many and which, do nothing") \
	O(YES, 0, "yes", NULL, FLAG, 0, 0, \
	  "do it without asking") \
	O(WAIT, 0, "wait", "SECONDS", NUMBER, 1, OPTION_WAIT_MAX, \
	  "wait for the outcome, at most so long (1 to 120)") \
	O(NO_WAIT, 0, "no-wait", NULL, FLAG, 0, 0, \
	  "return as soon as the daemon has accepted it") \
	O(NEW, 0, "new", NULL, FLAG, 0, 0, \
	  "make a new code: a new session on a new login") \
	O(FORCE, 0, "force", NULL, FLAG, 0, 0, \
	  "with --new: although it costs a living login") \
	O(LINK, 0, "link", NULL, FLAG, 0, 0, \
	  "print a link for who scans and has no key") \
	O(RAW, 0, "raw", NULL, FLAG, 0, 0, \
	  "print the text of the code, don't draw it") \
	O(INVERT, 0, "invert", NULL, FLAG, 0, 0, \
	  "swap ink and paper of an uncoloured drawing") \
	O(TO, 0, "to", "NUMBER", TEXT, 0, 0, \
	  "phone number with its country code, or a chat id") \
	O(MESSAGE, 0, "text", "TEXT", TEXT, 0, 0, \
	  "the message, or a file's caption; - reads standard input") \
	O(FILE, 0, "file", "PATH", PATH, 0, 0, \
	  "a file to send, of at most 740 KiB") \
	O(MEDIA_URL, 0, "media-url", "URL", TEXT, 0, 0, \
	  "where the provider fetches the file from") \
	O(LIMIT, 0, "limit", "N", NUMBER, 1, LIMIT_ACCOUNTS, \
	  "at most N rows") \
	O(ALL, 0, "all", NULL, FLAG, 0, 0, \
	  "every row") \
	O(AFTER, 0, "after", "SEQ", NUMBER, 0, INT64_MAX, \
	  "begin after the event with this number") \
	O(FROM, 0, "from", "SEQ", NUMBER, 1, INT64_MAX, \
	  "from the event with this number on") \
	O(EVENTS, 0, "events", "LIST", TEXT, 0, 0, \
	  "types of events, as account.*,message.received") \
	O(SEARCH, 0, "search", "TEXT", TEXT, 0, 0, \
	  "only accounts with this in id or label") \
	O(SORT, 0, "sort", "ORDER", TEXT, 0, 0, \
	  "id, status, health or changed (the latest first)") \
	O(ACCOUNT, 0, "account", "ID", TEXT, 0, 0, \
	  "only events of this account") \
	O(TYPE, 0, "type", "TYPES", TEXT, 0, 0, \
	  "only events of these types, as account.*,incident.closed") \
	O(KIND, 0, "kind", "KIND", TEXT, 0, 0, \
	  "only alerts of this kind") \
	O(INTERVAL, 0, "interval", "SECONDS", NUMBER, 1, 3600, \
	  "redraw at least this often (default 1)") \
	O(QUIET, 'q', "quiet", NULL, FLAG, 0, 0, \
	  "print ids only")
// clang-format on

enum option_id {
#define O(id, letter, name, arg, kind, least, most, text) OPTION_##id,
	OPTION_LIST(O)
#undef O
	    OPTION_COUNT
};
#define OPT(id) (UINT64_C(1) << OPTION_##id)

/* Allowed with every command. */
#define OPTIONS_OF_ALL (OPT(SOCKET) | OPT(URL) | OPT(KEY_FILE) | OPT(JSON) | OPT(COLOR) | OPT(HELP))

/* TEXT goes to the API and must be UTF-8; a PATH may hold any byte; a WORD is one of
 * options_word(). */
enum option_kind {
	OPTION_FLAG,
	OPTION_PATH,
	OPTION_TEXT,
	OPTION_NUMBER,
	OPTION_OBJECT,
	OPTION_WORD
};

struct option_spec {
	const char *name, *arg, *text;
	enum option_kind kind;
	char letter;
	uint64_t least, most;
};
extern const struct option_spec option_specs[OPTION_COUNT];

struct options {
	uint64_t given; /* OPT() bits */
	const char *text[OPTION_COUNT];
	uint64_t number[OPTION_COUNT];
};

/* Take the options out of `words` (n of them, lent for the run); what is left moves to the front
 * and is counted in *ret_n.  "--" ends the options.  ERR_FORMAT, ERR_RANGE: `why` says which. */
int options_take(struct options *, char **words, unsigned n, unsigned *ret_n, struct why *why);

/* The word at place `i` of those that the option may be; empty behind the last, and for an option of
 * which only the daemon knows.  Of a TEXT they are for completion: the daemon decides. */
struct str options_word(enum option_id, unsigned i);

/* Is `value` a JSON object? */
int options_check_object(const char *value, struct why *why);

static inline bool option_given(const struct options *o, enum option_id id)
{
	return (o->given >> id & 1) != 0;
}

#endif
