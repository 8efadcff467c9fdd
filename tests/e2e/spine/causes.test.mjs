// What follows from a cause: the table, an operator's choices, and their bounds.

import assert from "node:assert/strict";
import test from "node:test";
import { Daemon, until, withDaemon } from "../lib/daemon.mjs";

const mock = { scan_ms: "20ms" };
const add = (d, id) => d.ok("POST", "/v1/accounts", { provider: "mock", id, connect: true });
const drop = (d, id, cause) => d.verb(id, "drop", { cause, how: "down" });
const rule = async (d, cause) => (await d.ok("GET", "/v1/policy")).providers[0].causes.find((c) => c.cause === cause);
const reload = (d) => {
	d.writeConfig();
	d.child.kill("SIGHUP");
};

test("operators choose what follows from a cause, and the table says who said so", () => withDaemon(
	{ mock, policy: { slow_first: "200ms", causes: { banned: "slow", engine_crash: { then: "hold" } } } }, async (d) => {
		assert.deepEqual(await rule(d, "banned"), {
			cause: "banned", text: (await rule(d, "banned")).text, then: "slow", attempts: null, user_action: "unblock",
			login_dead: false, default: "hold", allowed: ["slow", "park", "hold"], set_by: "policy.causes",
		});
		const gone = await rule(d, "gone");
		assert.deepEqual([gone.then, gone.attempts, gone.set_by], ["retry", 10, null]);
		assert.deepEqual((await rule(d, "logged_out")).allowed, ["park", "hold"]);
		await add(d, "a");
		const first = await d.reaches("a", "connected");
		await drop(d, "a", "banned");
		await until(async () => (await d.account("a")).generation > first.generation);
		await d.reaches("a", "connected");
		await drop(d, "a", "engine_crash");
		const held = await d.reaches("a", "failed");
		assert.deepEqual([held.reason.cause, held.user_action, held.attempts], ["engine_crash", "check_provider", 0]);
	}));

test("a provider's own choice goes before that of all, and both change with a reload", () => withDaemon(
	{ mock, policy: { stable_after: "1m", causes: { engine_crash: "hold" } } }, async (d) => {
		d.config.providers.mock.causes = { engine_crash: { attempts: 2 } };
		reload(d);
		const crash = await until(async () => (await rule(d, "engine_crash")).set_by === "providers.*.causes" && rule(d, "engine_crash"));
		assert.deepEqual([crash.then, crash.attempts, crash.set_by], ["retry", 2, "providers.*.causes"]);
		await add(d, "a");
		await d.reaches("a", "connected");
		await drop(d, "a", "engine_crash");
		await until(async () => (await d.account("a")).attempts === 1);
		await d.reaches("a", "connected");
		await drop(d, "a", "engine_crash");
		assert.equal((await d.reaches("a", "failed")).attempts, 2);
		delete d.config.providers.mock.causes;
		reload(d);
		await until(async () => (await rule(d, "engine_crash")).then === "hold");
	}));

test("what may not follow from a cause is refused with what may, at a start and at a reload", () => withDaemon(
	{ mock, errors: /cannot follow/ }, async (d) => {
		d.config.policy.causes = { logged_out: "retry" };
		reload(d);
		await d.logs(/cannot follow from logged_out \(write park or hold\)/);
		assert.equal((await rule(d, "logged_out")).then, "park", "the daemon goes on with what it had");
		const refused = await new Daemon({ policy: d.config.policy }).refused();
		assert.equal(refused.code, 78);
		assert.match(refused.said, /policy\.causes\.logged_out: "retry" cannot follow from logged_out \(write park or hold\)/);
	}));
