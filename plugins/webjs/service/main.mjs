#!/usr/bin/env node
//
// main.mjs - relink-webjs: whatsapp-web.js sessions behind a REST API. README.md says how to run it.
//
// It prints one line to standard output when it takes requests, "relink-webjs ready on URL boot ID pid
// PID", and logs to standard error. It may outlive whoever started it: a closed pipe or terminal is no
// reason to end. SIGTERM and SIGINT end it in good order, within a bounded time.
// Exit status: 0 asked to, 1 a bug or a fault, 2 a setting is wrong.

import { randomBytes } from "node:crypto";
import { mkdirSync, writeSync } from "node:fs";
import { catchStrayErrors } from "./blame.mjs";
import { Chromium } from "./chromium.mjs";
import { Fence } from "./fence.mjs";
import { lock } from "./lock.mjs";
import { makeLog } from "./log.mjs";
import { makeServer } from "./server.mjs";
import { Sessions } from "./sessions.mjs";
import { Wrong, readSettings, usage } from "./settings.mjs";
import { Webhooks } from "./webhooks.mjs";

const STDOUT = 1, STDERR = 2;
const FLUSH_MS = 2000; // for the last events, when it is asked to end
const SLACK_MS = 7000; // beside the time that browsers have to close: for kills, events and connections

function say(fd, text) {
	try {
		writeSync(fd, `${text}\n`);
	} catch {
		return; // nobody reads it
	}
}

function die(status, text) {
	say(STDERR, `relink-webjs: ${text}`);
	process.exit(status);
}

function settingsOrEnd() {
	try {
		const settings = readSettings(process.argv.slice(2), process.env);
		if (settings !== "help") return settings;
		say(STDOUT, usage());
		return process.exit(0);
	} catch (error) {
		if (error instanceof Wrong) die(2, error.message);
		throw error;
	}
}

async function run(settings) {
	const log = makeLog(settings.logLevel);
	const boot = randomBytes(8).toString("hex");
	catchStrayErrors(log, (error) => die(1, `a bug: ${error?.stack ?? error}`));
	const unlock = lock(settings.dataDir);
	process.on("exit", unlock);
	mkdirSync(settings.profiles, { recursive: true });

	const webhooks = new Webhooks({ settings, boot, log });
	const chromium = new Chromium({ settings, boot, log });
	const tell = (event, data) => webhooks.tell(event, data);
	const sessions = new Sessions({ settings, boot, log, tell }, { fence: new Fence(settings.dataDir), chromium });
	await sessions.sweep();
	const server = makeServer({ settings, boot, log, sessions, chromium, webhooks });
	const url = await server.listen(settings.listen);
	say(STDOUT, `relink-webjs ready on ${url} boot ${boot} pid ${process.pid}`);
	chromium.trial();

	let ending = false;
	const stop = async (signal) => {
		if (ending) return;
		ending = true;
		log.info(`${signal}: ending ${sessions.busy} sessions`);
		setTimeout(() => die(1, "some of it did not end in time"), settings.closeDeadline + SLACK_MS).unref();
		await sessions.close();
		await webhooks.flushed(FLUSH_MS);
		await server.close();
		await log.written();
		process.exit(0);
	};
	for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, stop);
	process.on("SIGHUP", () => log.info("SIGHUP: nothing to do"));
}

process.umask(0o077);
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
const settings = settingsOrEnd();
run(settings).catch((error) => (error instanceof Wrong ? die(2, error.message) : die(1, error?.stack ?? String(error))));
