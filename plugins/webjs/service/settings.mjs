// settings.mjs - every setting of the service, from the environment or the command line.
//
// A setting `start-deadline` is the option --start-deadline and the variable RELINK_WEBJS_START_DEADLINE;
// the option wins. Secrets come from the environment only, or from a file that it names with _FILE,
// since a command line can be read by every user of the machine. There is no default secret.

import { accessSync, constants, readFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";

const UNITS = { ms: 1, s: 1000, m: 60e3, h: 3600e3, B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };
const measure = (units) => (text, name) => {
	const [, number, unit] = new RegExp(`^(\\d+)(${units})$`).exec(text) ?? [];
	if (!number) throw new Wrong(`${name} is "${text}", but must be a number and one of ${units.replaceAll("|", ", ")}`);
	return number * UNITS[unit];
};
const duration = measure("ms|s|m|h");
const size = measure("B|KiB|MiB|GiB");
const count = (text, name) => {
	if (!/^\d{1,9}$/.test(text)) throw new Wrong(`${name} is "${text}", but must be a whole number`);
	return Number(text);
};
const truth = (text, name) => {
	if (!["true", "false"].includes(text)) throw new Wrong(`${name} is "${text}", but must be true or false`);
	return text === "true";
};
const words = (text) => text;
const folder = (text) => path.resolve(text);
const oneOf = (...choices) => (text, name) => {
	if (!choices.includes(text)) throw new Wrong(`${name} is "${text}", but must be one of ${choices.join(", ")}`);
	return text;
};

// name, how its text is read, default (undefined: none), what it is
const TABLE = [
	["listen", words, "127.0.0.1:3001", "address and port of the API; port 0 takes a free one"],
	["allow-remote", truth, "false", "must be true to listen on an address that other machines can reach"],
	["data-dir", folder, undefined, "where logins are kept; one service for one folder (required)"],
	["chromium", words, undefined, "the browser; without it the first of chromium, google-chrome in the path"],
	["capacity", count, "50", "sessions at once; more are refused"],
	["start-deadline", duration, "60s", "from a create to the first QR code or login"],
	["qr-deadline", duration, "10m", "how long a session waits to be scanned"],
	["ready-deadline", duration, "3m", "from the login to connected"],
	["offline-deadline", duration, "5m", "how long a connected session may be without WhatsApp"],
	["call-deadline", duration, "30s", "for one thing asked of the page, such as a message to send"],
	["close-deadline", duration, "5s", "for Chromium to end in good order; then it is killed"],
	["probe-interval", duration, "10s", "how often each page is asked for its state"],
	["probe-deadline", duration, "10s", "for its answer; after two misses in a row the session is ended"],
	["ended-kept", duration, "1h", "how long a session that ended by itself stays in the list"],
	["webhook-url", words, undefined, "where events are posted to; without it they are not"],
	["webhook-queue", count, "10000", "events that wait for the receiver; then the oldest is dropped"],
	["media-limit", size, "16MiB", "largest file to send"],
	["media-inline", size, "256KiB", "largest received file that goes into its event"],
	["media-private", truth, "false", "may media_url name an address that is not public"],
	["web-cache", folder, undefined, "saved versions of WhatsApp Web; without it a folder in data-dir"],
	["log-level", oneOf("error", "warn", "info", "debug"), "info", "least important lines on standard error"],
];
const SECRETS = [
	["api-key", true, "what a client must bring in X-API-Key (required)"],
	["webhook-secret", false, "signs webhooks; required with webhook-url"],
];
const SHORTEST_SECRET = 16;

// A setting that an operator must mend.
export class Wrong extends Error {}

const variable = (name) => `RELINK_WEBJS_${name.toUpperCase().replaceAll("-", "_")}`;
const key = (name) => name.replace(/-./g, (dash) => dash[1].toUpperCase());

export function usage() {
	const row = (name, what) => `  ${name.padEnd(20)}${what}\n`;
	return "usage: relink-webjs --data-dir FOLDER [--OPTION VALUE ...]\n\n"
		+ "Options; each is also a variable, --data-dir for example RELINK_WEBJS_DATA_DIR:\n"
		+ TABLE.map(([name, , fallback, what]) => row(`--${name}`, what + (fallback ? `; default ${fallback}` : ""))).join("")
		+ "\nOnly as variables, or with _FILE behind the name as the path of a file that holds it:\n"
		+ SECRETS.map(([name, , what]) => `  ${variable(name)}\n${row("", what)}`).join("");
}

function secret(env, name, required) {
	const file = env[`${variable(name)}_FILE`];
	let text = env[variable(name)];
	if (text === undefined && file !== undefined) {
		try {
			text = readFileSync(file, "utf8").trim();
		} catch (e) {
			throw new Wrong(`cannot read the file of ${variable(name)}_FILE: ${e.message}`);
		}
	}
	if (!text && !required) return undefined;
	if (!text) throw new Wrong(`set ${variable(name)}: there is no default key`);
	if (text.length < SHORTEST_SECRET) throw new Wrong(`${variable(name)} must have at least ${SHORTEST_SECRET} characters`);
	return text;
}

const runnable = (file) => {
	try {
		accessSync(file, constants.X_OK);
		return true;
	} catch {
		return false;
	}
};

// The browser's path; that it can be run is checked again at each start and told by /health.
function browser(given, env) {
	if (given) return path.resolve(given);
	const found = ["chromium", "google-chrome"]
		.flatMap((name) => (env.PATH ?? "").split(":").map((dir) => path.join(dir, name))).find(runnable);
	if (!found)
		throw new Wrong("no Chromium in the path; install it (Debian: apt-get install chromium) or name it with --chromium");
	return found;
}

function address(text, remote) {
	const [, host, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text)?.filter((part) => part !== undefined) ?? [];
	if (!host || port > 65535) throw new Wrong(`listen is "${text}", but must be like 127.0.0.1:3001 or [::1]:3001`);
	if (!remote && !/^(127\.\d+\.\d+\.\d+|::1|localhost)$/.test(host))
		throw new Wrong(`listen names ${host}, which other machines can reach; say so with --allow-remote true, and put TLS in front`);
	return { host, port: Number(port) };
}

function isHttp(text) {
	try {
		return /^https?:$/.test(new URL(text).protocol);
	} catch {
		return false;
	}
}

// The settings, checked, or "help". Throws Wrong with a sentence that names the setting.
export function readSettings(argv, env) {
	const options = Object.fromEntries(TABLE.map(([name]) => [name, { type: "string" }]));
	let given;
	try {
		given = parseArgs({ args: argv, options: { ...options, help: { type: "boolean" } } }).values;
	} catch (e) {
		throw new Wrong(e.message);
	}
	if (given.help) return "help";
	const settings = {};
	for (const [name, read, fallback] of TABLE) {
		const text = given[name] ?? env[variable(name)] ?? fallback;
		settings[key(name)] = text === undefined ? undefined : read(text, name);
	}
	for (const [name, required] of SECRETS) settings[key(name)] = secret(env, name, required);
	if (!settings.dataDir) throw new Wrong("name the folder for logins with --data-dir");
	if (settings.webhookUrl && !isHttp(settings.webhookUrl))
		throw new Wrong(`webhook-url is "${settings.webhookUrl}", but must be a URL of http or https`);
	if (settings.webhookUrl && !settings.webhookSecret)
		throw new Wrong(`set ${variable("webhook-secret")}: webhooks are always signed`);
	settings.chromium = browser(settings.chromium, env);
	settings.listen = address(settings.listen, settings.allowRemote);
	settings.profiles = path.join(settings.dataDir, "profiles");
	settings.webCache ??= path.join(settings.dataDir, "web-cache");
	return settings;
}
