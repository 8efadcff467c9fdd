// The history of an account's sessions, and why things were done, in plain English.

import assert from "node:assert/strict";
import test from "node:test";
import { until, withDaemon } from "../lib/daemon.mjs";

const mock = { scan_ms: "20ms" };
const add = (d, id, more = {}) => d.ok("POST", "/v1/accounts", { provider: "mock", id, connect: true, ...more });
const attempts = async (d, id, query = "") => (await d.ok("GET", `/v1/accounts/${id}/attempts${query}`)).attempts;
const lines = async (d, id) => (await d.ok("GET", `/v1/accounts/${id}/timeline?limit=500`)).entries.reverse();
const again = async (d, id, act) => {
	const { generation } = await d.reaches(id, "connected");
	await act();
	await until(async () => (await d.account(id)).generation > generation);
	return d.reaches(id, "connected");
};
const drop = (d, id, cause, how = "down") => d.verb(id, "drop", { cause, how });

test("each session says why it was begun, how it ended and what was decided; the profile in use is marked", () => withDaemon(
	{ mock }, async (d) => {
		await add(d, "a");
		await again(d, "a", () => drop(d, "a", "engine_crash"));
		await again(d, "a", () => d.ok("POST", "/v1/accounts/a/reconnect"));
		await again(d, "a", () => d.ok("POST", "/v1/accounts/a/qr", { force: true }));
		await d.ok("POST", "/v1/accounts/a/disconnect", {}, { Prefer: "wait=10" });
		const all = await until(async () => {
			const list = await attempts(d, "a");
			return list.every((a) => a.state === "gone") && list;
		}, { explain: async () => JSON.stringify(await attempts(d, "a")) });
		assert.deepEqual(all.map((a) => a.generation), [4, 3, 2, 1]);
		assert.deepEqual(all.map((a) => [a.begun.by, a.begun.cause, a.begun.login]),
			[["person", "none", "new"], ["person", "none", "same"], ["retry", "engine_crash", "same"], ["person", "none", "new"]]);
		assert.deepEqual(all.map((a) => [a.ended.event, a.ended.cause, a.decision.then]),
			[["disconnect", "by_request", "idle"], ["regenerate", "none", "start"], ["reconnect", "none", "start"], ["down", "engine_crash", "wait"]]);
		assert.deepEqual(all.map((a) => a.current_login), [true, false, false, false], "one login is in use");
		assert.equal(new Set(all.map((a) => a.profile)).size, 2, "the old profile is kept in the history");
		assert.equal(new Set(all.map((a) => a.session_id)).size, 4);
		const first = all.at(-1);
		assert.deepEqual(first.ended.evidence, ["push", "list"]);
		assert.deepEqual([first.decision.attempts, first.decision.max_attempts, first.decision.counted], [1, 10, true]);
		assert.ok(Date.parse(first.decision.next_attempt_at) <= Date.parse(all[2].begun.at));
		assert.ok(Date.parse(first.connected_at) < Date.parse(first.ended.at));
		assert.match(first.says, /^Begun because somebody asked, on a new login\. It was connected for \d+ m?s\. The provider said .*engine of the session died\. Attempt 2 of 10 follows at [\d:]+ UTC on the same login\.$/);
	}));

test("they come page by page, and survive a kill", () => withDaemon(
	{ mock }, async (d) => {
		await add(d, "a");
		for (let n = 0; n < 3; n++) await again(d, "a", () => drop(d, "a", "engine_crash"));
		const page = await d.ok("GET", "/v1/accounts/a/attempts?limit=3");
		assert.deepEqual([page.attempts.map((a) => a.generation), page.next_before], [[4, 3, 2], 2]);
		const rest = await d.ok("GET", `/v1/accounts/a/attempts?limit=3&before=${page.next_before}`);
		assert.deepEqual([rest.attempts.map((a) => a.generation), rest.next_before], [[1], null]);
		await d.kill();
		await d.start();
		assert.deepEqual((await attempts(d, "a")).map((a) => a.begun.by), ["retry", "retry", "retry", "person"]);
		assert.equal((await d.request("GET", "/v1/accounts/b/attempts")).status, 404);
		assert.equal((await d.request("GET", "/v1/accounts/a/attempts?limit=0")).status, 400);
	}));

// Whatever happens to an account, each line is a sentence that says why.
const scenarios = {
	"a crash": (d) => again(d, "a", () => drop(d, "a", "engine_crash")),
	"a session that is gone": (d) => again(d, "a", () => d.verb("a", "forget")),
	"a log-out": async (d) => { await d.verb("a", "logout"); await d.reaches("a", "disconnected"); },
	"a ban": async (d) => { await drop(d, "a", "banned"); await d.reaches("a", "failed"); },
	"opened elsewhere": (d) => again(d, "a", () => drop(d, "a", "replaced")),
	"a reboot": (d) => again(d, "a", () => d.verb("a", "reboot", { scope: "instance" })),
	"a new code": (d) => again(d, "a", () => d.ok("POST", "/v1/accounts/a/qr", { force: true })),
	"a wish": (d) => d.ok("POST", "/v1/accounts/a/disconnect"),
};
for (const [name, happens] of Object.entries(scenarios))
	test(`plain English: ${name}`, () => withDaemon({ mock }, async (d) => {
		await add(d, "a");
		await d.reaches("a", "connected");
		await happens(d);
		for (const { type, says } of await lines(d, "a")) {
			assert.match(says, /^[A-Z0-9].{8,}\.$/, `${type}: ${says}`);
			assert.doesNotMatch(says, /\b(unknown state|undefined|null)\b|\?|_|  /, `${type}: ${says}`);
		}
		const { explanation } = await d.account("a");
		for (const text of Object.values(explanation)) assert.match(text, /^[A-Z].{8,}\.$/);
		assert.deepEqual(Object.keys(explanation), ["why", "next", "do"]);
	}));

test("an account says why it is not connected, what happens next, and what to do", () => withDaemon(
	{ mock, policy: { slow_first: "5m" } }, async (d) => {
		await add(d, "slow", { metadata: { mock: { create: { fail: "throttled" } } } });
		const slow = await until(async () => {
			const a = await d.account("slow");
			return a.phase === "waiting" && a;
		});
		assert.match(slow.explanation.why, /the provider says that it goes too fast \(throttled\)/);
		assert.match(slow.explanation.next, /^The next attempt follows at [-\d: ]+ UTC on the same login\.$/);
		await add(d, "a");
		await d.reaches("a", "connected");
		await d.verb("a", "logout");
		const out = await d.reaches("a", "disconnected");
		assert.match(out.explanation.why, /the phone unlinked this device \(logged_out\)/);
		assert.equal(out.explanation.next, "Nothing happens until somebody asks; then it is started on a new login, which needs a scan.");
		assert.equal(out.explanation.do, "Ask for a connect or for a QR code, and scan it with the phone.");
		assert.equal((await attempts(d, "a"))[0].current_login, false, "that login is dead");
	}));
