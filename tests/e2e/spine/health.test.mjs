// The health score of accounts: what brings it down, what brings it back, and what only makes it unsure.

import assert from "node:assert/strict";
import test from "node:test";
import { until, withDaemon } from "../lib/daemon.mjs";
import { Judge } from "../lib/judge.mjs";

const mock = { scan_ms: "20ms" };
const add = (d, id, more = {}) => d.ok("POST", "/v1/accounts", { provider: "mock", id, connect: true, ...more });
const health = async (d, id) => (await d.account(id)).health;
const names = (h) => h.components.map((c) => c.name);
const fails = (d, id, cause, times) => d.verb(id, "behave", { send: { fail: cause, times } });
const send = (d, id) => d.request("POST", `/v1/accounts/${id}/messages`, { to: "1", text: "x" });
const summary = (d) => d.ok("GET", "/v1/health/summary");
const reaches = (d, id, good) => {
	let last;
	return until(async () => good(last = await health(d, id)) && last, { explain: () => JSON.stringify(last) });
};

test("a connected account has all points; whoever waits for a person or is not wanted has none", () => withDaemon(
	{ mock }, async (d) => {
		await add(d, "up");
		const up = await d.reaches("up", "connected");
		assert.deepEqual({ ...up.health, since: 0 }, { score: 100, band: "excellent", confidence: 100, unhealthy: false, components: [], since: 0 });
		assert.equal(up.health.since, up.connected_since);
		await add(d, "scanned", { metadata: { mock: { scan_ms: 0 } } });
		assert.equal((await d.reaches("scanned", "qr_scanning")).health, null);
		await d.ok("POST", "/v1/accounts", { provider: "mock", id: "new" });
		assert.equal(await health(d, "new"), null);
		await d.verb("up", "logout");
		assert.equal((await d.reaches("up", "disconnected")).health, null, "it waits for a scan");
		const { statuses, providers, instances, ...sum } = await summary(d);
		assert.deepEqual([statuses.disconnected, providers[0].statuses.new, instances[0].open], [1, 1, 1]);
		assert.deepEqual({ ...sum, worst: 0 }, { accounts: 3, scored: 0, average: null,
			bands: { excellent: 0, good: 0, warning: 0, critical: 0, failed: 0 }, worst: 0 });
	}));

test("five messages that fail within the hour cost 30 points, until the session is a new one", () => withDaemon(
	{ mock }, async (d) => {
		await add(d, "a");
		await add(d, "b");
		await d.reaches("b", "connected");
		const { session_id } = await d.reaches("a", "connected");
		await fails(d, "a", "refused", 5);
		for (let i = 0; i < 5; i++) assert.equal((await send(d, "a")).status, 422);
		assert.equal((await health(d, "a")).score, 100, "a wrong recipient is no sickness");
		await fails(d, "a", "unknown", 5);
		for (let i = 0; i < 4; i++) assert.equal((await send(d, "a")).status, 502);
		assert.equal((await health(d, "a")).score, 100);
		assert.equal((await send(d, "a")).status, 502);
		// the fifth is a piece of evidence too; the list says otherwise, and only the failures stay
		const sick = await reaches(d, "a", (h) => h.score === 70);
		assert.deepEqual([sick.band, names(sick)], ["good", ["failed_sends"]]);
		assert.match(sick.components[0].text, /5 or more messages/);
		assert.equal((await d.account("a")).session_id, session_id, "one piece of evidence ends nothing");
		const all = await summary(d);
		assert.deepEqual([all.accounts, all.scored, all.average, all.worst.map((w) => w.id)], [2, 2, 85, ["a"]]);
		assert.deepEqual(all.worst[0].reason, { cause: "none", text: "" });
		assert.equal(all.worst[0].health.components[0].name, "failed_sends");
		await d.ok("POST", "/v1/accounts/a/reconnect");
		await reaches(d, "a", (h) => h?.score === 100);
		assert.equal((await d.account("a")).status, "connected");
	}));

test("failures that a look contradicts end the session when two more find a broken engine", () => withDaemon(
	{ mock, policy: { list_interval: "100ms" } }, async (d) => {
		await add(d, "a");
		const first = await d.reaches("a", "connected");
		await fails(d, "a", "engine_crash", true);
		for (let i = 0; i < 5; i++) await send(d, "a");
		await reaches(d, "a", (h) => h.score === 70); // looked at, and found well
		assert.equal((await d.account("a")).generation, first.generation);
		await send(d, "a");
		assert.equal((await d.account("a")).generation, first.generation, "one more is not enough");
		await send(d, "a");
		await until(async () => (await d.account("a")).generation > first.generation);
		const again = await d.reaches("a", "connected");
		assert.equal(again.profile, first.profile, "the login is kept");
		assert.equal(again.health.score, 100);
		assert.ok(new Judge(d.journals()).lines.filter((l) => l.verb === "create").length === 2);
	}));

test("it is told once that an account is unhealthy, and once that it is healthy again", () => withDaemon(
	{ mock: { ...mock, resume_ms: "1500ms" } }, async (d) => {
		await add(d, "a");
		await d.reaches("a", "connected");
		assert.equal((await health(d, "a")).unhealthy, false);
		await d.verb("a", "drop", { cause: "engine_crash", how: "down" });
		const sick = await reaches(d, "a", (h) => h?.unhealthy);
		assert.ok(sick.score < 40, `${sick.score}`);
		await reaches(d, "a", (h) => h?.score === 100 && !h.unhealthy);
		const told = async () => (await d.ok("GET", "/v1/accounts/a/timeline?limit=100")).entries
			.filter((e) => e.type === "account.health").map((e) => e.data);
		await until(async () => (await told()).length > 1); // it is told when it is on disk
		assert.deepEqual(await told(), [{ unhealthy: false, score: 100, band: "excellent", component: "none" },
			{ unhealthy: true, score: 0, band: "failed", component: "crash_evidence" }]);
	}));

test("a backend that comes back without its sessions makes nobody sick before a second list agrees", () => withDaemon(
	{ mock: { ...mock, resume_ms: "1500ms" }, errors: /worker/, worker: { restart_base: "100ms", restart_cap: "100ms" } },
	async (d) => {
		for (const id of ["a", "b"]) await add(d, id);
		for (const id of ["a", "b"]) await d.reaches(id, "connected");
		process.kill((await d.ok("GET", "/v1/workers")).workers[0].pid, "SIGKILL");
		await reaches(d, "a", (h) => h?.confidence < 100);
		assert.equal((await health(d, "a")).unhealthy, false, "unknown is not sick");
		await reaches(d, "a", (h) => h?.score === 100 && h.confidence === 100);
		const types = async () => (await d.ok("GET", "/v1/accounts/a/timeline?limit=100")).entries.map((e) => e.type);
		await until(async () => (await types())[0] === "account.status" || (await types())[0] === "account.health");
		assert.ok((await types()).filter((t) => t === "account.health").length % 2 === 0, "told with its end, or not at all");
	}));

test("what is known of a session is told in stages, and a session that is due is asked by itself", () => withDaemon(
	{ mock, errors: /worker/, policy: { list_interval: "100ms", operation_deadline: "100ms" },
		worker: { restart_base: "3s", restart_cap: "3s" }, more: { health: { check_after: "1s" } } },
	async (d) => {
		const about = (more = "") => d.ok("GET", `/v1/accounts/a/health${more}`);
		const verdicts = (h) => Object.fromEntries(h.stages.map((s) => [s.name, s.verdict]));
		await add(d, "a");
		await d.reaches("a", "connected");
		const good = { worker: "good", instance: "good", listed: "good", engine: "good" };
		let now;
		await until(async () => {
			const v = verdicts(now = await about());
			return v.listed === "good" && v.worker === "good" && v.round_trip === "good";
		}, { explain: () => JSON.stringify(now) });
		assert.deepEqual(verdicts(now), { ...good, round_trip: "good", messages: "unknown" });
		assert.match(now.explanation, /messages, which is unknown/);
		assert.ok(now.stages.slice(0, 5).every((s) => s.age_ms >= 0 && s.age_ms < 60000), JSON.stringify(now.stages));
		assert.equal((await send(d, "a")).status, 200);
		assert.equal((await about()).explanation, "all stages are good");
		const past = await about("?history=1");
		assert.equal(past.history_complete, true);
		assert.deepEqual(past.history[0].score, 100);
		assert.equal(past.history.at(-1).score, null, "it was new, and waited for a person");
		process.kill((await d.ok("GET", "/v1/workers")).workers[0].pid, "SIGKILL");
		await until(async () => verdicts(now = await about()).worker !== "good");
		assert.deepEqual(new Set(now.stages.slice(1).map((s) => s.verdict)), new Set(["unknown"]), "nothing behind it is known");
		assert.match(now.explanation, /worker, which is/);
	}));

test("failed messages are remembered over a death of the core", () => withDaemon({ mock }, async (d) => {
	await add(d, "a");
	await d.reaches("a", "connected");
	await fails(d, "a", "unknown", 5);
	for (let i = 0; i < 5; i++) await send(d, "a");
	await reaches(d, "a", (h) => h.score === 70);
	await d.kill();
	await d.start();
	const h = await reaches(d, "a", (x) => x?.confidence === 100 && x.score === 70);
	assert.deepEqual(names(h), ["failed_sends"]);
}));

test("a worker that is dead costs confidence and no points", () => withDaemon(
	{ mock, errors: /worker/, worker: { restart_base: "2s", restart_cap: "2s" } }, async (d) => {
		await add(d, "a");
		await d.reaches("a", "connected");
		process.kill((await d.ok("GET", "/v1/workers")).workers[0].pid, "SIGKILL");
		const unsure = await reaches(d, "a", (h) => h.confidence < 100);
		assert.equal(unsure.score, 100);
		assert.ok(names(unsure).includes("instance_unreachable"), names(unsure).join());
		assert.ok(unsure.components.every((c) => c.points === 0));
		await reaches(d, "a", (h) => h.confidence === 100);
	}));

test("crash evidence counts until the next connect, and idle only where it is configured", () => withDaemon(
	{ mock: { ...mock, resume_ms: "1500ms" }, more: { health: { idle_after: "1s", idle_points: 20 } } }, async (d) => {
		await add(d, "a");
		await d.reaches("a", "connected");
		const idle = await reaches(d, "a", (h) => h?.score === 80);
		assert.deepEqual(names(idle), ["idle"]);
		assert.equal((await send(d, "a")).status, 200);
		await reaches(d, "a", (h) => h.score === 100);
		await d.verb("a", "drop", { cause: "engine_crash", how: "down" });
		const crashed = await reaches(d, "a", (h) => h?.score === 0 && names(h)[0] === "not_connected");
		assert.deepEqual(names(crashed).slice(0, 2), ["not_connected", "crash_evidence"]);
		assert.equal(crashed.band, "failed");
		await d.reaches("a", "connected");
		await reaches(d, "a", (h) => h.score >= 80);
	}));
