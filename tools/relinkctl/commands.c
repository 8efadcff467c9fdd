/*
 * commands.c - the table of commands: names, arguments, options, help, function.
 *
 * Help of every level, the man page, completion, the checks before a command runs and the tests come
 * from these lines and those of own_commands.c.
 */
#include "commands.h"

#include "base/obj.h"

#define FILTERS (OPT(STATUS) | OPT(WORKSPACE) | OPT(PROVIDER) | OPT(INSTANCE))
#define SELECTION                                                                            \
	(FILTERS | OPT(CAUSE) | OPT(LABEL_PREFIX) | OPT(IDS) | OPT(EVERYTHING) | OPT(RATE) | \
	 OPT(DRY_RUN) | OPT(YES) | OPT(NO_WAIT) | OPT(QUIET))
#define WAITING (OPT(WAIT) | OPT(NO_WAIT) | OPT(QUIET) | OPT(INVERT))

static const struct command commands[] = {
	{
	    .noun = "account",
	    .name = "add",
	    .args = "[ID]",
	    .options = OPT(PROVIDER) | OPT(WORKSPACE) | OPT(LABEL) | OPT(METADATA) | OPT(PRIORITY) |
		       OPT(CONNECT) | WAITING,
	    .required = OPT(PROVIDER),
	    .brief = "make an account",
	    .text =
		"Makes an account. Without ID the daemon chooses one. The provider is a name from\n"
		"the daemon's configuration. With --connect it is connected at once; on a\n"
		"terminal, or with --wait, its QR code is shown as by \"account connect\".",
	    .examples = "  relinkctl add shop-1 --provider mock\n"
			"  relinkctl add --provider webjs --label \"Shop, till 1\" --connect\n"
			"  id=$(relinkctl add -q --provider mock --metadata '{\"branch\":7}')\n",
	    .run = account_add,
	},
	{
	    .noun = "account",
	    .name = "list",
	    .args = "",
	    .options = FILTERS | OPT(SEARCH) | OPT(SORT) | OPT(LIMIT) | OPT(ALL) | OPT(QUIET),
	    .brief = "list accounts",
	    .text =
		"Lists accounts in the order in which they were made, or as --sort says, the\n"
		"first 100 unless --limit or --all says otherwise. A status is one of new,\n"
		"connecting, qr_scanning, authenticated, connected, reconnecting, disconnected,\n"
		"failed. HEALTH is a score from 0 to 100, TO DO what a person must do, NEXT when\n"
		"the daemon tries again by itself; with a ~, about when a queued account starts.",
	    .examples =
		"  relinkctl list\n"
		"  relinkctl list --status failed --workspace acme\n"
		"  relinkctl list --all -q --status disconnected | xargs -rn1 relinkctl connect\n"
		"  relinkctl list --json | jq '.accounts[].phone'\n",
	    .run = account_list,
	},
	{
	    .noun = "account",
	    .name = "show",
	    .args = "ID",
	    .options = OPT(QUIET),
	    .brief = "everything about one account",
	    .text = "Shows every member of the account as the daemon gives it.",
	    .examples = "  relinkctl show shop-1\n"
			"  relinkctl show shop-1 --json | jq -r .status\n",
	    .run = account_show,
	},
	{
	    .noun = "account",
	    .name = "explain",
	    .args = "ID",
	    .brief = "why it is as it is, what happens next, what to do",
	    .text = "Says in plain words why the account is as it is, what happens next by itself, "
		    "and\n"
		    "what a person has to do, with the command for it.",
	    .examples = "  relinkctl explain shop-1\n"
			"  relinkctl explain shop-1 --json | jq -r .explanation.do\n",
	    .run = account_explain,
	},
	{
	    .noun = "account",
	    .name = "set",
	    .args = "ID",
	    .options = OPT(LABEL) | OPT(METADATA) | OPT(PRIORITY) | OPT(QUIET),
	    .brief = "change label, metadata or priority",
	    .text =
		"Changes what was given and leaves the rest. New metadata replaces the old as a\n"
		"whole.",
	    .examples = "  relinkctl set shop-1 --label \"Shop, till 2\"\n"
			"  relinkctl set shop-1 --priority high --metadata '{\"branch\":8}'\n",
	    .run = account_set,
	},
	{
	    .noun = "account",
	    .name = "delete",
	    .args = "ID",
	    .options = OPT(YES) | OPT(QUIET),
	    .brief = "end its session and forget it",
	    .text = "Ends the account's session and forgets the account and its login. Asks first "
		    "on a\n"
		    "terminal; elsewhere --yes is needed.",
	    .examples = "  relinkctl delete shop-1\n"
			"  relinkctl delete shop-1 --yes\n",
	    .run = account_delete,
	},
	{
	    .noun = "account",
	    .name = "connect",
	    .args = "ID",
	    .options = WAITING,
	    .brief = "want it connected; shows the QR code to scan",
	    .text =
		"Tells the daemon that the account shall be connected; it keeps it so from then "
		"on.\n"
		"On a terminal this waits 30 seconds, shows the QR code when there is one, and\n"
		"then waits for the scan as long as codes can be had. Elsewhere it waits only\n"
		"with --wait. Exit code 0 after waiting means connected, 4 not yet, 1 that the\n"
		"daemon has given up; whatever happens, the daemon goes on.",
	    .examples = "  relinkctl connect shop-1\n"
			"  relinkctl connect shop-1 --no-wait\n"
			"  relinkctl connect shop-1 --wait 60 && echo connected\n",
	    .run = account_connect,
	},
	{
	    .noun = "account",
	    .name = "disconnect",
	    .args = "ID",
	    .options = OPT(WAIT) | OPT(NO_WAIT) | OPT(QUIET),
	    .brief = "want it disconnected; keeps the login",
	    .text =
		"Ends the session and leaves the account disconnected until somebody connects it\n"
		"again. The login is kept: the next connect needs no scan.",
	    .examples = "  relinkctl disconnect shop-1\n"
			"  relinkctl disconnect shop-1 --wait 30\n",
	    .run = account_disconnect,
	},
	{
	    .noun = "account",
	    .name = "reconnect",
	    .args = "ID",
	    .options = WAITING,
	    .brief = "end the session and make a new one",
	    .text =
		"Ends the session, if there is one, and makes a new one on the old login. Where\n"
		"the login is lost a QR code comes up. Waits as \"account connect\" does.",
	    .examples = "  relinkctl reconnect shop-1\n"
			"  relinkctl list -q --status failed | xargs -rn1 relinkctl reconnect\n",
	    .run = account_reconnect,
	},
	{
	    .noun = "account",
	    .name = "qr",
	    .args = "ID",
	    .options = OPT(NEW) | OPT(FORCE) | OPT(WAIT) | OPT(NO_WAIT) | OPT(RAW) | OPT(INVERT) |
		       OPT(LINK) | OPT(EXPIRES),
	    .brief = "draw its QR code",
	    .text =
		"Draws the newest QR code of the account; --wait waits for one. With --new the\n"
		"daemon makes a new session on a new login, which always ends in a code and waits\n"
		"30 seconds for it; where that costs a living login, --force is needed.\n"
		"On a terminal the code is black on white. Without colour it is drawn for a dark\n"
		"background, with --invert for a light one.\n"
		"With --link nothing is drawn: it prints a link to a page that shows the code to\n"
		"one browser, without a key, until the account is connected or 15 minutes are\n"
		"over (--expires). A new link takes the place of the one before.",
	    .examples = "  relinkctl qr shop-1 --wait 30\n"
			"  relinkctl qr shop-1 --new\n"
			"  relinkctl qr shop-1 --link --expires 1h\n"
			"  relinkctl qr shop-1 --raw | qrencode -o code.png\n",
	    .run = account_qr,
	},
	{
	    .noun = "account",
	    .name = "check",
	    .args = "ID",
	    .brief = "ask the provider about its session now",
	    .text = "Asks the provider about the session, at once and not from memory.",
	    .examples = "  relinkctl check shop-1\n",
	    .run = account_check,
	},
	{
	    .noun = "account",
	    .name = "send",
	    .args = "ID",
	    .options = OPT(TO) | OPT(MESSAGE) | OPT(FILE) | OPT(MEDIA_URL) | OPT(QUIET),
	    .required = OPT(TO),
	    .brief = "send a message",
	    .text = "Sends a text or a file from the account, which must be connected. It is sent\n"
		    "once: when nobody knows whether it was (outcome_unknown), look at the chat "
		    "before\n"
		    "you send it again.",
	    .examples = "  relinkctl send shop-1 --to +62811222333 --text \"Your order is ready\"\n"
			"  relinkctl send shop-1 --to 62811222333 --file bill.pdf --text Bill\n"
			"  fortune | relinkctl send shop-1 --to 62811222333 --text -\n",
	    .run = account_send,
	},
	{
	    .noun = "account",
	    .name = "verb",
	    .args = "ID VERB [JSON]",
	    .brief = "use a verb of the provider's plugin",
	    .text = "Calls a verb that the account's provider offers beyond the common ones; its\n"
		    "arguments are a JSON object. The README.md of a plugin lists its verbs.",
	    .examples = "  relinkctl verb shop-1 scan\n"
			"  relinkctl verb shop-1 drop '{\"cause\":\"logged_out\"}'\n",
	    .run = account_verb,
	},
	{
	    .noun = "account",
	    .name = "health",
	    .args = "ID",
	    .brief = "how well it is, and how that is known",
	    .text = "Shows the score and what costs it points, the evidence by stages with its "
		    "age, and\n"
		    "the score of the last 24 hours, newest first.",
	    .examples = "  relinkctl health shop-1\n"
			"  relinkctl health shop-1 --json | jq .stages\n",
	    .run = account_health,
	},
	{
	    .noun = "account",
	    .name = "timeline",
	    .args = "ID",
	    .options = OPT(LIMIT) | OPT(QUIET),
	    .brief = "what happened to it, newest first",
	    .text =
		"Shows what happened to the account, newest first: 50 entries unless --limit says\n"
		"otherwise.",
	    .examples = "  relinkctl timeline shop-1\n"
			"  relinkctl timeline shop-1 --limit 500\n",
	    .run = account_timeline,
	},
	{
	    .noun = "account",
	    .name = "attempts",
	    .args = "ID",
	    .options = OPT(LIMIT) | OPT(QUIET),
	    .brief = "its sessions: why each began, how it ended, what followed",
	    .text =
		"Shows the account's sessions, newest first, 20 unless --limit says otherwise: "
		"who\n"
		"or what began each, on which login (* is the one that the next start opens), how\n"
		"it ended and by what evidence, and what was decided then.",
	    .examples = "  relinkctl attempts shop-1\n"
			"  relinkctl attempts shop-1 --json | jq '.attempts[].session_id'\n",
	    .run = account_attempts,
	},
	{
	    .noun = "worker",
	    .name = "list",
	    .alias = "workers",
	    .args = "",
	    .options = OPT(QUIET),
	    .brief = "the worker processes",
	    .text = "Lists the processes that hold the providers' plugins: how they are, how much "
		    "they\n"
		    "carry, and what the last one died of.",
	    .examples = "  relinkctl worker list\n",
	    .run = worker_list,
	},
	{
	    .noun = "worker",
	    .name = "deaths",
	    .alias = "deaths",
	    .args = "SLOT",
	    .options = OPT(LIMIT),
	    .brief = "what became of a slot's processes, newest first",
	    .text =
		"Lists the ends of the slot's processes that nobody had asked for: when, how long\n"
		"it had run, what was open, and how it ended. Below, the newest one's own words:\n"
		"its report (a backtrace, a reason) and what it printed last; --json has those of\n"
		"all. A slot keeps 100; 20 are shown unless --limit says otherwise.",
	    .examples =
		"  relinkctl worker deaths 0\n"
		"  relinkctl worker deaths 0 --limit 1 --json | jq -r '.deaths[0].report'\n",
	    .run = worker_deaths,
	},
	{
	    .noun = "alert",
	    .name = "list",
	    .alias = "alerts",
	    .args = "",
	    .options = OPT(KIND) | OPT(WORKSPACE) | OPT(LIMIT) | OPT(QUIET),
	    .brief = "what somebody should look at",
	    .text = "Lists open alerts, newest first. A kind is one of needs_person, "
		    "reconnect_loop,\n"
		    "incident, worker_quarantined, outbox_stuck. The events alert.raised and\n"
		    "alert.cleared tell of them, also to a webhook.",
	    .examples = "  relinkctl alert list\n"
			"  relinkctl alert list --kind needs_person --quiet\n"
			"  relinkctl webhook add https://example.com/page --events 'alert.*'\n",
	    .run = alert_list,
	},
	{
	    .noun = "incident",
	    .name = "list",
	    .alias = "incidents",
	    .args = "",
	    .options = OPT(QUIET),
	    .brief = "many accounts that failed together",
	    .text =
		"Lists open and recent incidents, newest first: when many accounts of one "
		"provider\n"
		"or instance fail together, nothing is concluded about them until canaries have\n"
		"come up. A state is one of braking, probing, ramping, calm (it is over).",
	    .examples = "  relinkctl incident list\n"
			"  relinkctl incident list --json | jq '.incidents[] | select(.closed_at "
			"== null)'\n",
	    .run = incident_list,
	},
	{
	    .noun = "incident",
	    .name = "show",
	    .args = "INCIDENT",
	    .options = OPT(QUIET),
	    .brief = "everything about one incident",
	    .text = "Shows every member of the incident as the daemon gives it.",
	    .examples = "  relinkctl incident show 3\n",
	    .run = incident_show,
	},
	{
	    .noun = "instance",
	    .name = "list",
	    .alias = "instances",
	    .args = "",
	    .options = OPT(QUIET),
	    .brief = "the running backends",
	    .text =
		"Lists the instances of all providers: how they are, how much they hold, and when\n"
		"the last complete list of their sessions was asked for. A state is one of up,\n"
		"down, draining, drained, not_asked. QUEUE ENDS is in about how long all that\n"
		"wait will have been started; ? is that nobody can tell.",
	    .examples =
		"  relinkctl instance list\n"
		"  relinkctl instance list --json | jq '.instances[] | select(.given_up)'\n",
	    .run = instance_list,
	},
	{
	    .noun = "instance",
	    .name = "show",
	    .args = "ID",
	    .options = OPT(QUIET),
	    .brief = "everything about one instance",
	    .text = "Shows every member of the instance as the daemon gives it.",
	    .examples = "  relinkctl instance show mock-1\n",
	    .run = instance_show,
	},
	{
	    .noun = "instance",
	    .name = "drain",
	    .args = "ID",
	    .options = OPT(QUIET),
	    .brief = "take it out of use",
	    .text =
		"From now on the instance gets no new accounts and starts nothing. Where the\n"
		"provider's instances share credentials its accounts move to others, one after\n"
		"another; elsewhere they stay connected where they are, and those that go down\n"
		"wait. It is drained when nothing is left there: \"instance show\" tells. This is\n"
		"kept over restarts, until \"instance resume\".",
	    .examples = "  relinkctl instance drain mock-1\n"
			"  relinkctl account list --instance mock-1\n",
	    .run = instance_drain,
	},
	{
	    .noun = "instance",
	    .name = "resume",
	    .args = "ID",
	    .options = OPT(QUIET),
	    .brief = "take it into use again",
	    .text =
		"Takes the instance into use again. Accounts that moved away stay where they are.",
	    .examples = "  relinkctl instance resume mock-1\n",
	    .run = instance_resume,
	},
	{
	    .noun = "bulk",
	    .name = "reconnect",
	    .args = "",
	    .options = SELECTION,
	    .brief = "new sessions for many accounts, at a rate",
	    .text =
		"Makes new sessions, on their logins, for all accounts that the options select "
		"and\n"
		"that are wanted. Left out: those whose start is under way, and those that need a "
		"scan.\n"
		"Says how many it is and asks; --dry-run only lists them (the first 100). The job "
		"goes on\n"
		"by itself, also over restarts of the daemon, at --rate accounts a minute (60) and "
		"no\n"
		"faster than starts are possible; people's own wishes go first. On a terminal its\n"
		"progress is shown.",
	    .examples = "  relinkctl bulk reconnect --workspace acme --rate 60 --dry-run\n"
			"  relinkctl bulk reconnect --instance webjs-2 --cause engine_hang --yes\n",
	    .run = bulk_do,
	},
	{
	    .noun = "bulk",
	    .name = "connect",
	    .args = "",
	    .options = SELECTION,
	    .brief = "want many accounts connected",
	    .text =
		"Connects all accounts that the options select. Those without a login will show a "
		"QR\n"
		"code; how many is said before.\n"
		"Says how many it is and asks; --dry-run only lists them (the first 100). The job "
		"goes on\n"
		"by itself, also over restarts of the daemon, at --rate accounts a minute (60) and "
		"no\n"
		"faster than starts are possible; people's own wishes go first. On a terminal its\n"
		"progress is shown.",
	    .examples = "  relinkctl bulk connect --workspace acme --status disconnected\n"
			"  relinkctl list -q --all --status failed | relinkctl bulk connect --ids "
			"- --yes\n",
	    .run = bulk_do,
	},
	{
	    .noun = "bulk",
	    .name = "disconnect",
	    .args = "",
	    .options = SELECTION,
	    .brief = "want many accounts disconnected; keeps their logins",
	    .text =
		"Disconnects all accounts that the options select, and keeps their logins.\n"
		"Says how many it is and asks; --dry-run only lists them (the first 100). The job "
		"goes on\n"
		"by itself, also over restarts of the daemon, at --rate accounts a minute (60) and "
		"no\n"
		"faster than starts are possible; people's own wishes go first. On a terminal its\n"
		"progress is shown.",
	    .examples = "  relinkctl bulk disconnect --label-prefix demo- --rate 600\n",
	    .run = bulk_do,
	},
	{
	    .noun = "bulk",
	    .name = "list",
	    .alias = "jobs",
	    .args = "",
	    .options = OPT(QUIET),
	    .brief = "jobs that run, and the last that ended",
	    .text = "Lists the jobs on many accounts: how far they have got, and why one waits.",
	    .examples = "  relinkctl bulk list\n",
	    .run = bulk_list,
	},
	{
	    .noun = "bulk",
	    .name = "show",
	    .args = "JOB",
	    .options = OPT(QUIET),
	    .brief = "everything about one job",
	    .text = "Shows every member of the job as the daemon gives it.",
	    .examples = "  relinkctl bulk show bulk_0a1b2c3d4e5f --json | jq .left\n",
	    .run = bulk_show,
	},
	{
	    .noun = "bulk",
	    .name = "cancel",
	    .args = "JOB",
	    .options = OPT(QUIET),
	    .brief = "stop it; what was asked for stays",
	    .text = "Ends the job. What it has asked of accounts stays asked; no more is.",
	    .examples = "  relinkctl bulk cancel bulk_0a1b2c3d4e5f\n",
	    .run = bulk_cancel,
	},
	{
	    .name = "pause",
	    .args = "[ID]",
	    .options = OPT(WORKSPACE) | OPT(PROVIDER) | OPT(EVERYTHING) | OPT(REASON) | OPT(FOR) |
		       OPT(QUIET),
	    .required = OPT(REASON),
	    .brief = "hands off: automation starts and ends nothing",
	    .text =
		"Pauses automation for one account, a workspace, a provider, or everything: "
		"nothing\n"
		"is started, moved or disconnected by itself until \"resume\", or for as long as\n"
		"--for says, also over restarts. What the provider says is still taken and shown: "
		"a\n"
		"session that is proven gone is shown as disconnected and waits. What a person "
		"asks\n"
		"for (connect, reconnect, disconnect, qr, delete) is done as always.",
	    .examples = "  relinkctl pause --everything --reason \"provider outage\" --for 2h\n"
			"  relinkctl pause --workspace acme --reason \"moving their phones\"\n"
			"  relinkctl pause shop-1 --reason \"looked at by Jo\"\n",
	    .run = automation_pause,
	},
	{
	    .name = "resume",
	    .args = "[ID]",
	    .options = OPT(WORKSPACE) | OPT(PROVIDER) | OPT(EVERYTHING) | OPT(QUIET),
	    .brief = "let automation go on",
	    .text =
		"Ends a pause. What waited for it starts one after another, as admission allows.",
	    .examples = "  relinkctl resume --everything\n"
			"  relinkctl resume --workspace acme\n"
			"  relinkctl resume shop-1\n",
	    .run = automation_resume,
	},
	{
	    .name = "pauses",
	    .args = "",
	    .options = OPT(QUIET),
	    .brief = "where automation is paused, by whom and why",
	    .text =
		"Lists where automation is paused: since when, until when, by which key, and why.",
	    .examples = "  relinkctl pauses\n",
	    .run = pause_list,
	},
	{
	    .noun = "key",
	    .name = "add",
	    .args = "",
	    .options =
		OPT(ROLE) | OPT(LABEL) | OPT(WORKSPACE) | OPT(EXPIRES) | OPT(OUT) | OPT(QUIET),
	    .required = OPT(ROLE),
	    .brief = "make a key for the API",
	    .text =
		"Makes a key and prints it: this once, on standard output, or into the file of\n"
		"--out. A viewer looks, an operator does everything about accounts, an admin also\n"
		"makes keys. With --workspace it knows the accounts of that workspace only.",
	    .examples =
		"  relinkctl key add --role operator --workspace acme --label shop --out acme.key\n"
		"  relinkctl key add --role viewer --expires 90d\n",
	    .run = key_add,
	},
	{
	    .noun = "key",
	    .name = "list",
	    .alias = "keys",
	    .args = "",
	    .options = OPT(QUIET),
	    .brief = "the keys of the API, without their secrets",
	    .text = "Lists the keys that were made, also those that open nothing any more. The key "
		    "in\n"
		    "admin.key is not among them. USED is told to the hour.",
	    .examples = "  relinkctl key list\n",
	    .run = key_list,
	},
	{
	    .noun = "key",
	    .name = "revoke",
	    .args = "ID",
	    .options = OPT(QUIET),
	    .brief = "end a key: it opens nothing any more",
	    .text =
		"Ends the key with this id, at once and for ever; its streams of events end, too.",
	    .examples = "  relinkctl key revoke 0a1b2c3d\n",
	    .run = key_revoke,
	},
	{
	    .name = "status",
	    .args = "",
	    .options = OPT(QUIET),
	    .brief = "is it there, can it work, what does it hold",
	    .text =
		"Asks whether the daemon runs and whether it can carry out commands, and counts\n"
		"accounts by status and workers. Exit code 1: it runs but is not ready. --json\n"
		"prints what /healthz and /readyz answer, as runs and ready, and counts nothing; "
		"-q\n"
		"prints nothing.",
	    .examples =
		"  relinkctl status\n"
		"  relinkctl status --url http://10.0.0.5:8840 --key-file /etc/relink.key\n",
	    .run = daemon_status,
	},
	{
	    .name = "health-summary",
	    .args = "",
	    .options = OPT(QUIET),
	    .brief = "how well all accounts are, and the worst of them",
	    .text =
		"Counts accounts by the band of their health score and lists the ten worst with\n"
		"what costs them points. Accounts that wait for a person or are not wanted have\n"
		"no score. -q prints the ids of the worst.",
	    .examples = "  relinkctl health-summary\n"
			"  relinkctl health-summary --json | jq .average\n",
	    .run = health_summary,
	},
	{
	    .name = "policy",
	    .args = "",
	    .brief = "what follows from each cause of a failure",
	    .text =
		"Shows for each provider and cause what the daemon does about it, after how many\n"
		"failed attempts in a row it gives up, and what of that was configured under\n"
		"policy.causes or providers.*.causes; MAY BE is what can be written there.",
	    .examples =
		"  relinkctl policy\n"
		"  relinkctl policy --json | jq '.providers[].causes[] | select(.set_by)'\n",
	    .run = policy_show,
	},
	{
	    .name = "watch",
	    .args = "",
	    .options = FILTERS | OPT(INTERVAL),
	    .brief = "all accounts, live",
	    .text =
		"Shows the accounts and follows what happens to them, those first that want\n"
		"somebody's eye. Ctrl-C ends it. Where the output is no terminal, each change is\n"
		"a line instead.",
	    .examples = "  relinkctl watch\n"
			"  relinkctl watch --status failed\n"
			"  relinkctl watch | grep logged_out\n",
	    .run = watch_accounts,
	},
	{
	    .name = "events",
	    .args = "",
	    .options = OPT(AFTER) | OPT(WORKSPACE) | OPT(ACCOUNT) | OPT(TYPE),
	    .brief = "what happens, a line each, for ever",
	    .text =
		"Follows the daemon's events from now on, or from after the event with the number\n"
		"SEQ. When the connection breaks it is made again after the last event seen, and\n"
		"a line on standard error says so.",
	    .examples = "  relinkctl events\n"
			"  relinkctl events --after 1200 --json | jq .account\n"
			"  relinkctl events --type 'account.*,incident.*'\n",
	    .run = events_follow,
	},
};

const struct command *command_at(size_t i)
{
	if (i < ARRAY_LEN(commands))
		return &commands[i];
	i -= ARRAY_LEN(commands);
	if (i < n_webhook_commands)
		return &webhook_commands[i];
	i -= n_webhook_commands;
	return i < n_own_commands ? &own_commands[i] : NULL;
}
