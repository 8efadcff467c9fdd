/*
 * webhook_commands.c - the table of commands, continued: webhooks.
 */
#include "base/obj.h"
#include "commands.h"

const struct command webhook_commands[] = {
	{
	    .noun = "webhook",
	    .name = "list",
	    .args = "",
	    .options = OPT(QUIET),
	    .brief = "where events are sent to, and how that goes",
	    .text = "Lists the webhooks. BACKLOG is how many lines of the journal it has not come "
		    "to,\n"
		    "DEAD how many events were given up and are kept.",
	    .examples = "  relinkctl webhook list\n",
	    .run = webhook_list,
	},
	{
	    .noun = "webhook",
	    .name = "add",
	    .args = "URL",
	    .options = OPT(EVENTS) | OPT(WORKSPACE) | OPT(LABEL) | OPT(QUIET),
	    .brief = "send events to a URL",
	    .text =
		"Has the daemon send events to the URL, from now on, and prints the secret that\n"
		"signs them: this once. --events takes types and patterns, with commas between;\n"
		"without it all are sent, with --workspace those of that workspace.",
	    .examples = "  relinkctl webhook add https://crm.example.com/relink --events "
			"'account.*'\n"
			"  relinkctl webhook add https://acme.example.com/hook --workspace acme\n",
	    .run = webhook_add,
	},
	{
	    .noun = "webhook",
	    .name = "show",
	    .args = "WEBHOOK",
	    .options = OPT(QUIET),
	    .brief = "one webhook with all its members",
	    .text = "Shows the webhook: its URL, its events, how far it has got and what failed.",
	    .examples = "  relinkctl webhook show wh_0123456789abcdef\n",
	    .run = webhook_show,
	},
	{
	    .noun = "webhook",
	    .name = "set",
	    .args = "WEBHOOK",
	    .options = OPT(EVENTS) | OPT(LABEL) | OPT(QUIET),
	    .brief = "change its events or its label",
	    .text = "Changes which events are sent there, or what it is called.",
	    .examples =
		"  relinkctl webhook set wh_0123456789abcdef --events 'account.*,incident.*'\n",
	    .run = webhook_set,
	},
	{
	    .noun = "webhook",
	    .name = "enable",
	    .args = "WEBHOOK",
	    .options = OPT(QUIET),
	    .brief = "send events there again",
	    .text = "Goes on where it was; what happened meanwhile is sent, too.",
	    .examples = "  relinkctl webhook enable wh_0123456789abcdef\n",
	    .run = webhook_enable,
	},
	{
	    .noun = "webhook",
	    .name = "disable",
	    .args = "WEBHOOK",
	    .options = OPT(QUIET),
	    .brief = "send nothing there for now",
	    .text = "Keeps its place, so that nothing is lost when it is enabled again.",
	    .examples = "  relinkctl webhook disable wh_0123456789abcdef\n",
	    .run = webhook_disable,
	},
	{
	    .noun = "webhook",
	    .name = "remove",
	    .args = "WEBHOOK",
	    .options = OPT(QUIET),
	    .brief = "send nothing there any more",
	    .text = "Forgets the webhook and its dead letters.",
	    .examples = "  relinkctl webhook remove wh_0123456789abcdef\n",
	    .run = webhook_remove,
	},
	{
	    .noun = "webhook",
	    .name = "test",
	    .args = "WEBHOOK",
	    .options = OPT(QUIET),
	    .brief = "send a test, and say what came of it",
	    .text = "Sends a signed event of type webhook.test. Exit code 1: it was not taken.",
	    .examples = "  relinkctl webhook test wh_0123456789abcdef\n",
	    .run = webhook_test,
	},
	{
	    .noun = "webhook",
	    .name = "rotate",
	    .args = "WEBHOOK",
	    .options = OPT(QUIET),
	    .brief = "make a new secret; the old one signs, too, for a time",
	    .text = "Makes a new secret and prints it: this once. Events carry two signatures "
		    "until the\n"
		    "old one's time is over (webhooks.rotation_overlap, a day).",
	    .examples = "  relinkctl webhook rotate wh_0123456789abcdef\n",
	    .run = webhook_rotate,
	},
	{
	    .noun = "webhook",
	    .name = "dead",
	    .args = "WEBHOOK",
	    .brief = "events that were given up, the oldest first",
	    .text = "Lists the events that the receiver did not take for days: the oldest 50. "
		    "--json has\n"
		    "them whole.",
	    .examples = "  relinkctl webhook dead wh_0123456789abcdef\n",
	    .run = webhook_dead,
	},
	{
	    .noun = "webhook",
	    .name = "replay",
	    .args = "WEBHOOK",
	    .options = OPT(FROM) | OPT(QUIET),
	    .brief = "send events again",
	    .text =
		"Sends the dead letters again; with --from everything from the event with that\n"
		"number on. Whoever gets an event twice can tell by its webhook-id.",
	    .examples = "  relinkctl webhook replay wh_0123456789abcdef\n"
			"  relinkctl webhook replay wh_0123456789abcdef --from 1200\n",
	    .run = webhook_replay,
	},
};
const size_t n_webhook_commands = ARRAY_LEN(webhook_commands);
