// A plugin that goes wrong in every way that plugins/mock/wreck.c knows, and some that it cannot: the
// core lives, accounts at the other worker notice nothing, the obituary (or a counter) tells what
// happened, and the account that was hit is connected again.

import assert from "node:assert/strict";
import path from "node:path";
import { describe, test } from "node:test";
import { Daemon, fast, plugins, until, withDaemon } from "../lib/daemon.mjs";
import { Stream } from "../lib/events.mjs";
import { Judge } from "../lib/judge.mjs";

const testPlugins = path.resolve(plugins, "../tests/unit/worker/plugins");

// Slow enough for a machine that has much to do: a worker that is only late must not be taken for one
// that hangs.  What is waited for here is the end of those that do.
const patient = { ping_interval: "300ms", ping_misses: 8, hello_timeout: "10s" };
const silent = /^it did not answer its pings$/;
const breach = /^it broke the protocol of its link; see its last lines$/;

// What the mock does to its process, and what is known of it afterwards.  `signal` or `status`: it ends
// so; without them it goes on.  `said`: in the log; `few`: of these lines most were dropped.
const wrecks = [
	{ kind: "hang", signal: 6, because: silent, report: /died of signal 6\n[^]*mock\.so/ },
	{ kind: "spin", signal: 6, because: silent, report: /died of signal 6\n[^]*mock\.so/ },
	{ kind: "deaf", signal: 9, because: silent },
	{ kind: "freeze", signal: 9, because: silent },
	{ kind: "abort", signal: 6, report: /died of signal 6\n[^]*mock\.so/ },
	{ kind: "segv", signal: 11, report: /died of signal 11\n[^]*mock\.so/ },
	{ kind: "overflow", signal: 11, report: /died of signal 11/ },
	{ kind: "kill", signal: 9, blamed: 0 }, // as the kernel does it, or a person
	{ kind: "exit", status: 0 },
	{ kind: "fork_exit", status: 0 },
	{ kind: "link_close", signal: 9, because: /^it closed its link and ran on$/ },
	{ kind: "link_garbage", signal: 9, because: breach, lines: /frame|message/ },
	{ kind: "link_claim", signal: 9, because: breach, lines: /frame|message/ },
	{ kind: "leak", n: 32 },
	{ kind: "fd_leak" },
	{ kind: "fork" },
	{ kind: "output", n: 1, few: /worker\.says/g },
	{ kind: "output_close" },
	{ kind: "log_flood", few: /flood, \d+ to come/g },
	{ kind: "event_flood" },
	{ kind: "event_huge", said: /an event without a session id, with a QR text over/ },
	{ kind: "event_wrong", said: /an event without a session id, with a QR text over/ },
];

// Two workers with an account each: `hit` at the first, `well` at the second.
async function pair(d, metadata) {
	for (const id of ["hit", "well"])
		await d.ok("POST", "/v1/accounts", { provider: "mock", id, connect: true, metadata: id === "hit" ? metadata : {} });
	const well = await d.reaches("well", "connected");
	assert.equal(well.instance, "mock-2");
	return well;
}
const history = async (d, id) =>
	(await d.ok("GET", `/v1/accounts/${id}/timeline?limit=1000`)).entries.filter((e) => e.type === "account.status");
const blamed = async (d, id) => (await d.ok("GET", `/v1/accounts/${id}/timeline?limit=1000`)).entries
	.filter((e) => e.type === "account.blamed").map((e) => e.text);
const worker = async (d, slot) => (await d.ok("GET", "/v1/workers")).workers[slot];
const deaths = async (d, slot) => (await d.ok("GET", `/v1/workers/${slot}/deaths`)).deaths;

async function untouched(d, before) {
	const now = await d.account("well");
	for (const key of ["status", "session_id", "generation", "since", "phase"]) assert.equal(now[key], before.account[key], key);
	assert.equal((await history(d, "well")).length, before.history.length);
	const w = await worker(d, 1);
	assert.deepEqual([w.pid, w.deaths, w.state], [before.worker.pid, 0, "ready"]);
	assert.equal((await d.request("GET", "/healthz")).status, 200);
}

const story = (errors, metadata, tell, { restarts } = {}) => withDaemon(
	{ mock: { scan_ms: "5ms" }, instances: 2, workers: 2, worker: patient, errors }, async (d) => {
		const account = await pair(d, metadata);
		const written = await until(async () => {
			const all = await history(d, "well"); // what is shown may be ahead of what is on disk
			return all[0]?.status === "connected" && all;
		});
		const before = { account, history: written, worker: await worker(d, 1) };
		await tell(d);
		if (!restarts) await untouched(d, before);
		else assert.equal((await d.reaches("well", "connected")).session_id, account.session_id);
	});

const connectedAgain = (d) => until(async () => {
	const a = await d.account("hit");
	return a.status === "connected" && !a.checking && a;
}, { explain: async () => JSON.stringify(await d.account("hit")) });

describe("a plugin that is hit by", { concurrency: 3 }, () => {
	for (const w of wrecks.filter((w) => w.signal !== undefined || w.status !== undefined))
		test(`${w.kind} costs its worker, which is replaced, and its obituary says why`, () =>
			story(/worker\.(died|stalled)/, {}, async (d) => {
				const up = await d.reaches("hit", "connected"), { pid } = await worker(d, 0);
				const answer = await d.request("POST", "/v1/accounts/hit/verbs/wreck", { kind: w.kind });
				assert.deepEqual([answer.status, answer.body.code], [504, "outcome_unknown"], JSON.stringify(answer.body));
				const [death] = await until(async () => {
					const all = await deaths(d, 0);
					return all.length > 0 && all;
				});
				assert.deepEqual([death.pid, death.kind, death.was_ready, death.accounts], [pid, "died", true, 1]);
				assert.equal(death.signal, w.signal ?? null, death.how);
				assert.equal(death.exit_status, w.status ?? null, death.how);
				if (w.because) assert.match(death.ended_because, w.because);
				else assert.equal(death.ended_because, null);
				assert.match(death.report, w.report ?? /^$/);
				assert.match(death.last_lines, w.lines ?? /^/);
				assert.ok(death.ops.some((op) => op.kind === "verb" && op.account === "hit"), JSON.stringify(death.ops));
				assert.equal((await blamed(d, "hit")).length, w.blamed ?? 1);
				const next = await until(async () => {
					const now = await worker(d, 0);
					return now.state === "ready" && now.pid !== pid && now;
				});
				assert.deepEqual([next.deaths, next.last_death], [1, death.how]);
				const again = await connectedAgain(d);
				assert.equal(again.session_id, up.session_id, "its session went on at the provider");
			}));

	for (const w of wrecks.filter((w) => w.signal === undefined && w.status === undefined))
		test(`${w.kind} goes on, and nobody minds`, () => story(undefined, {}, async (d) => {
			const up = await d.reaches("hit", "connected"), before = await worker(d, 0);
			assert.deepEqual(await d.verb("hit", "wreck", { kind: w.kind, n: w.n }), { result: { wrecked: w.kind } });
			if (w.said) await d.logs(w.said);
			if (w.few) assert.ok(d.log.match(w.few).length < 1000);
			// Asked after it and answered after it, by the same process.
			assert.equal((await d.verb("hit", "state")).result.account, "hit");
			const after = await worker(d, 0);
			assert.deepEqual([after.pid, after.deaths], [before.pid, 0]);
			assert.deepEqual(await deaths(d, 0), []);
			const again = await connectedAgain(d);
			assert.deepEqual([again.session_id, again.generation], [up.session_id, up.generation]);
		}));
});

describe("a plugin that answers", { concurrency: 3 }, () => {
	const answers = [
		{ kind: "twice", status: 200, said: /an answer for operation \d+, which was answered before or never was/ },
		{ kind: "stranger", status: 200, said: /an answer for operation \d{7,}, which was answered before or never was/ },
		{ kind: "late", status: 502, said: /answered health only after its \d+ ms were over/ },
		{ kind: "huge", status: 200 },
	];
	for (const { kind, status, said } of answers)
		test(`${kind} changes nothing but a counter`, () => story(undefined, {}, async (d) => {
			const up = await d.reaches("hit", "connected"), before = await worker(d, 0);
			await d.verb("hit", "behave", { health: { wreck: kind, wreck_times: 1 } });
			const answer = await d.request("POST", "/v1/accounts/hit/check");
			assert.equal(answer.status, status, JSON.stringify(answer.body));
			if (status === 200) assert.equal(answer.body.state, "connected");
			if (said) await d.logs(said);
			assert.equal((await d.ok("POST", "/v1/accounts/hit/check")).state, "connected");
			assert.equal((await worker(d, 0)).pid, before.pid);
			assert.equal((await connectedAgain(d)).session_id, up.session_id);
		}));

	test("that a session was made, and it was not, is not believed: the next one is looked at", () =>
		story(undefined, { mock: { create: { lie: 1 } } }, async (d) => {
			const a = await d.reaches("hit", "connected");
			assert.equal(a.generation, 2);
			assert.deepEqual(await deaths(d, 0), []);
		}));

	test("to a create only when nobody waits any more is known by its session", () =>
		story(undefined, { mock: { create: { wreck: "late", wreck_times: 1 } } }, async (d) => {
			const a = await d.reaches("hit", "connected");
			assert.equal(a.generation, 1);
		}));

	test("never, because it dies of the create, twice, has its account connected by the third", () =>
		story(/worker\.died/, { mock: { create: { wreck: "segv", wreck_times: 2 } } }, async (d) => {
			await d.reaches("hit", "connected");
			const all = await deaths(d, 0);
			assert.equal(all.length, 2);
			for (const death of all) {
				assert.equal(death.signal, 11);
				assert.deepEqual(death.ops.filter((op) => op.kind === "create"), [{ kind: "create", account: "hit" }]);
			}
		}));
});

describe("an account that workers die of", { concurrency: 3 }, () => {
	const poison = (wreck) => ({ mock: { create: { wreck } } });

	test("costs the others two deaths, then works alone, and is given up at the third", () => story(
		/worker\.(died|cooling)/, poison("segv"), async (d) => {
			const held = await d.reaches("hit", "failed");
			assert.deepEqual([held.phase, held.reason.cause, held.user_action], ["held", "poison", "check_provider"]);
			assert.match(held.reason.text, /3 worker processes died .* slot 2 .*relinkctl worker deaths 2/);
			assert.equal((await deaths(d, 0)).length, 2);
			const alone = await deaths(d, 2);
			assert.equal(alone.length, 1);
			assert.deepEqual(alone[0].ops, [{ kind: "create", account: "hit" }]);
			const q = await worker(d, 2);
			assert.deepEqual([q.slot, q.quarantine, q.provider], [2, true, "mock"]);
			const texts = await blamed(d, "hit");
			assert.equal(texts.length, 3);
			assert.match(texts[0], /worker 2 died .*given up until a person acts/);
			assert.match(texts[1], /worker 0 died .*works alone from now on/);

			// It stays so over a restart of the daemon, and nobody touches it.
			await d.kill();
			await d.start();
			assert.equal((await d.account("hit")).status, "failed");
			await until(async () => (await worker(d, 0)).state === "ready" && (await worker(d, 1)).state === "ready");
			assert.equal((await d.ok("GET", "/v1/workers")).workers.length, 2);
			// A person corrected the cause and asks for it: once more, alone.
			await d.ok("PATCH", "/v1/accounts/hit", { metadata: {} });
			await d.ok("POST", "/v1/accounts/hit/connect");
			await d.reaches("hit", "connected");
			assert.equal((await worker(d, 2)).state, "ready", "in quarantine");
			assert.equal((await deaths(d, 0)).length, 2);
			// It sends from there, and what it sent is told from there.
			const { message } = await d.ok("POST", "/v1/accounts/hit/messages", { to: "4915112345678", text: "well again" });
			await until(async () => (await d.ok("GET", "/v1/accounts/hit/timeline")).entries
				.some((e) => e.type === "message.sent" && e.data.id === message.id));
		}, { restarts: true }));

	test("costs the others no more when it is deleted: what it left behind is ended in quarantine, and nobody hears of it",
		() => story(/worker\.(died|cooling)/, { mock: { disconnect: { lie: 1, wreck: "segv", wreck_times: 4 } } }, async (d) => {
			await d.reaches("hit", "connected");
			const stream = new Stream(d);
			await stream.open();
			await d.ok("DELETE", "/v1/accounts/hit");
			await until(() => new Judge(d.journals()).liveAt("hit").length === 0,
				{ explain: async () => JSON.stringify([await deaths(d, 0), await deaths(d, 2)]) });
			const ops = async (slot) => (await deaths(d, slot)).map((death) => death.ops);
			const its = [{ kind: "disconnect", account: "hit" }];
			assert.deepEqual([await ops(0), await ops(2)], [[its, its], [its, its]]);
			// Its id is free for another one, which hears nothing of this.
			await d.ok("POST", "/v1/accounts", { provider: "mock", id: "hit", connect: true });
			await d.reaches("hit", "connected");
			await until(() => stream.events.some((e) => e.data.account === "hit" && e.data.status === "connected"),
				{ explain: () => JSON.stringify(stream.events) });
			stream.close();
			const types = stream.events.map((e) => e.type);
			assert.ok(types.includes("account.deleted"));
			assert.ok(!types.includes("account.blamed"), types.join());
		}, { restarts: true }));

	test("is no suspect when somebody kills it", () => story(/worker\.died/, poison("kill"), async (d) => {
		await until(async () => (await deaths(d, 0)).length >= 4);
		assert.deepEqual(await blamed(d, "hit"), []);
		assert.notEqual((await d.account("hit")).status, "failed");
	}));
});

// Those that cannot even be loaded.
const atLoad = [
	{ plugin: "bad_hang", state: /cooling|spawned|killed/, signal: 15, because: /^it did not say hello in time$/ },
	{ plugin: "bad_abort", state: /cooling|spawned|killed/, signal: 6, report: /died of signal 6/ },
	{ plugin: "bad_exit", state: /cooling|spawned|killed/, status: 0 },
	{ plugin: "bad_symbol", state: /held/, status: 78, report: /undefined symbol: nobody_has_this_function/ },
	{ plugin: "bad_nothing", state: /held/, status: 78, report: /has no symbol relink_plugin/ },
	{ plugin: "bad_major", state: /held/, status: 78, report: /built for plugin ABI 2\.0 and this is 1\.0/ },
	{ plugin: "bad_size", state: /held/, status: 78, report: /says that it has 100000 bytes/ },
];

describe("a plugin that goes wrong when it is loaded", { concurrency: 3 }, () => {
	for (const p of atLoad)
		test(`${p.plugin} costs its provider, and the others are served`, async () => {
			const hello = p.plugin === "bad_hang" ? "700ms" : "10s";
			const d = new Daemon({ mock: { ...fast, scan_ms: "5ms" }, worker: { ...patient, hello_timeout: hello, cool_down: "1m", restart_base: "5s", restart_cap: "1m" } });
			d.config.providers.other = { plugin: path.join(testPlugins, `${p.plugin}.so`), instances: [{ id: "other-1" }] };
			// One that must say hello in so short a time is only started when nothing else is.
			d.writeConfig();
			await d.start();
			try {
				await d.ok("POST", "/v1/accounts", { provider: "mock", id: "well", connect: true });
				const [death] = await until(async () => {
					const all = await deaths(d, 1);
					return all.length > 0 && all;
				});
				assert.equal(death.signal, p.signal ?? null, death.how);
				assert.equal(death.exit_status, p.status ?? null, death.how);
				assert.match(death.ended_because ?? "", p.because ?? /^$/);
				assert.match(death.report, p.report ?? /^$/);
				assert.deepEqual([death.kind, death.was_ready, death.plugin], ["died", false, null]);
				assert.match((await worker(d, 1)).state, p.state);
				await d.reaches("well", "connected");
				const ready = await d.request("GET", "/readyz");
				assert.equal(ready.status, 503);
				assert.match(ready.body.detail, /worker 1 of provider "other"/);
				assert.equal((await d.stop()).code, 0);
			} finally {
				await d.kill();
			}
		});
});
