// parts.test.mjs - the parts of the service that need neither Chromium nor packages.

import assert from "node:assert/strict";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { overByError, overByEvent, overByState } from "../../../plugins/webjs/service/causes.mjs";
import { Late, within } from "../../../plugins/webjs/service/deadline.mjs";
import { Fence } from "../../../plugins/webjs/service/fence.mjs";
import { lock } from "../../../plugins/webjs/service/lock.mjs";
import { fetchMedia, isPublic } from "../../../plugins/webjs/service/media.mjs";
import { ackWord } from "../../../plugins/webjs/service/message.mjs";
import { startOf } from "../../../plugins/webjs/service/processes.mjs";
import { readSettings, usage } from "../../../plugins/webjs/service/settings.mjs";
import { same, sign } from "../../../plugins/webjs/service/signature.mjs";
import { Receiver, folder } from "./service.mjs";

// ---- fence

test("the fence keeps the highest generation of each account, also after a restart", () => {
	const dir = folder();
	const fence = new Fence(dir);
	assert.equal(fence.highest("a"), 0);
	fence.raise("a", 3);
	fence.raise("b", 1);
	fence.raise("a", 2);
	assert.deepEqual([fence.highest("a"), fence.highest("b")], [3, 1]);
	const again = new Fence(dir);
	assert.deepEqual([again.highest("a"), again.highest("b"), again.highest("c")], [3, 1, 0]);
	again.raise("a", 4);
	assert.equal(new Fence(dir).highest("a"), 4);
});

test("a line that a crash cut off spoils no other", () => {
	const dir = folder();
	new Fence(dir).raise("a", 3);
	appendFileSync(path.join(dir, "generations"), '\n["a",9');
	assert.equal(new Fence(dir).highest("a"), 3);
	appendFileSync(path.join(dir, "generations"), '\n["b');
	new Fence(dir).raise("c", 1);
	const fence = new Fence(dir);
	assert.deepEqual([fence.highest("a"), fence.highest("b"), fence.highest("c")], [3, 0, 1]);
});

test("account names that JavaScript has a meaning for are names like others", () => {
	const dir = folder();
	for (const name of ["__proto__", "constructor", "\u2028\n\"", ""]) new Fence(dir).raise(name, 2);
	const fence = new Fence(dir);
	for (const name of ["__proto__", "constructor", "\u2028\n\"", ""]) assert.equal(fence.highest(name), 2);
	assert.equal(fence.highest("toString"), 0);
});

// ---- lock

test("a folder belongs to one process, and a dead one's lock is taken over", () => {
	const dir = path.join(folder(), "data");
	const unlock = lock(dir);
	assert.throws(() => lock(dir), new RegExp(`in use by process ${process.pid}`));
	unlock();
	lock(dir)();
	for (const left of ['{"pid":999999999,"start":1}', `{"pid":${process.pid},"start":1}`, "", "{"]) {
		writeFileSync(path.join(dir, "lock"), left);
		lock(dir)();
	}
	assert.equal(typeof startOf(process.pid), "number");
	assert.equal(startOf(999999999), undefined);
});

// ---- settings

const ENV = { RELINK_WEBJS_API_KEY: "0123456789abcdef" };
const read = (options, env = {}) =>
	readSettings(Object.entries({ "data-dir": folder(), "chromium": "/bin/true", ...options }).flatMap(([k, v]) => [`--${k}`, v]),
		{ ...ENV, ...env });

test("settings have their defaults, and the command line wins over the environment", () => {
	const settings = read({ "start-deadline": "5s" }, { RELINK_WEBJS_START_DEADLINE: "9s", RELINK_WEBJS_CAPACITY: "7" });
	assert.deepEqual([settings.startDeadline, settings.capacity, settings.callDeadline], [5000, 7, 30000]);
	assert.deepEqual(settings.listen, { host: "127.0.0.1", port: 3001 });
	assert.equal(settings.apiKey, ENV.RELINK_WEBJS_API_KEY);
	assert.equal(read({ "listen": "[::1]:0" }).listen.host, "::1");
});

for (const [options, env, words] of [
	[{ "start-deadline": "5" }, {}, /start-deadline is "5"/],
	[{ "capacity": "-1" }, {}, /capacity is "-1"|ambiguous/],
	[{ "log-level": "loud" }, {}, /log-level is "loud".*error, warn, info, debug/],
	[{ "listen": "0.0.0.0:3001" }, {}, /other machines can reach.*--allow-remote/],
	[{ "listen": "127.0.0.1:99999" }, {}, /listen is/],
	[{ "webhook-url": "ftp://x/" }, {}, /webhook-url is "ftp.*must be a URL of http/],
	[{ "webhook-url": "http://[x" }, {}, /webhook-url is "http.*must be a URL of http/],
	[{ "webhook-url": "http://x/" }, {}, /set RELINK_WEBJS_WEBHOOK_SECRET/],
	[{ "colour": "red" }, {}, /colour/],
	[{}, { RELINK_WEBJS_API_KEY: "" }, /set RELINK_WEBJS_API_KEY: there is no default key/],
	[{}, { RELINK_WEBJS_API_KEY: "short" }, /at least 16 characters/],
	[{}, { RELINK_WEBJS_API_KEY: undefined, RELINK_WEBJS_API_KEY_FILE: "/nowhere/key" }, /cannot read the file/],
]) test(`a wrong setting is told in a sentence: ${words.source}`, () => assert.throws(() => read(options, env), words));

test("a secret may lie in a file, and no secret is an option", () => {
	const file = path.join(folder(), "key");
	writeFileSync(file, "from-a-file-0123456789\n");
	assert.equal(read({}, { RELINK_WEBJS_API_KEY: undefined, RELINK_WEBJS_API_KEY_FILE: file }).apiKey, "from-a-file-0123456789");
	assert.throws(() => read({ "api-key": "0123456789abcdef" }), /api-key/);
	assert.match(usage(), /--start-deadline +from a create/);
	assert.equal(readSettings(["--help"], {}), "help");
});

// ---- signature

test("a webhook is signed over the timestamp and the body, with nothing between", () => {
	assert.deepEqual(sign("secret-of-the-tests", '{"event":"x"}', 1700000000999), {
		"X-Timestamp": "1700000000",
		"X-HMAC-Signature": "624ee711777935bd406dd37cb8caa0947c910cbc86568acf095ddfdc7b09dcca",
	});
	assert.ok(same("a key", "a key"));
	for (const wrong of ["a kez", "a ke", "", undefined, null, 7, ["a key"]]) assert.ok(!same(wrong, "a key"));
});

// ---- causes

test("every cause is one of Relink's, and every word of WhatsApp has its own", () => {
	const header = readFileSync(new URL("../../../include/relink/plugin.h", import.meta.url), "utf8");
	const causes = new Set([...header.matchAll(/^\tC\([A-Z_]+, \d+, "([a-z_]+)"/gm)].map(([, name]) => name));
	assert.ok(causes.size > 20);
	for (const [word, cause] of [["LOGOUT", "logged_out"], ["UNPAIRED", "unpaired"], ["UNPAIRED_IDLE", "unpaired"],
		["CONFLICT", "replaced"], ["TOS_BLOCK", "tos_block"], ["SMB_TOS_BLOCK", "tos_block"], ["PROXYBLOCK", "refused"],
		["DEPRECATED_VERSION", "client_outdated"]]) {
		assert.equal(overByState(word).cause, cause);
		assert.ok(causes.has(cause));
	}
	for (const word of ["CONNECTED", "OPENING", "PAIRING", "TIMEOUT", "toString"]) assert.equal(overByState(word), undefined);
	assert.equal(overByEvent("Max qrcode retries reached").cause, "unknown");
});

for (const [error, cause] of [
	[new Error("net::ERR_EMPTY_RESPONSE at https://web.whatsapp.com/"), "network"],
	["auth timeout", "engine_hang"], ["ready timeout", "engine_hang"],
	[new Error("Protocol error (Target.setAutoAttach): Target closed"), "engine_crash"],
	[new Error("Requesting main frame too early!"), "engine_crash"],
	[new Error("Failed to create a ProcessSingleton for your profile directory"), "engine_crash"],
	[new Error("Running as root without --no-sandbox is not supported"), "misconfigured"],
	[new Error("No usable sandbox!"), "misconfigured"], [new Error("spawn EMFILE"), "provider_down"],
	[undefined, "unknown"], [{}, "unknown"],
]) test(`"${error?.message ?? error}" means ${cause}`, () => assert.equal(overByError(error).cause, cause));

test("the levels of an acknowledgement have their real meaning", () => {
	assert.deepEqual([-1, 0, 1, 2, 3, 4].map(ackWord), ["error", "pending", "sent", "delivered", "read", "played"]);
});

// ---- deadline

test("nothing is waited for without an end", async () => {
	await assert.rejects(within(10, "a promise of nothing", new Promise(() => {})), Late);
	assert.equal(await within(1000, "a value", 7), 7);
	await assert.rejects(within(1000, "a failure", Promise.reject(new Error("no"))), /^Error: no$/);
});

// ---- media

for (const [address, open] of [["8.8.8.8", true], ["2606:4700::1111", true], ["127.0.0.1", false], ["10.1.2.3", false],
	["172.31.0.1", false], ["172.32.0.1", true], ["192.168.0.1", false], ["169.254.169.254", false], ["100.64.0.1", false],
	["0.0.0.0", false], ["224.0.0.1", false], ["::1", false], ["::", false], ["fe80::1", false], ["fd00::1", false],
	["::ffff:127.0.0.1", false], ["::ffff:8.8.8.8", true], ["::ffff:7f00:1", false]])
	test(`${address} is ${open ? "public" : "not public"}`, () => assert.equal(isPublic(address), open));

test("media comes from public addresses only, is bounded, and follows no redirect", async () => {
	const limits = { mediaPrivate: false, mediaLimit: 1000 };
	for (const url of ["http://127.0.0.1:1/x.png", "http://[::1]:1/x.png", "http://localhost:1/x.png", "http://2130706433:1/"])
		await assert.rejects(fetchMedia(url, limits), { code: "media_refused", message: /not public/ });
	for (const url of ["file:///etc/passwd", "ftp://example.org/x", "nonsense"])
		await assert.rejects(fetchMedia(url, limits), { code: "media_refused", message: /must be an http/ });

	const receiver = await Receiver.start();
	const inside = { ...limits, mediaPrivate: true };
	const body = Buffer.alloc(999, 1);
	let answer = () => {};
	receiver.server.removeAllListeners("request").on("request", (_, response) => answer(response));
	const from = `http://127.0.0.1:${receiver.port}/pictures/dot.png?x=1`;
	answer = (response) => response.writeHead(200, { "Content-Type": "image/png; charset=x" }).end(body);
	assert.deepEqual(await fetchMedia(from, inside), { mimetype: "image/png", data: body.toString("base64"), filename: "dot.png" });
	answer = (response) => response.writeHead(200).end(Buffer.alloc(1001));
	await assert.rejects(fetchMedia(from, inside), { message: /larger than 1000 bytes/ });
	answer = (response) => response.writeHead(302, { Location: "http://127.0.0.1:1/" }).end();
	await assert.rejects(fetchMedia(from, inside), { message: /answers 302/ });
	receiver.stop();
});
