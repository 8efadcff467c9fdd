// Keys of the API against the real daemon: what they open, and that they and their end outlive it.

import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { Daemon, fast, withDaemon, withLog } from "../lib/daemon.mjs";
import { run } from "../relinkctl/run.mjs";

const POINT = "engine.key.changed";

const ask = (d, key, method, url, body) => d.request(method, url, body, { Authorization: `Bearer ${key}` });
const add = (d, wish) => d.ok("POST", "/v1/keys", wish);

// A stream of events with this key: resolves { text(), ended } once it has begun.
async function listen(d, key) {
	const answer = await fetch(`http://127.0.0.1:${d.port}/v1/events`, { headers: { Authorization: `Bearer ${key}` } });
	assert.equal(answer.status, 200);
	let text = "";
	const ended = (async () => {
		for await (const part of answer.body) text += Buffer.from(part).toString();
	})();
	return { text: () => text, ended };
}

describe("keys", { concurrency: 3, timeout: 60000 }, () => {
	test("a key opens what its role and workspace say, also after kill -9", () => withDaemon({}, async (d) => {
		await d.ok("POST", "/v1/accounts", { provider: "mock", id: "a", workspace: "acme" });
		await d.ok("POST", "/v1/accounts", { provider: "mock", id: "b", workspace: "other" });
		const viewer = (await add(d, { role: "viewer", label: "v" })).key;
		const acme = (await add(d, { role: "operator", workspace: "acme", label: "shop" })).key;
		const check = async () => {
			assert.equal((await ask(d, viewer, "GET", "/v1/accounts/b")).status, 200);
			assert.equal((await ask(d, viewer, "POST", "/v1/accounts/b/connect")).status, 403);
			assert.equal((await ask(d, viewer, "GET", "/v1/accounts/b/qr")).status, 403);
			assert.equal((await ask(d, acme, "GET", "/v1/accounts/b")).status, 404);
			assert.equal((await ask(d, acme, "GET", "/v1/workers")).status, 403);
			assert.equal((await ask(d, acme, "GET", "/v1/keys")).status, 403);
			assert.deepEqual((await ask(d, acme, "GET", "/v1/accounts")).body.accounts.map((a) => a.id), ["a"]);
		};
		await check();
		await d.kill();
		await d.start();
		await check();
		const [v, s] = (await d.ok("GET", "/v1/keys")).keys;
		assert.deepEqual([v.label, v.role, v.workspace, s.label, s.role, s.workspace],
			["v", "viewer", null, "shop", "operator", "acme"]);
		// told to the hour, and never as before it was made
		const hour = v.last_used_at.replace(/:.*/, ":00:00.000Z");
		assert.equal(v.last_used_at, hour > v.created_at ? hour : v.created_at);
		assert.equal((await ask(d, acme, "POST", "/v1/accounts/a/connect")).status, 202);
		await d.reaches("a", "qr_scanning");
		assert.equal((await ask(d, acme, "GET", "/v1/accounts/a/qr")).status, 200);
		const files = ["relink.db", "relink.db-wal"].map((f) => path.join(d.state, f)).filter(existsSync)
			.map((f) => readFileSync(f, "latin1")).join();
		for (const key of [viewer, acme]) assert.ok(!files.includes(key.slice(-43)), "the database has the secret");
	}));

	test("a key that was revoked stays so, and its stream ends at once", () => withDaemon({}, async (d) => {
		const { key, id } = await add(d, { role: "viewer" });
		const other = (await add(d, { role: "viewer" })).key;
		const stream = await listen(d, key);
		const gone = Date.now();
		assert.equal((await d.request("DELETE", `/v1/keys/${id}`)).status, 204);
		await stream.ended;
		assert.ok(Date.now() - gone < 10000, "not the heartbeat, the revocation ended it");
		assert.equal((await ask(d, key, "GET", "/v1/accounts")).status, 401);
		await d.kill();
		await d.start();
		const answer = await ask(d, key, "GET", "/v1/accounts");
		assert.equal(answer.status, 401);
		assert.match(answer.body.detail, /was revoked/);
		assert.equal((await ask(d, other, "GET", "/v1/accounts")).status, 200);
		assert.equal((await d.request("DELETE", "/v1/keys/ffffffff")).body.code, "key_not_found");
	}));

	test("what was answered about a key outlives a death in between", async () => {
		const d = new Daemon({ mock: fast });
		const killer = { RELINK_KILL: `${POINT}:1` };
		const dies = async (method, url, body) => {
			await d.start(killer);
			const answer = await d.request(method, url, body, { "Idempotency-Key": `${method}${url}` }).catch(() => null);
			assert.equal(answer, null, JSON.stringify(answer));
			assert.equal((await d.exited).signal, "SIGKILL");
			await d.start();
		};
		try {
			await dies("POST", "/v1/keys", { role: "viewer" });
			assert.ok((await d.ok("GET", "/v1/keys")).keys.length <= 1, "one, whose secret nobody has, or none");
			const { key, id } = await add(d, { role: "viewer" });
			await d.kill();
			await dies("DELETE", `/v1/keys/${id}`);
			const again = await d.request("DELETE", `/v1/keys/${id}`, undefined, { "Idempotency-Key": `DELETE/v1/keys/${id}` });
			assert.equal(again.status, 204);
			for (let life = 0; life < 2; life++) {
				assert.equal((await ask(d, key, "GET", "/v1/accounts")).status, 401);
				await d.kill();
				await d.start();
			}
		} catch (e) {
			throw withLog(e, d);
		} finally {
			await d.kill();
		}
	});

	test("a key is made once by an Idempotency-Key, and its secret is not repeated", () => withDaemon({}, async (d) => {
		const again = { "Idempotency-Key": "k" };
		const first = await d.request("POST", "/v1/keys", { role: "viewer" }, again);
		assert.equal(first.status, 201);
		const second = await d.request("POST", "/v1/keys", { role: "viewer" }, again);
		assert.deepEqual([second.status, second.body.code], [409, "answer_not_kept"]);
		assert.match(second.body.detail, new RegExp(`revoke it with DELETE /v1/keys/${first.body.id}`));
		assert.equal((await d.ok("GET", "/v1/keys")).keys.length, 1);
	}));

	test("wrong keys are slowed down, a right one is not, and the log says it once", () => withDaemon({}, async (d) => {
		const { key } = await add(d, { role: "viewer" });
		const wrong = key.slice(0, -4) + "AAAA";
		const statuses = [];
		for (let i = 0; i < 25; i++) statuses.push((await ask(d, wrong, "GET", "/v1/accounts")).status);
		assert.deepEqual([statuses.filter((s) => s === 401).length, statuses.filter((s) => s === 429).length], [20, 5]);
		const limited = await ask(d, wrong, "GET", "/v1/accounts");
		assert.equal(limited.body.code, "too_many_wrong_keys");
		assert.ok(Number(limited.headers["retry-after"]) > 0);
		assert.equal((await ask(d, key, "GET", "/v1/accounts")).status, 200);
		await d.stop();
		assert.equal(d.log.match(/key\.wrong/g).length, 1);
		assert.ok(!d.log.includes(wrong));
	}));

	test("another Host is refused, and one that is configured is not", () => withDaemon(
		{ more: { http: { listen: "127.0.0.1:0", hosts: "relink.example.com" } } }, async (d) => {
			const host = async (name) => (await d.request("GET", "/healthz", undefined, { Host: name })).status;
			assert.equal(await host("evil.example.net"), 421);
			assert.equal(await host("relink.example.com"), 200);
			assert.equal(await host(`localhost:${d.port}`), 200);
		}));

	test("relinkctl makes, lists and revokes keys, and works with one", () => withDaemon({}, async (d) => {
		const ctl = (...args) => run(args, { env: { RELINK_SOCKET: path.join(d.state, "relink.sock") } });
		const file = path.join(d.dir, "shop.key");
		const made = await ctl("key", "add", "--role", "viewer", "--label", "shop", "--expires", "1d", "--out", file);
		assert.deepEqual([made.code, made.stdout], [0, ""]);
		assert.equal(statSync(file).mode & 0o777, 0o600);
		const url = `http://127.0.0.1:${d.port}`;
		const listed = await run(["list", "--url", url, "--key-file", file, "--json"], {});
		assert.deepEqual([listed.code, JSON.parse(listed.stdout).accounts], [0, []]);
		const refused = await run(["key", "list", "--url", url, "--key-file", file], {});
		assert.equal(refused.code, 1);
		assert.match(refused.stderr, /forbidden: This needs a key of role admin/);
		const [{ id, expires_at }] = JSON.parse((await ctl("key", "list", "--json")).stdout).keys;
		assert.ok(Math.abs(Date.parse(expires_at) - Date.now() - 86400000) < 600000);
		assert.equal((await ctl("key", "revoke", id)).stdout, `${id}: revoked\n`);
		assert.equal((await run(["list", "--url", url, "--key-file", file], {})).code, 1);
	}));
});
