/*
 * limits.h - every hard bound in one list.
 *
 * What an operator may want to change is a configuration key (core/conf) with these as outer edges.
 * Each bound that can be hit while running has a counter where it is enforced.
 */
#ifndef RELINK_BASE_LIMITS_H
#define RELINK_BASE_LIMITS_H

/* Text that accounts and providers bring along, in bytes. */
#define LIMIT_ACCOUNT_ID      64
#define LIMIT_WORKSPACE       32
#define LIMIT_PROVIDER        32
#define LIMIT_INSTANCE        64
#define LIMIT_SESSION_ID      96
#define LIMIT_PROFILE         96
#define LIMIT_LABEL           128
#define LIMIT_PHONE           32
#define LIMIT_REASON          256
#define LIMIT_METADATA        4096
#define LIMIT_QR              2048
#define LIMIT_SANDBOX         256
#define LIMIT_VERB            32
#define LIMIT_VERB_ARGS       8192
#define LIMIT_MESSAGE         12288 /* JSON of a message, as an event */
#define LIMIT_WEBHOOK         (768u << 10)
#define LIMIT_DRAFT           (1000u << 10) /* JSON of a message to send, with its file in base64 */
#define LIMIT_SEND            (LIMIT_DRAFT + 128) /* the same with its request_id */
#define LIMIT_SENT            1024 /* JSON of what the provider says about a sent one */
#define LIMIT_RECIPIENT       128
#define LIMIT_REQUEST_ID      64
#define LIMIT_IDEMPOTENCY_KEY 128

/* Frames between core and worker. */
#define LIMIT_FRAME       (1u << 20)
#define LIMIT_FRAME_DEPTH 16
#define LIMIT_FRAME_NODES 65536
#define LIMIT_LINK_QUEUE  (8u << 20)
#define LIMIT_LIST_PART   1000 /* sessions in one frame of a list */

/* HTTP. */
#define LIMIT_HTTP_HEADER      (16u << 10)
#define LIMIT_HTTP_HEADERS     100
#define LIMIT_HTTP_URL         (8u << 10)
#define LIMIT_HTTP_BODY        (1u << 20)
#define LIMIT_HTTP_BODY_OPEN   (64u << 10) /* of who has shown no key when it begins */
#define LIMIT_HTTP_HOOKS       64          /* webhooks larger than that, at once */
#define LIMIT_HTTP_PIPELINE    16
#define LIMIT_HTTP_CONNECTIONS 10000
#define LIMIT_JSON_DEPTH       32
#define LIMIT_API_KEYS         10000 /* revoked ones among them */
#define LIMIT_PAUSES           1000
#define LIMIT_QR_LINKS         10000 /* to QR codes, for people without a key */
#define LIMIT_PAGE             1000
#define LIMIT_ENDPOINTS        100 /* that events are sent to */
#define LIMIT_ENDPOINT_ID      32
#define LIMIT_ENDPOINT_URL     2048
#define LIMIT_ENDPOINT_EVENTS  1024 /* all patterns of one, with spaces between */

/* The engine. */
#define LIMIT_ACCOUNTS        1000000
#define LIMIT_INSTANCES       1024
#define LIMIT_WORKERS         256
#define LIMIT_SLOTS           512 /* workers, and a quarantine for each provider */
#define LIMIT_INBOX           65536
#define LIMIT_PENDING_CHANGES 200000 /* changes that wait for the disk */
#define LIMIT_WAITERS         4096

#endif
