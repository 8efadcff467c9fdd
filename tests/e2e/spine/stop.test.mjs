// The end of a daemon in good order: soon, whatever is under way, and nobody's session ends with it.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Daemon, fast, until } from "../lib/daemon.mjs";
import { Stream } from "../lib/events.mjs";
import { Judge } from "../lib/judge.mjs";

const deadline = 5000; // worker.stop_timeout

async function withoutEnd(options, story) {
	const d = new Daemon({ worker: { stop_timeout: `${deadline}ms` }, ...options,
		mock: { ...fast, scan_ms: "5ms", ...options.mock } });
	try {
		await d.start();
		await story(d);
	} finally {
		await d.kill();
	}
}

const make = (d, id, members) => d.ok("POST", "/v1/accounts", { provider: "mock", id, connect: true, ...members });

// The signals one after the other; resolves with its end and how long that took.
async function ends(d, ...signals) {
	const from = performance.now();
	const end = await d.stop(...signals);
	return { ...end, ms: performance.now() - from };
}

const ids = (prefix, n) => Array.from({ length: n }, (_, i) => `${prefix}${i}`);

describe("a daemon that is told to stop", { concurrency: 3 }, () => {
	test("answers what is under way, ends in time, and the next one goes on where it was", () => withoutEnd(
		{ instances: 2, workers: 2, policy: { operation_deadline: "1m" }, instance: { starts_at_first: 100 } }, async (d) => {
			const up = ids("up", 10), starting = ids("starting", 10), waiting = ids("waiting", 5);
			for (const id of up) await make(d, id);
			const before = new Map();
			for (const id of up) before.set(id, await d.reaches(id, "connected"));
			// their creates are answered long after the daemon has ended
			const slow = { mock: { create_ms: 60000, qr_ms: 60000 } };
			for (const id of starting) await make(d, id, { metadata: slow });
			await until(() => new Judge(d.journals()).lives.length === up.length + starting.length);

			const stream = new Stream(d);
			await stream.open();
			await d.verb("up0", "behave", { health: { never_answer: 1 } });
			const ask = (...request) => d.request(...request).catch((e) => e);
			const asked = [ask("POST", "/v1/accounts/up0/check")];
			await until(() => new Judge(d.journals()).lines.some((l) => l.verb === "health"));
			for (const id of starting)
				asked.push(ask("POST", `/v1/accounts/${id}/connect`, undefined, { Prefer: "wait=60" }));
			asked.push(ask("GET", "/v1/accounts/starting0/qr", undefined, { Prefer: "wait=60" }));
			await d.ok("GET", "/healthz"); // came after all of them
			// these come with the signal: carried out, refused, or nobody is there any more
			const wishes = waiting.map((id) => ask("POST", "/v1/accounts", { provider: "mock", id, connect: true }));

			const end = await ends(d, "SIGTERM");
			assert.deepEqual([end.code, end.signal], [0, null], d.log);
			assert.ok(end.ms < deadline, `${end.ms} ms`);
			await stream.ended;
			const [check, ...waited] = await Promise.all(asked), qr = waited.pop();
			assert.deepEqual([check.status, check.body?.code], [503, "stopping"], `nobody waits for the provider: ${check}`);
			assert.match(check.body.detail, /ask again/);
			for (const a of waited)
				assert.ok(a.body?.account?.status === "connecting" || a.body?.code === "stopping", `${a} ${JSON.stringify(a.body)}`);
			assert.deepEqual([qr.status, qr.body?.code], [404, "no_qr"]);
			const accepted = [];
			for (const [i, wish] of wishes.entries()) {
				const a = await wish;
				if (a.status === 201) accepted.push(waiting[i]);
				else assert.ok(a.code === "ECONNREFUSED" || a.code === "ECONNRESET" || a.status === 503, a);
			}
			const left = new Judge(d.journals());
			for (const id of [...up, ...starting]) assert.equal(left.liveAt(id).length, 1, `${id} lives on at the provider`);
			assert.doesNotMatch(d.log, /^\S+ error /m);

			await d.start();
			for (const id of accepted) await d.reaches(id, "connected");
			await until(async () => (await d.accounts()).every((a) => !a.checking));
			for (const id of up) assert.deepEqual(await d.account(id), before.get(id));
			for (const id of starting) assert.equal((await d.account(id)).phase, "starting");
			const judge = new Judge(d.journals());
			for (const id of [...up, ...starting]) assert.equal(judge.livesOf(id).length, 1, `${id} was not started again`);
			assert.deepEqual(judge.repeatedCreates(), []);
			assert.equal((await ends(d, "SIGINT")).code, 0);
		}));

	test("does not wait for ever for a worker that hangs", () => withoutEnd(
		{ worker: { stop_timeout: "500ms" } }, async (d) => {
			await make(d, "a");
			const a = await d.reaches("a", "connected");
			process.kill((await d.ok("GET", "/v1/workers")).workers[0].pid, "SIGSTOP");
			const end = await ends(d, "SIGTERM");
			assert.equal(end.code, 0, d.log);
			assert.ok(end.ms > 400 && end.ms < deadline, `${end.ms} ms`);
			await d.start();
			assert.equal((await d.reaches("a", "connected")).session_id, a.session_id);
			assert.equal(new Judge(d.journals()).lives.length, 1);
		}));

	test("twice ends at once, and what it had accepted is on disk all the same", () => withoutEnd({}, async (d) => {
		await make(d, "a");
		await d.reaches("a", "connected");
		process.kill((await d.ok("GET", "/v1/workers")).workers[0].pid, "SIGSTOP");
		const made = await Promise.all(ids("b", 20).map((id) => make(d, id)));
		d.child.kill("SIGTERM");
		await d.logs(/app\.stopping/);
		const end = await ends(d, "SIGTERM");
		assert.deepEqual([end.code, end.signal], [0, null], d.log);
		assert.ok(end.ms < deadline / 2, `${end.ms} ms`);
		await d.start();
		for (const b of made) await d.reaches(b.id, "connected");
		const judge = new Judge(d.journals());
		assert.ok(judge.accounts().every((id) => judge.livesOf(id).length === 1));
	}));

	// A commit takes a tenth of a second here, so that the worker has ended before it is durable.
	test("waits for what is being written, and no longer", () => withoutEnd(
		{ log: { level: "debug" }, more: { store: { commit_window: "100ms" } } }, async (d) => {
			await make(d, "a");
			await d.reaches("a", "connected");
			await d.ok("POST", "/v1/accounts/a/disconnect");
			await d.logs(/account=a event=(closed|absent)/); // whoever is first: its answer, or a list
			const end = await ends(d, "SIGTERM");
			assert.deepEqual([end.code, end.signal], [0, null], d.log);
			assert.ok(end.ms < deadline, `${end.ms} ms`);
			await d.start();
			assert.equal((await d.account("a")).phase, "idle");
		}));

	test("before it has a worker stops, too", () => withoutEnd({}, async (d) => {
		assert.equal((await ends(d, "SIGTERM")).code, 0);
		await d.start();
		assert.equal((await ends(d, "SIGINT")).code, 0);
	}));
});
