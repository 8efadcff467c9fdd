/*
 * own_commands.c - the table of commands, continued: the API as it is, shells, man page, version.
 */
#include "base/obj.h"
#include "commands.h"

const struct command own_commands[] = {
	{
	    .name = "api",
	    .args = "METHOD PATH [JSON]",
	    .brief = "one request to the API, as it is",
	    .text =
		"Sends one request and prints the body of its answer. METHOD is GET, POST, PUT,\n"
		"PATCH or DELETE, PATH begins with / and may have a query. JSON is the body, - "
		"reads\n"
		"it from standard input. \"relinkctl openapi\" says what there is.",
	    .examples = "  relinkctl api GET '/v1/accounts?limit=2'\n"
			"  relinkctl api PATCH /v1/accounts/shop-1 '{\"priority\":\"high\"}'\n",
	    .run = api_request,
	},
	{
	    .name = "metrics",
	    .args = "",
	    .brief = "figures, as Prometheus scrapes them",
	    .text =
		"Prints the daemon's metrics in Prometheus' format. That format is no JSON, with\n"
		"--json neither.",
	    .examples = "  relinkctl metrics | grep '^relink_accounts'\n",
	    .run = api_metrics,
	},
	{
	    .name = "openapi",
	    .args = "",
	    .brief = "the API's description, as OpenAPI 3.1",
	    .text = "Prints the description of the daemon's API as one JSON document.",
	    .examples = "  relinkctl openapi >relink-api.json\n"
			"  relinkctl openapi | jq -r '.paths | keys[]'\n",
	    .run = api_openapi,
	},
	{
	    .name = "completion",
	    .args = "SHELL",
	    .offline = true,
	    .brief = "completion for bash, zsh or fish",
	    .text =
		"Prints a script that teaches the shell (bash, zsh or fish) to complete commands,\n"
		"options, their values, and the ids of accounts, instances, keys and more, asked\n"
		"from the daemon for at most a second. An installed relinkctl has brought it "
		"along.",
	    .examples = "  source <(relinkctl completion bash)\n"
			"  relinkctl completion zsh >\"${fpath[1]}/_relinkctl\"\n"
			"  relinkctl completion fish >~/.config/fish/completions/relinkctl.fish\n",
	    .run = completion_print,
	},
	{
	    .name = "man",
	    .args = "",
	    .offline = true,
	    .brief = "the manual page of relinkctl",
	    .text = "Prints the manual page relinkctl(1), for man or groff to show.",
	    .examples = "  relinkctl man | man -l -\n",
	    .run = man_print,
	},
	{
	    .name = "version",
	    .args = "",
	    .offline = true,
	    .brief = "the version of relinkctl",
	    .text = "Prints the version.",
	    .examples = "  relinkctl version\n",
	    .run = version_print,
	},
};
const size_t n_own_commands = ARRAY_LEN(own_commands);
