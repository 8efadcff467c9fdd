// An account that connects and gets lost again and again: slow starts, never given up, and the way out.

import assert from "node:assert/strict";
import test from "node:test";
import { Stream } from "../lib/events.mjs";
import { until, withDaemon } from "../lib/daemon.mjs";

const mock = { scan_ms: "20ms" };
const flap = { flap_losses: 3, flap_window: "1h", flap_wait: "30s", flap_stable: "30s" };
const add = (d, id) => d.ok("POST", "/v1/accounts", { provider: "mock", id, connect: true });
const told = async (d, id) => (await d.ok("GET", `/v1/accounts/${id}/timeline?limit=500`)).entries
	.map((e) => e.type).filter((t) => /flapping|steady/.test(t)).reverse();

async function lose(d, id, cause = "engine_crash") {
	const { generation } = await d.reaches(id, "connected");
	await d.verb(id, "drop", { cause, how: "down" });
	await until(async () => {
		const a = await d.account(id);
		return a.generation > generation || a.phase === "waiting";
	}, { explain: async () => JSON.stringify(await d.account(id)) });
}

async function flaps(d, id) {
	await add(d, id);
	for (let n = 0; n < 3; n++) await lose(d, id);
	return until(async () => {
		const a = await d.account(id);
		return a.phase === "waiting" && a.flapping && a;
	}, { explain: async () => JSON.stringify(await d.account(id)) });
}

test("the third loss makes it flapping: it waits long, costs no attempt, says so once, and a restart keeps it", () => withDaemon(
	{ mock, policy: flap }, async (d) => {
		const before = Date.now(), a = await flaps(d, "a");
		const wait = Date.parse(a.next_attempt_at) - before;
		assert.ok(wait > 29000, `${wait} ms`);
		assert.deepEqual([a.status, a.user_action, a.reason.cause], ["reconnecting", "none", "engine_crash"]);
		assert.ok(a.attempts <= 2, `${a.attempts}: the last loss cost none`);
		assert.deepEqual(await told(d, "a"), ["account.flapping"]);
		await d.kill();
		await d.start();
		const again = await d.account("a");
		assert.deepEqual([again.flapping, again.next_attempt_at], [true, a.next_attempt_at]);
		assert.deepEqual(await told(d, "a"), ["account.flapping"]);
	}));

test("a person who asks ends it at once, and others are not touched", () => withDaemon(
	{ mock, policy: flap }, async (d) => {
		await add(d, "b");
		await flaps(d, "a");
		const b = await d.account("b");
		assert.deepEqual([b.status, b.flapping, b.generation], ["connected", false, 1]);
		await d.ok("POST", "/v1/accounts/a/connect");
		const up = await d.reaches("a", "connected");
		assert.equal(up.flapping, false);
		assert.deepEqual(await told(d, "a"), ["account.flapping", "account.steady"]);
	}));

test("connected for long enough it is as any other, and subscribers hear of both ends", () => withDaemon(
	{ mock, policy: { ...flap, flap_wait: "200ms", stable_after: "300ms", flap_stable: "1s" } }, async (d) => {
		const stream = new Stream(d);
		await stream.open();
		await add(d, "a");
		for (let n = 0; n < 3; n++) await lose(d, "a");
		await until(async () => (await d.account("a")).flapping);
		const up = await d.reaches("a", "connected");
		await until(async () => !(await d.account("a")).flapping);
		assert.ok(Date.now() >= Date.parse(up.connected_since) + 1000);
		await until(() => stream.events.some((e) => e.type === "account.steady"));
		assert.equal(stream.events.filter((e) => e.type === "account.flapping").length, 1);
		stream.close();
		assert.deepEqual(await told(d, "a"), ["account.flapping", "account.steady"]);
	}));

test("what a backend's restart costs is nobody's flapping", () => withDaemon(
	{ mock: { ...mock, push: false }, policy: flap }, async (d) => {
		await add(d, "a");
		for (let n = 0; n < 4; n++) {
			const { generation } = await d.reaches("a", "connected");
			await d.verb("a", "reboot", { scope: "instance" });
			await until(async () => (await d.account("a")).generation > generation);
		}
		await d.reaches("a", "connected");
		assert.equal((await d.account("a")).flapping, false);
		assert.deepEqual(await told(d, "a"), []);
	}));
