// run.test.mjs - tools/run --provider webjs does what it prints: it installs and starts everything, an
// account is made and its code drawn in a terminal as it says, a phone scans it, a message leaves, and
// Ctrl-C ends all of it.  Only WhatsApp is played.  Beside it goes the release form, which tools/run builds.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { until } from "../lib/daemon.mjs";
import { load, scanned, seconds } from "./measure.mjs";
import { VERSION, noChromium } from "./service.mjs";
import { browsersBelow } from "./standin/processes.mjs";
import { Whatsapp } from "./standin/whatsapp.mjs";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const WAIT_S = 240; // no test waits for it; tools/run may have to build

// The service's Chromium, told in a file where the stand-in is: what it inherits is relinkd's business.
function wrapper(dir, whatsapp) {
	const file = path.join(dir, "chromium");
	writeFileSync(file, `#!/bin/sh\n${Object.entries(whatsapp.env).map(([k, v]) => `export ${k}=${v}\n`).join("")}`
		+ `exec ${whatsapp.chromium} "$@"\n`);
	chmodSync(file, 0o755);
	return file;
}

// A program that must succeed; resolves with what it says.  The stand-in is in this process and must go on.
async function good(program, args) {
	const child = spawn(program, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], timeout: WAIT_S * 1000,
		env: { PATH: process.env.PATH, SHELL: "/bin/sh", TERM: "xterm", LANG: "C.UTF-8" } });
	let said = "", wrong = "";
	child.stdout.setEncoding("utf8").on("data", (text) => (said += text));
	child.stderr.setEncoding("utf8").on("data", (text) => (wrong += text));
	const [code] = await once(child, "close");
	assert.equal(code, 0, `${args.at(-1)}:\n${said}${wrong}`);
	return said;
}
const inShell = (line) => good("sh", ["-c", line]);
// On a terminal large enough for a QR code; script is essential in Debian.
const onTerminal = (line) => good("script", ["/dev/null", "-qec", `stty cols 140 rows 90 -echo; exec ${line}`]);

test("tools/run --provider webjs does what it prints", { skip: noChromium, timeout: 1200000 }, async (t) => {
	mkdirSync(path.join(root, "build/test"), { recursive: true });
	const dir = mkdtempSync(path.join(root, "build/test/run-webjs-"));
	chmodSync(dir, 0o755); // as root the service is nobody's
	const whatsapp = await Whatsapp.start({ dir, version: VERSION });
	const state = path.join(dir, "state");
	const run = spawn("tools/run", ["--provider", "webjs", "--port", "0", "--state", state], {
		cwd: root, detached: true, stdio: ["ignore", "pipe", "pipe"],
		env: { ...process.env, RELINK_WEBJS_CHROMIUM: wrapper(dir, whatsapp), RELINK_WEBJS_WEB_CACHE: whatsapp.cache },
	});
	const ended = new Promise((done) => run.on("close", (code) => done(code)));
	let said = "", over = false;
	ended.then(() => (over = true));
	for (const stream of [run.stdout, run.stderr]) stream.setEncoding("utf8").on("data", (text) => (said += text));
	t.after(async () => {
		if (!over) process.kill(-run.pid, "SIGTERM");
		await ended;
		whatsapp.stop();
		rmSync(dir, { recursive: true, force: true });
	});
	await until(() => over || /^Ctrl-C stops Relink/m.test(said), { seconds: WAIT_S, explain: () => said });
	assert.ok(!over, said);

	const printed = [...said.matchAll(/^ {5}(build\/release\/bin\/relinkctl .*)$/gm)].map(([, line]) => line);
	const find = (word) => printed.find((line) => line.includes(word)) ?? assert.fail(`it prints no "${word}":\n${said}`);
	const began = Date.now();
	await inShell(find(" account add "));
	const shown = scanned(await onTerminal(find(" qr ")));
	t.diagnostic(`request to QR code in the terminal, ${seconds(Date.now() - began)}, load ${load()}`);

	const ctl = find(" account add ").split(" account add ")[0];
	const account = async () => JSON.parse(await inShell(`${ctl} account show mine --json`));
	const session = (await account()).session_id;
	assert.equal(shown, (await whatsapp.reported(session, "qr")).qr, "it is the code of the page");
	await whatsapp.scan(session, { phone: "628123456789" });
	await until(async () => (await account()).status === "connected", { seconds: WAIT_S, explain: () => said.slice(-3000) });
	await inShell(find(" send "));
	await whatsapp.reported(session, "sent");

	assert.notDeepEqual(browsersBelow(dir), []);
	process.kill(-run.pid, "SIGINT");
	assert.equal(await ended, 0, said);
	assert.match(said, /stopped$/m);
	assert.deepEqual(browsersBelow(dir), [], "no Chromium is left");
});
