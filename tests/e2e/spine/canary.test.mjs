// Canaries: each secret that there is has a text of its own, the daemon is driven along good and bad ways
// with everything logged, and then they are looked for where they must not be.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { describe, test } from "node:test";
import { plain } from "../dropin/seed.mjs";
import { findIn, secretsIn, visibleOf } from "../lib/secrets.mjs";
import { bin, Daemon, fast, start, until, withLog } from "../lib/daemon.mjs";

// Long enough that no chance makes one.
const canary = (what) => `canary-${what}-${"0123456789abcdef".repeat(2)}`;
const configured = {
	dropin: canary("dropin"), providerKey: canary("providerkey"), webhook: canary("webhook"),
	oldWebhook: canary("oldwebhook"),
};
const told = {
	text: canary("text"), caption: canary("caption"), wrong: canary("wrong"), body: canary("body"),
	hook: canary("hook"), sent: canary("sent"),
};

function everything(dir, but = []) {
	return readdirSync(dir, { withFileTypes: true }).filter((e) => !but.includes(e.name)).map((e) => {
		const file = path.join(dir, e.name);
		return e.isDirectory() ? everything(file, but) : e.isFile() ? readFileSync(file, "latin1") : "";
	}).join("\n");
}

const proc = (pid, name) => readFileSync(`/proc/${pid}/${name}`, "latin1");

// A backend that refuses all and repeats the key it was shown: what it says ends up in reasons and logs.
async function parrot() {
	const server = http.createServer((request, answer) => {
		answer.writeHead(401, { "Content-Type": "application/json" });
		answer.end(JSON.stringify({ success: false, error: `wrong key ${configured.providerKey}` }));
	});
	await new Promise((done) => server.listen(0, "127.0.0.1", done));
	return server;
}

// What lib/daemon.mjs does for the daemon of every test.
describe("the watch over every test", () => {
	test("knows the secrets of a configuration", () => {
		assert.deepEqual(secretsIn({
			dropin: { api_key: configured.dropin, webhook_secret: "short", wait: "1s" },
			providers: { webjs: { instances: [{ id: "a-name-that-is-no-secret", config: { api_key: configured.providerKey } }] } },
		}), [["dropin.api_key", configured.dropin], ["providers.webjs.instances.0.config.api_key", configured.providerKey]]);
	});

	test("sees arguments and environments of processes and of those below them, and says what it found", () => {
		const parent = start("sh", ["-c", `CANARY=${told.wrong} cat; true`], { stdio: ["pipe", "ignore", "ignore"] });
		return until(() => findIn([["wrong", told.wrong]], visibleOf(parent.pid, /^cat/)).some((f) => /environ$/.test(f)))
			.finally(() => parent.stdin.end());
	});
});

describe("canaries", () => {
	test("no secret is where it does not belong", async () => {
		const backend = await parrot();
		const d = new Daemon({ mock: fast, log: { level: "debug" }, more: { dropin: { api_key: configured.dropin, wait: "1s" } } });
		d.config.dropin.provider = "mock";
		d.config.providers.webjs = { instances: [{ id: "webjs-1", config: {
			url: `http://127.0.0.1:${backend.address().port}`, api_key: configured.providerKey,
			webhook_secret: configured.webhook, webhook_secret_old: configured.oldWebhook,
		} }] };
		d.writeConfig();
		const said = []; // all that the API ever answered, where no secret was asked for
		const places = {};
		const ask = async (method, url, body, headers) => {
			const answer = await d.request(method, url, body, headers);
			said.push(JSON.stringify(answer));
			return answer;
		};
		try {
			await d.start();
			const made = (await d.ok("POST", "/v1/keys", { role: "operator", label: "shop" })).key;
			const admin = d.key;

			// the good way
			await d.ok("POST", "/v1/accounts", { provider: "mock", id: "a", connect: true });
			await d.reaches("a", "qr_scanning");
			const { code } = await d.ok("GET", "/v1/accounts/a/qr");
			await ask("GET", "/v1/accounts/a", undefined, { Authorization: `Bearer ${made}` });
			await d.verb("a", "scan");
			await d.reaches("a", "connected");
			const opened = await plain(d.port, "POST", "/api/sessions",
				{ api_key: configured.dropin, session_id: "s1", workspace_id: 1, account_id: 1 });
			assert.equal(opened.status, 200, JSON.stringify(opened.body));
			const list = await plain(d.port, "GET", `/api/sessions?api_key=${configured.dropin}`);
			assert.equal(list.status, 200);

			// wrong keys, and right ones in wrong places
			for (const [url, headers] of [
				["/v1/accounts", { Authorization: `Bearer ${told.wrong}` }],
				["/v1/accounts", { Authorization: `Basic ${told.wrong}` }],
				["/v1/accounts", { "X-API-Key": told.wrong, Authorization: "" }],
				["/v1/accounts", { Authorization: `Bearer ${made.slice(0, -4)}AAAA` }],
				["/v1/accounts", { Authorization: made }],
				["/v1/accounts", { Authorization: `Bearer ${configured.dropin}` }],
				[`/v1/accounts?api_key=${admin}`, {}],
				[`/v1/accounts?token=${made}`, {}],
				[`/v1/accounts?x=${told.wrong}`, {}],
				[`/api/sessions?api_key=${told.wrong}`, { Authorization: "" }],
				[`/api/sessions?api_key=${admin}`, { Authorization: "" }],
			]) assert.ok((await ask("GET", url, undefined, headers)).status >= 400, url);
			await ask("POST", "/v1/accounts", Buffer.from(`{"provider":"mock","secret":"${told.body}"`));
			await ask("POST", "/v1/accounts", { provider: "mock", id: "c", label: 7, metadata: told.body });
			for (const path of ["/api/messages/send", "/api/messages/send-media"])
				said.push(JSON.stringify(await plain(d.port, "POST", path, { api_key: configured.dropin,
					session_id: "s1", to: "4915112345678", message: told.text, text: told.text,
					caption: told.caption, media_url: "http://127.0.0.1:1/x" })));
			said.push(JSON.stringify(await plain(d.port, "POST", "/api/messages/send",
				{ api_key: told.wrong, session_id: "s1", to: "1", message: told.text })));
			const sent = await ask("POST", "/v1/accounts/a/messages", { to: "4915112345678", text: told.sent });
			assert.equal(sent.status, 200, JSON.stringify(sent.body));
			await ask("POST", "/v1/accounts/a/messages", { to: "4915112345678", text: told.sent, more: told.body });
			await ask("POST", "/v1/accounts/a/verbs/send", { to: "1", text: told.text });
			await ask("POST", "/webhooks/webjs", { text: told.hook }, { Authorization: "",
				"X-Timestamp": String(Math.floor(Date.now() / 1000)), "X-HMAC-Signature": "0".repeat(64) });
			await d.ok("POST", "/v1/accounts", { provider: "webjs", id: "w", connect: true });
			await d.logs(/webjs/);

			// a client that watches with its key in a file
			const watcher = start(path.join(bin, "relinkctl"), ["events", "--url", `http://127.0.0.1:${d.port}`,
				"--key-file", path.join(d.state, "admin.key")], { stdio: "ignore", env: { PATH: process.env.PATH } });

			// workers that crash, and report
			const workers = async () => (await d.ok("GET", "/v1/workers")).workers;
			for (const signal of ["SIGABRT", "SIGSEGV"]) {
				const before = (await workers()).map((w) => w.pid).filter(Boolean);
				for (const pid of before) places[`environ and arguments of ${pid}`] = proc(pid, "environ") + proc(pid, "cmdline");
				for (const pid of before) process.kill(pid, signal);
				await until(async () => (await workers()).every((w) => w.pid && !before.includes(w.pid)));
			}
			said.push(JSON.stringify(await d.ok("GET", "/v1/workers")), JSON.stringify(await d.accounts()),
				JSON.stringify(await d.ok("GET", "/v1/keys")), await d.ok("GET", "/"));
			for (const id of ["a", "w"]) said.push(JSON.stringify(await d.ok("GET", `/v1/accounts/${id}/timeline`)));
			for (const pid of [d.child.pid, watcher.pid])
				places[`environ and arguments of ${pid}`] = proc(pid, "environ") + proc(pid, "cmdline");
			assert.match(proc(d.child.pid, "limits"), /^Max core file size\s+0 /m);
			watcher.kill("SIGKILL");
			const db = everything(d.state, ["admin.key"]);
			await d.stop();

			// and now: where are they?
			const secrets = { ...configured, ...told, code, admin: admin.slice(-43), made: made.slice(-43) };
			Object.assign(places, { log: d.log, answers: said.join("\n"), "the state while it ran": db,
				"the state": everything(d.state, ["admin.key"]) });
			// A message that was sent is told to subscribers: it is in the journal, and in who reads that.
			const belongs = { sent: ["answers", "the state while it ran", "the state"] };
			places["files beside the database"] = everything(d.state, ["admin.key", "relink.db", "relink.db-wal"]);
			const found = Object.entries(secrets).flatMap(([what, text]) =>
				Object.entries(places).filter(([name, place]) => place.includes(text) && !belongs[what]?.includes(name))
					.map(([name]) => `${what} in ${name}`));
			assert.deepEqual(found, []);
			assert.match(d.log + said, /wrong key/, "the backend's words came through, and the key in them did not");
			for (const text of Object.values(configured)) assert.ok(readFileSync(d.file, "utf8").includes(text));
			assert.ok(readFileSync(path.join(d.state, "admin.key"), "utf8").includes(secrets.admin), "this one belongs");
			assert.deepEqual(readdirSync(d.dir).filter((f) => /core/.test(f)), []);
		} catch (e) {
			throw withLog(e, d);
		} finally {
			await d.kill();
			backend.close();
		}
	});
});
