/*
 * relink/plugin.h - what a provider plugin and the worker that loads it owe each other.
 *
 * A provider is a kind of WhatsApp backend (a Node.js whatsapp-web.js service, a cloud API, a mock).
 * Its plugin is one shared object that exports one data symbol, `relink_plugin`, made with
 * RELINK_PLUGIN(...).  A worker process loads exactly one plugin with dlopen(RTLD_NOW | RTLD_LOCAL)
 * and opens one or more *instances* of it: one instance is one running backend with its own
 * configuration.
 *
 * Life cycle   open(instance) -> any number of create, disconnect, health, list, send, control
 *              -> close(instance), which is the last operation.
 * Threads      Every function of a plugin runs on the worker's loop thread and none may block.
 *              Host services may be called from that thread only.
 * Re-entry     A host service never calls back into the plugin before it returns.
 * Ownership    Pointers are lent for the length of the call, in both directions.  Who wants to keep
 *              bytes copies them.  Neither side frees what the other allocated.
 * Answers      Each operation is answered exactly once with host->done(), now or later.  The core
 *              gives every operation a deadline; an answer after it is dropped and counted.
 * Policy       A plugin says what happened and which cause it was.  Whether, when and how often to
 *              try again is decided in the core: no retry loop in a plugin.
 * Fencing      `generation` grows with every create of an account.  What a plugin reports about a
 *              session carries the generation it was created with, so that a late event of an older
 *              life changes nothing.
 *
 * Sizes        Whoever makes a struct with a `size` member sets it to sizeof that struct.
 *
 * Times are milliseconds.  Strings are UTF-8, pointer and length, not NUL-terminated.
 */
#ifndef RELINK_PLUGIN_H
#define RELINK_PLUGIN_H
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A plugin is loaded when its major number equals the host's and its minor number is not above the
 * host's.  Structs grow at their end only, and only with the minor number; each carries its size, so
 * an older plugin's missing members read as zero.
 *
 * 1.0  November 2026, the first; frozen in tests/abi/1.0
 */
#define RELINK_ABI_MAJOR 1u
#define RELINK_ABI_MINOR 0u

#if defined(__GNUC__)
#define RELINK_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define RELINK_EXPORT            __attribute__((visibility("default")))
#else
#define RELINK_PRINTF(fmt, args)
#define RELINK_EXPORT
#endif

/* True when struct `s` (a pointer) was made by a side that knows member `m`. */
#define RELINK_HAS(s, m) ((s)->size >= offsetof(__typeof__(*(s)), m) + sizeof(s)->m)

struct relink_str {
	const char *p;
	size_t n;
};

typedef uint64_t relink_op;    /* one operation, answered exactly once; 0 is none */
typedef uint64_t relink_timer; /* 0 is none */
typedef uint64_t relink_http;  /* one HTTP request, ended by exactly one callback; 0 is none */

/*
 * Why something ended.  The core's retry rules are indexed by this list and by nothing else; a
 * plugin maps every text and state of its provider to one of these and keeps the original as text.
 * Names go into the API, the log and the store; numbers go over the wire: neither is ever reused.
 */
#define RELINK_CAUSES(C)                                                                         \
	C(NONE, 0, "none", "no cause: it worked, or nothing happened yet")                       \
	C(GONE, 1, "gone", "the provider does not know this session")                            \
	C(ENGINE_CRASH, 2, "engine_crash", "the browser or engine of the session died")          \
	C(ENGINE_HANG, 3, "engine_hang", "the engine does not answer, or a start took too long") \
	C(NETWORK, 4, "network", "the provider could not be reached or cut the connection")      \
	C(PROVIDER_DOWN, 5, "provider_down", "the provider answers, but cannot work")            \
	C(THROTTLED, 6, "throttled", "told to slow down; see retry_after_ms")                    \
	C(REFUSED, 7, "refused", "refused for now; not a log-out")                               \
	C(REPLACED, 8, "replaced", "the account was opened elsewhere")                           \
	C(LOGGED_OUT, 9, "logged_out", "the phone unlinked this device")                         \
	C(UNPAIRED, 10, "unpaired", "WhatsApp ended the pairing")                                \
	C(AUTH_CORRUPT, 11, "auth_corrupt", "the stored credentials are unusable")               \
	C(QR_EXPIRED, 12, "qr_expired", "nobody scanned the QR code in time")                    \
	C(BANNED, 13, "banned", "WhatsApp banned the number")                                    \
	C(TOS_BLOCK, 14, "tos_block", "WhatsApp blocked the number for its terms")               \
	C(CLIENT_OUTDATED, 15, "client_outdated", "WhatsApp no longer accepts this client")      \
	C(MISCONFIGURED, 16, "misconfigured", "wrong URL, key or setting: an operator must act") \
	C(CANCELLED, 17, "cancelled", "the worker is stopping or the operation was withdrawn")   \
	C(STALE, 18, "stale", "the provider has seen a newer generation; see generation")        \
	C(CAPACITY, 19, "capacity", "the instance is full")                                      \
	C(BY_REQUEST, 20, "by_request", "somebody asked for it")                                 \
	C(UNKNOWN, 21, "unknown", "an answer that the plugin cannot classify")                   \
	C(INTERNAL, 22, "internal", "a bug in the plugin or an answer it cannot read")           \
	C(POISON, 23, "poison", "worker processes died of its operations")

enum relink_cause {
#define RELINK_C(name, n, text, doc) RELINK_##name = (n),
	RELINK_CAUSES(RELINK_C)
#undef RELINK_C
	    RELINK_CAUSE_COUNT
};

/* What a session is at the provider, as far as the plugin can see. */
enum relink_state {
	RELINK_STATE_UNKNOWN = 0,
	RELINK_STATE_STARTING = 1,      /* alive, not yet at a QR or a login */
	RELINK_STATE_QR = 2,            /* waits for a person to scan */
	RELINK_STATE_AUTHENTICATED = 3, /* scanned; not yet connected */
	RELINK_STATE_CONNECTED = 4,
	RELINK_STATE_DOWN = 5, /* known to the provider, but not working; see cause */
	RELINK_STATE_COUNT
};

enum relink_level { RELINK_ERROR, RELINK_WARN, RELINK_INFO, RELINK_DEBUG };

/*
 * One key of an instance's configuration.  The host parses and checks the operator's text and writes
 * the value at `offset` of a zeroed struct of `conf_size` bytes, which it owns until close() is
 * answered.  `def`, `min` and `max` are written as an operator would ("30s", "8MiB"); NULL is none.
 * Keys stand in an array, so this never grows.
 */
enum relink_type {
	RELINK_TYPE_STRING,   /* const char *, NUL-terminated, "" when absent */
	RELINK_TYPE_INT,      /* int64_t */
	RELINK_TYPE_BOOL,     /* int64_t, 0 or 1 */
	RELINK_TYPE_DURATION, /* int64_t, milliseconds; "250ms", "30s", "5m", "1h" */
	RELINK_TYPE_BYTES     /* int64_t; "64KiB", "8MiB", "1GiB" */
};
#define RELINK_KEY_REQUIRED 1u
#define RELINK_KEY_SECRET   2u /* never logged, shown or sent back */
/* A string that is a path, absolute or empty.  No path but these is opened to a plugin, as far as the
 * system can keep it from others; see `needs`. */
#define RELINK_KEY_READS  4u /* a file or folder that the plugin reads, now or again and again */
#define RELINK_KEY_WRITES 8u /* a folder to read and write; the worker makes one that is missing */
struct relink_key {
	const char *name, *def, *min, *max, *doc;
	enum relink_type type;
	unsigned flags;
	size_t offset;
};

/* A header of an HTTP request.  It stands in arrays, so it never grows. */
struct relink_header {
	struct relink_str name, value;
};

/* An operation.  `session` and `profile` are minted by the core; `profile` names the credentials. */
struct relink_request {
	size_t size;
	relink_op op;
	uint64_t deadline_ms; /* on host->now_ms(); an answer after it is dropped */
	struct relink_str account, session, profile;
	uint64_t generation;
	int resume;                 /* create: `profile` may hold credentials; 0: a new profile */
	struct relink_str metadata; /* create: the account's metadata, a JSON object or empty */
	struct relink_str verb,
	    args; /* control: name, and a JSON value or empty; send: args only */
	/* webhook: those of its headers that may matter (names in lower case), and its body as it came */
	const struct relink_header *headers;
	size_t n_headers;
	struct relink_str body;
};

/* The answer to an operation. */
struct relink_result {
	size_t size;
	enum relink_cause cause; /* RELINK_NONE: it worked */
	struct relink_str text;  /* for people: the provider's own words */
	uint64_t retry_after_ms; /* THROTTLED and REFUSED, when the provider said so; 0 unknown */
	uint64_t generation;     /* STALE: the highest generation that the provider has seen */
	int unknown; /* 1: the plugin cannot say whether it happened (timeout, lost reply) */
	/* health: what the session is now.  An absent session is state UNKNOWN with cause GONE. */
	enum relink_state state;
	/* list: changes when the backend restarts; 1 when every session was listed. */
	struct relink_str boot_id;
	int complete;
	/* control: a JSON value or empty.  send: what was sent, a JSON object. */
	struct relink_str body;
};

/* A session in the answer to list(), and the subject of an event. */
struct relink_session {
	size_t size;
	struct relink_str session, account; /* account: empty when the provider does not know it */
	uint64_t generation;                /* 0: the provider does not keep it */
	enum relink_state state;
	enum relink_cause cause; /* with STATE_DOWN */
	struct relink_str text;  /* with STATE_DOWN: the provider's words */
	struct relink_str phone; /* digits; empty while unknown, which is legal when connected */
	struct relink_str qr;    /* STATE_QR in an event: the raw text that the QR code holds */
	uint64_t qr_expires_ms;  /* how long this code is good for; 0 unknown */
};

/* What happened to a message. */
enum relink_message_kind {
	RELINK_MESSAGE_RECEIVED,
	RELINK_MESSAGE_SENT,
	RELINK_MESSAGE_ACK, /* it got further: with the server, on the phone, read */
	RELINK_MESSAGE_COUNT
};
/* A message, or the news of one.  Subscribers get `json` as it is: an object of at most 12 KiB with,
 * as far as they are known, "id", "chat", "from", "to", "text", "type", "timestamp" (seconds) and, for
 * ACK, "ack": "server", "device", "read" or "played". */
struct relink_message {
	size_t size;
	struct relink_str session;
	uint64_t generation; /* 0: the provider does not keep it */
	enum relink_message_kind kind;
	struct relink_str json;
};

/*
 * An HTTP request, for host->http(), which copies all of it.
 *
 * Only http and https; certificates are verified.  No redirect is followed, no cookie kept, no
 * proxy, .netrc or other setting of the environment used.  The host itself writes Host, User-Agent
 * ("relink/VERSION"), Content-Length and whatever else frames a message: such headers are refused.
 * So are a URL with a user or password in it, and line ends in a value.  A zero takes the default;
 * more than the most is taken as the most.
 */
struct relink_http_request {
	size_t size;
	struct relink_str method; /* GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS; empty: GET */
	struct relink_str url; /* escaped, at most 8 KiB; neither it nor a header is ever logged */
	const struct relink_header *headers; /* at most 32, of 16 KiB together */
	size_t n_headers;
	struct relink_str body;    /* at most 8 MiB */
	struct relink_str ca_file; /* PEM with the certificates to trust; empty: the system's */
	uint64_t connect_ms;       /* for look-up, TCP and TLS together; 0: 10 s, at most 60 s */
	uint64_t total_ms; /* from this call to the end of the answer; 0: 30 s, at most 10 min */
	uint64_t body_max; /* of the answer's body, in bytes; 0: 1 MiB, at most 8 MiB */
	/* 1: sent at most once, on a connection of its own.  Without it a request that meets a
	 * connection which the server closes at that moment is sent again on another one, and nobody
	 * can say whether the server has seen it twice: right for GET, wrong for a create. */
	int fresh;
};

/*
 * How an HTTP request ended.  With RELINK_NONE an HTTP answer came whole, whatever its status; a
 * redirect is an answer too.  Else there is no answer to look at, only these causes:
 *
 *	NETWORK        not reached, cut, or too slow (`timeout` tells which)
 *	MISCONFIGURED  the URL, a header's value, the CA file or the server's certificate is wrong
 *	INTERNAL       an answer that breaks HTTP or a limit (body_max; 64 KiB or 200 lines of
 *	               headers; compressed, which was not asked for), a request that no server would
 *	               take, or no memory
 *
 * and `sent` says whether it may be tried again without a look: with 0 surely nothing of the request
 * has left this machine, with 1 the outcome is unknown.
 */
struct relink_http_reply {
	size_t size;
	enum relink_cause cause;
	int sent;
	int timeout;            /* NETWORK: a limit on time ended it */
	struct relink_str text; /* with a cause: a sentence for people, without path or query */
	unsigned status;
	uint64_t
	    retry_after_ms; /* from Retry-After, kept within 1 s and 10 min; 0: it does not say */
	struct relink_str content_type; /* as sent; empty: none */
	struct relink_str body;         /* any bytes */
};

/*
 * What the worker lends to an instance.  Time and chance come only from here, so that a test can
 * drive a plugin with a clock and a seed of its own.
 */
struct relink_host {
	size_t size;
	const char *instance; /* its name, NUL-terminated, for messages */
	/* One line for the operator's log.  Never put secrets, message texts or QR codes into it. */
	void (*log)(const struct relink_host *, enum relink_level, const char *fmt, ...)
	    RELINK_PRINTF(3, 4);
	/* Answer operation `op`.  A second answer is a bug of the plugin: logged, counted, dropped. */
	void (*done)(const struct relink_host *, relink_op op, const struct relink_result *);
	/* During a list operation, before its done(): one call for each session. */
	void (*listed)(const struct relink_host *, relink_op op, const struct relink_session *);
	/* Something happened to a session without being asked for. */
	void (*event)(const struct relink_host *, const struct relink_session *);
	/* Milliseconds since the epoch, monotonic while the process runs. */
	uint64_t (*now_ms)(const struct relink_host *);
	uint64_t (*random)(const struct relink_host *);
	/* Call `fn(arg)` once after `ms`.  0 when there is no memory.  timer_stop of 0 is fine, and
	 * after it `fn` is not called. */
	relink_timer (*timer_start)(const struct relink_host *, uint64_t ms, void (*fn)(void *arg),
				    void *arg);
	void (*timer_stop)(const struct relink_host *, relink_timer);
	/*
	 * Ask an HTTP server.  `fn(arg, reply)` is called exactly once, later and never from inside
	 * this call, also for a request that cannot be made; the reply is lent until it returns.  0:
	 * not taken, `fn` is not called and nothing is sent: too many wait (4096 requests or 64 MiB in
	 * a worker), there is no memory, or the instance is closed.
	 *
	 * All instances of a worker share the connections: 32 requests at a time to one server and 256
	 * in all, the others wait for their turn (which total_ms includes).  Besides the limits of the
	 * request an answer that has begun must bring 100 bytes a second, looked at every 10 s.
	 */
	relink_http (*http)(const struct relink_host *, const struct relink_http_request *,
			    void (*fn)(void *arg, const struct relink_http_reply *), void *arg);
	/* No callback after this, in whatever state the request is; what was sent stays sent.  0, or
	 * one that has ended, is fine. */
	void (*http_drop)(const struct relink_host *, relink_http);
	/* A message came, went, or was acknowledged.  Told at most once: who needs to know that none is
	 * missing asks the provider. */
	void (*message)(const struct relink_host *, const struct relink_message *);
};

/* What a plugin can do beyond create, disconnect and health. */
#define RELINK_CAP_LIST   (1ull << 0) /* list() tells all sessions of the instance, truthfully */
#define RELINK_CAP_FENCED (1ull << 1) /* refuses older generations and ends the lives before */
#define RELINK_CAP_PROFILES \
	(1ull << 2)                    /* keeps session id and profile apart: a new session can
                                           open an old profile */
#define RELINK_CAP_CONTROL (1ull << 3) /* control() has provider-specific verbs */
#define RELINK_CAP_PUSH    (1ull << 4) /* reports changes by event() without being asked */
#define RELINK_CAP_WEBHOOK (1ull << 5) /* webhook() takes requests of the backend */
#define RELINK_CAP_SEND    (1ull << 6) /* send() sends messages */

/*
 * What a plugin may do beyond calling the host, opening the paths of its keys, and talking to other
 * machines (TCP, UDP, names).  From before the first open() until the end the system refuses the rest, as
 * far as it can and the operator wants: with EACCES for a path, EPERM for a call.  Libraries and the
 * settings of the network (/usr, /etc/resolv.conf, certificates) can be read always, the files of Relink
 * itself never.  A thread that runs before the first open() would not be held, so it is a reason to refuse
 * the plugin.
 */
#define RELINK_NEED_PROCESSES (1ull << 0) /* look at other processes in /proc */
#define RELINK_NEED_PROGRAMS  (1ull << 1) /* fork, and start programs that are installed */

/* The first three members never move: they protect the rest. */
struct relink_plugin {
	uint32_t abi_major, abi_minor;
	size_t size;
	const char *name; /* [a-z0-9-], as in the configuration */
	const char *version, *summary;
	uint64_t caps;
	uint64_t start_deadline_ms; /* how long create may take to reach a QR or a login; 0: 90 s */
	const struct relink_key *keys; /* ends with a NULL name; NULL: takes no keys */
	size_t conf_size;

	/*
	 * Open an instance.  Synchronous and quick; nothing is asked of the provider yet.  On failure
	 * leave nothing behind, write a sentence with the remedy into `why` (of `n` bytes), and return
	 * the cause (MISCONFIGURED: wait for an operator; others: tried again later).
	 */
	enum relink_cause (*open)(const struct relink_host *, const void *conf, void **ret_self,
				  char *why, size_t n);

	/* Each of these ends in exactly one host->done() for its op, now or later. */

	/* Start a session: on `profile`, which may hold credentials (resume) or is new.  The answer
	 * says that the provider took it, not that it is connected; that is told by event() or list(). */
	void (*create)(void *self, const struct relink_request *);
	/* End the session, keep its credentials.  A session that does not exist is a success. */
	void (*disconnect)(void *self, const struct relink_request *);
	/* What is this session now? */
	void (*health)(void *self, const struct relink_request *);
	/* All sessions of the instance: host->listed() for each, then done(). */
	void (*list)(void *self, const struct relink_request *);
	/*
	 * Send one message from the session.  `args` is a JSON object, checked as far as this goes:
	 *
	 *	"to"          a phone number as a person writes it, or a chat id of the provider
	 *	"text"        the message, or the caption of a file; at least this or a file is there
	 *	"media_url"   where the file is to be fetched from, http or https
	 *	"media"       or the file itself: {"mimetype", "data" (base64), "filename"}; not both
	 *	"filename"    the name that the recipient sees
	 *	"request_id"  the same text, of up to 64 bytes, for the same message: a backend that has
	 *	              seen it in this session does not send again, and answers as it did then
	 *
	 * Whoever receives a message twice is harmed, so nobody repeats one: the plugin asks its backend
	 * once, and the core asks the plugin once.  Hence the difference between these answers matters
	 * more than their cause:
	 *
	 *	NONE        it was sent.  `body` is {"message_id": text, "timestamp": seconds}; what the
	 *	            backend did not tell is left out
	 *	REFUSED     not sent, and it would not help to send the same again: the provider does not
	 *	            know this recipient, or does not take this text or file
	 *	THROTTLED   not sent: too fast.  retry_after_ms when the provider said so
	 *	GONE        not sent: the session is not there, or is not connected
	 *	others      not sent: ENGINE_CRASH, ENGINE_HANG, PROVIDER_DOWN, NETWORK, ... as for create
	 *	unknown=1   with any of these causes: the backend was asked, and its answer is lost, late or
	 *	            cannot be read.  It may have been sent.  Set it in doubt: the core then tells the
	 *	            client that nobody knows, and never that it failed
	 *
	 * The deadline is longer than that of other operations (policy.send_deadline), since files take
	 * their time.  What was sent is also told by message(), as what was sent from the phone is.
	 */
	void (*send)(void *self, const struct relink_request *);
	/* A provider-specific verb; `session` is empty when the account has none.  list, send, control
	 * and webhook may be NULL without their capability. */
	void (*control)(void *self, const struct relink_request *);
	/* A request of the backend to us, which may be anybody's.  Check that it is genuine before
	 * anything in it is believed; what it says is told by event() and message() before done().
	 * Causes: NONE when it was taken, also when it says nothing of interest; REFUSED when it is not
	 * genuine, or not for this instance; INTERNAL when it is genuine and cannot be read. */
	void (*webhook)(void *self, const struct relink_request *);
	/* The last operation.  The plugin answers its open operations CANCELLED first; no timer, HTTP request,
	 * descriptor or memory is left when it is answered. */
	void (*close)(void *self, relink_op);

	/* Optional: write lines about the inside for a report, through `line`. */
	void (*dump)(void *self, void (*line)(void *arg, const char *text), void *arg);

	uint64_t needs; /* RELINK_NEED_ bits */
};

/* The one exported symbol. */
#define RELINK_PLUGIN(...)                                                                 \
	extern RELINK_EXPORT const struct relink_plugin relink_plugin;                     \
	const struct relink_plugin relink_plugin = { .abi_major = RELINK_ABI_MAJOR,        \
						     .abi_minor = RELINK_ABI_MINOR,        \
						     .size = sizeof(struct relink_plugin), \
						     __VA_ARGS__ }

#ifdef __cplusplus
}
#endif
#endif
