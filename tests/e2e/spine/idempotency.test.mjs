// Idempotency-Key: a client that repeats what was not answered has it done once.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import { Daemon, fast, until, withDaemon } from "../lib/daemon.mjs";
import { Judge } from "../lib/judge.mjs";

const key = () => ({ "Idempotency-Key": randomUUID() });
const replayed = (answer) => answer.headers["idempotency-replayed"] === "true";
// a second reconnect is a second wish, however soon it comes; and nothing is written that nobody asked for
const strict = { policy: { join_window: 0, stable_after: "1h" }, mock: { scan_ms: "5ms" } };

const make = (d, members, headers) => d.request("POST", "/v1/accounts", { provider: "mock", ...members }, headers);
const lives = (d, id) => new Judge(d.journals()).livesOf(id).length;

async function connected(d, id) {
	await make(d, { id, connect: true });
	return d.reaches(id, "connected");
}

describe("idempotency", { concurrency: 4 }, () => {
	test("the same request with the same key is done once and answered twice", () => withDaemon(strict, async (d) => {
		const k = key();
		const [first, second] = [await make(d, { label: "x" }, k), await make(d, { label: "x" }, k)];
		assert.equal(first.status, 201);
		assert.equal(second.status, 201);
		assert.deepEqual(second.body, first.body);
		assert.equal(second.headers.location, first.headers.location);
		assert.deepEqual([first, second].map(replayed), [false, true]);
		assert.equal((await d.accounts()).length, 1);

		await connected(d, "a");
		const r = key();
		const again = await d.request("POST", "/v1/accounts/a/reconnect", undefined, r);
		assert.equal(again.status, 202);
		const up = await until(async () => {
			const a = await d.account("a");
			return a.status === "connected" && a.generation === 2 && a;
		});
		const repeated = await d.request("POST", "/v1/accounts/a/reconnect", undefined, r);
		assert.equal(repeated.status, 202);
		assert.ok(replayed(repeated));
		assert.deepEqual(repeated.body.account, up, "the answer tells the account as it is now");

		const del = key();
		assert.equal((await d.request("DELETE", "/v1/accounts/a", undefined, del)).status, 204);
		await make(d, { id: "a" });
		const late = await d.request("DELETE", "/v1/accounts/a", undefined, del);
		assert.equal(late.status, 204);
		assert.ok(replayed(late));
		assert.equal((await d.account("a")).id, "a", "the new account of that name is not deleted");

		await connected(d, "b");
		const drop = key();
		const verb = () => d.request("POST", "/v1/accounts/b/verbs/drop", { cause: "engine_crash" }, drop);
		assert.equal((await verb()).status, 200);
		await until(async () => (await d.account("b")).generation === 2);
		await d.reaches("b", "connected");
		const repeatedVerb = await verb(); // what a verb answers is not kept, so it cannot be said again
		assert.deepEqual([repeatedVerb.status, repeatedVerb.body.code], [409, "answer_not_kept"]);
		assert.equal((await d.account("b")).generation, 2);
		assert.equal(new Judge(d.journals()).lines.filter((l) => l.verb === "end" && l.why === "drop").length, 1);
	}));

	test("of twenty at once one is done, the others are told to wait or get its answer", () => withDaemon(
		strict, async (d) => {
			const twenty = (f) => Promise.all(Array.from({ length: 20 }, f));
			// how many were done; all the others are a repetition or too early
			const done = (answers, good) => {
				for (const a of answers) {
					if (a.status === good) continue;
					assert.equal(a.status, 409, JSON.stringify(a.body));
					assert.equal(a.body.code, "idempotency_in_progress");
				}
				return answers.filter((a) => a.status === good && !replayed(a)).length;
			};
			const k = key();
			const makes = await twenty(() => make(d, { label: "x" }, k));
			assert.equal(done(makes, 201), 1);
			assert.equal(new Set(makes.filter((m) => m.status === 201).map((m) => m.body.id)).size, 1);
			assert.equal((await d.accounts()).length, 1);

			await connected(d, "a");
			const r = key();
			const reconnect = () => d.request("POST", "/v1/accounts/a/reconnect", undefined, r);
			assert.equal(done(await twenty(reconnect), 202), 1);
			await until(async () => (await d.account("a")).generation === 2);
			await d.reaches("a", "connected");
			assert.equal(done(await twenty(reconnect), 202), 0);
			assert.equal(lives(d, "a"), 2);
		}));

	test("a key that was used for another request is refused", () => withDaemon({}, async (d) => {
		const k = key();
		await make(d, { id: "a", label: "x" }, k);
		const others = [
			["POST", "/v1/accounts", { provider: "mock", id: "a", label: "y" }],
			["POST", "/v1/accounts/a/connect"],
			["PATCH", "/v1/accounts/a", { label: "x" }],
			["DELETE", "/v1/accounts/a"],
		];
		for (const [method, url, body] of others) {
			const no = await d.request(method, url, body, k);
			assert.equal(no.status, 422, `${method} ${url}`);
			assert.equal(no.body.code, "idempotency_key_reused");
		}
		const a = await d.account("a");
		assert.deepEqual([a.label, a.status], ["x", "new"]);
		assert.equal((await make(d, { id: "b" }, { "Idempotency-Key": "two words" })).status, 400);
		assert.equal((await make(d, { id: "b" }, { "Idempotency-Key": "k".repeat(129) })).status, 400);
		assert.equal((await make(d, { id: "b" }, { "Idempotency-Key": "k".repeat(128) })).status, 201);
	}));

	test("a key is in progress until its request is answered, and what failed may be tried again", () => withDaemon(
		{ ...strict, policy: { operation_deadline: "600ms" } }, async (d) => {
			await connected(d, "a");
			await d.verb("a", "behave", { health: { never_answer: 1 } });
			const k = key();
			const ask = () => d.request("POST", "/v1/accounts/a/check", undefined, k);
			const first = ask();
			await until(() => new Judge(d.journals()).lines.some((l) => l.verb === "health" && l.result === "lost"));
			const busy = await ask();
			assert.equal(busy.status, 409);
			assert.equal(busy.body.code, "idempotency_in_progress");
			const other = await d.request("POST", "/v1/accounts/a/disconnect", undefined, k);
			assert.equal(other.status, 409, "what else is sent with it waits, too");
			assert.equal((await first).status, 502);
			const again = await ask();
			assert.equal(again.status, 200);
			assert.ok(!replayed(again));
			assert.equal(again.body.state, "connected");
		}));

	const isUnknown = (answer) => {
		assert.deepEqual([answer.status, answer.body.code], [504, "outcome_unknown"], JSON.stringify(answer.body));
		assert.match(answer.body.detail, /nobody knows whether it was carried out/);
	};

	test("a verb whose worker died is not done again", () => withDaemon(
		{ ...strict, errors: /worker\.died/ }, async (d) => {
			await connected(d, "a");
			const k = key();
			const ask = () => d.request("POST", "/v1/accounts/a/verbs/wreck", { kind: "abort" }, k);
			isUnknown(await ask());
			await until(async () => (await d.request("GET", "/readyz")).status === 200);
			isUnknown(await ask());
			assert.equal((await d.ok("GET", "/v1/workers/0/deaths")).deaths.length, 1);
		}));

	for (const point of ["engine.verb.before", "engine.verb.after"])
		test(`killed at ${point}: nobody knows, and the verb is not done again`, async () => {
			const d = new Daemon({ ...strict, mock: { ...fast, ...strict.mock } });
			const drops = () => new Judge(d.journals()).lines.filter((l) => l.verb === "end" && l.why === "drop").length;
			try {
				await d.start({ RELINK_KILL: point });
				await connected(d, "a");
				const k = key();
				const ask = () => d.request("POST", "/v1/accounts/a/verbs/drop", {}, k);
				assert.ok(await ask().catch((e) => e) instanceof Error);
				assert.equal((await d.exited).signal, "SIGKILL");
				await d.start();
				await until(async () => (await d.request("GET", "/readyz")).status === 200);
				const before = drops();
				isUnknown(await ask());
				assert.equal(drops(), before);
			} finally {
				await d.kill();
			}
		});

	test("a verb that was surely not done leaves its key free", () => withDaemon(
		{ ...strict, mock: { scan_ms: 0 } }, async (d) => {
			await make(d, { id: "a" });
			await until(async () => (await d.request("GET", "/readyz")).status === 200);
			const k = key();
			const scan = () => d.request("POST", "/v1/accounts/a/verbs/scan", undefined, k);
			for (let i = 0; i < 2; i++) {
				const early = await scan();
				assert.equal(early.status, 502);
				assert.match(early.body.detail, /no QR code is on show/);
			}
			await d.ok("POST", "/v1/accounts/a/connect");
			await d.reaches("a", "qr_scanning");
			assert.equal((await scan()).status, 200);
			assert.equal((await scan()).body.code, "answer_not_kept");
			await d.reaches("a", "connected");
		}));

	// The request reaches the daemon, which dies before its answer leaves.
	for (const point of ["api.command.submitted", "engine.submit", "store.group.applied", "store.group.committed",
		"engine.durable", "engine.acted", "engine.told", "api.reply.before", "api.reply.after"])
		test(`killed at ${point}: the repeated request has the effect of one`, async () => {
			const d = new Daemon({ ...strict, mock: { ...fast, ...strict.mock } });
			// asks, is killed at the point, and asks again
			const twice = async (ask) => {
				const killed = ask().catch((e) => e);
				const end = await d.exited;
				assert.equal(end.signal, "SIGKILL", d.log.slice(-1000));
				const got = await killed;
				assert.ok(got instanceof Error || point === "api.reply.after", "no answer came");
				await d.start();
				const answer = await ask();
				const durable = !["api.command.submitted", "engine.submit", "store.group.applied"].includes(point);
				assert.equal(replayed(answer), durable, "what was on disk is known again");
				return answer;
			};
			try {
				const k = key(), r = key();
				await d.start({ RELINK_KILL: point });
				const made = await twice(() => make(d, { connect: true }, k));
				assert.equal(made.status, 201);
				assert.equal((await d.accounts()).length, 1);
				const { id } = made.body;
				const up = await d.reaches(id, "connected");

				await d.stop();
				const from = d.log.length;
				await d.start({ RELINK_KILL: point });
				await d.logs(/instance\.reachable/, { from });
				const again = await twice(() => d.request("POST", `/v1/accounts/${id}/reconnect`, undefined, r));
				assert.equal(again.status, 202);
				await until(async () => (await d.account(id)).generation > up.generation);
				const end = await d.reaches(id, "connected");
				assert.equal(end.generation, up.generation + 1);
				assert.equal(lives(d, id), 2);
				assert.deepEqual(new Judge(d.journals()).repeatedCreates(), []);
				assert.equal((await d.stop()).code, 0);
			} finally {
				await d.kill();
			}
		});
});
