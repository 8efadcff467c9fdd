// A service that misbehaves, in every way of table.mjs, under the real relinkd, worker and plugin: what the
// API shows meanwhile, that the account is connected again afterwards, and that no session was made twice.
//
// One daemon and one worker serve all rows at once, each with an instance of its own: so the table also
// shows that one bad instance does not stop the others.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test, { after, before, describe } from "node:test";
import { Daemon, until, withLog } from "../../lib/daemon.mjs";
import { Fake, KEY } from "./fake.mjs";
import { rows } from "./table.mjs";

const RSS_MAX_KIB = Number(process.env.RELINK_RSS_MAX_KIB ?? 160 << 10); // for a worker that was poured over
const only = process.env.RELINK_ROW && new RegExp(process.env.RELINK_ROW);
const chosen = rows.filter(({ name }) => !only || only.test(name));

const fits = (account, { status, cause, user_action, text, generation }) =>
	(status === undefined || account.status === status) && (cause === undefined || account.reason.cause === cause)
	&& (user_action === undefined || account.user_action === user_action) && (text === undefined || text.test(account.reason.text))
	&& (generation === undefined || account.generation === generation);

// One row: spoilt, seen, cured, connected again.
async function play(d, fake, id, { when, spoil, sees, heals, act, ends, anew }) {
	const look = () => d.account(id);
	const wait = (what, check) => until(async () => {
		const account = await look();
		return check(account) && account;
	}, { seconds: 60, every: 50, explain: async () => `${what}: ${JSON.stringify(await look())} ${JSON.stringify(fake.spoiled)} ${JSON.stringify(fake.counts)}` });
	const lists = (n, from = fake.counts.list ?? 0) => until(() => (fake.counts.list ?? 0) >= from + n, { seconds: 60, every: 50, explain: () => "no lists" });

	fake.scanMs = when === "qr" ? undefined : 20;
	if (when === "start") spoil(fake);
	await d.ok("POST", `/v1/accounts/${id}/connect`);
	if (when === "qr") {
		await wait("a code", (a) => a.status === "qr_scanning");
		spoil(fake);
		await lists(3);
	}
	if (when === "up") {
		await wait("connected", (a) => a.status === "connected" && !a.checking);
		spoil(fake, (await look()).session_id);
	}
	const first = await look();
	await act?.(d, id);
	if (sees === "same") {
		await lists(6);
		const now = await look();
		const told = (await d.ok("GET", `/v1/accounts/${id}/timeline?limit=20`)).entries.map((e) => `${e.time} ${e.type} ${e.says}`);
		assert.deepEqual([now.status, now.generation, now.session_id, now.reason.cause, now.user_action],
			[first.status, first.generation, first.session_id, "none", "none"], `${fake.counts.list} lists\n${told.join("\n")}`);
		assert.equal(fake.living(id).length, 1);
	} else {
		await wait(`to show ${JSON.stringify(sees)}`, (a) => fits(a, sees) && (!sees.newer || a.generation > first.generation));
		if (sees.ask) await until(() => fake.spoiled[sees.ask] >= sees.times, { seconds: 60, explain: () => JSON.stringify(fake.counts) });
		if (sees.live !== undefined) assert.equal(fake.living(id).length, sees.live);
	}
	fake.cure();
	fake.scanMs = 20;
	if (ends) {
		await wait("disconnected", (a) => a.status === "disconnected");
		await until(() => fake.living(id).length === 0, { seconds: 60, explain: () => "it lives on" });
	}
	if (heals === "person") await d.ok("POST", `/v1/accounts/${id}/reconnect`);
	if (when === "qr") {
		const code = await until(async () => {
			const answer = await d.request("GET", `/v1/accounts/${id}/qr`);
			return answer.status === 200 && answer.body.code;
		}, { seconds: 60, explain: async () => JSON.stringify(await look()) });
		const { session_id } = await look();
		assert.match(code, new RegExp(`^2@${session_id},`));
		fake.scan(session_id);
	}
	const end = await wait("connected again", (a) => a.status === "connected" && !a.checking && (!anew || a.generation > first.generation));
	await lists(3);
	assert.deepEqual([(await look()).status, (await look()).generation], ["connected", end.generation]);
	if (sees === "same") assert.equal(end.generation, first.generation);
	assert.deepEqual(fake.living(id).map((l) => l.generation), [end.generation], "what lives is what Relink means");
	assert.deepEqual(fake.faults, []);
	for (const [text, n] of fake.sent) assert.equal(n, 1, `"${text}" was sent ${n} times`);
}

describe("a hostile service", { concurrency: true, timeout: 300000 }, () => {
	const fakes = [], played = [];
	let d, ready, worker;
	before(async () => {
		for (const _ of chosen) fakes.push(await Fake.start());
		d = new Daemon({
			policy: { settle: "800ms", list_interval: "700ms", operation_deadline: "3s", start_deadline: "8s", qr_deadline: "2m", stable_after: "1s", backoff_cap: "400ms" },
			more: { providers: { webjs: { workers: 1, starts_per_minute: 60000, start_burst: 1000, instances: fakes.map((fake, i) => ({
				id: `webjs-${i}`, config: { url: fake.url, api_key: KEY, timeout: "1500ms", connect_timeout: "1500ms", poll_interval: "200ms" } })) } } },
		});
		await d.start();
		await until(async () => (await d.request("GET", "/readyz")).status === 200);
		for (const i of chosen.keys()) await d.ok("POST", "/v1/accounts", { provider: "webjs", id: `row${i}` });
		[worker] = (await d.ok("GET", "/v1/workers")).workers;
		const by = new Map((await d.accounts()).map((a) => [a.id, a.instance]));
		assert.equal(new Set(by.values()).size, chosen.length, "an account on each instance");
		ready = (id) => fakes[Number(by.get(id).split("-")[1])];
	});
	after(async () => {
		await d?.kill();
		fakes.forEach((fake) => fake.stop());
	});

	chosen.forEach((row, i) => {
		let done;
		played.push(new Promise((resolve) => (done = resolve)));
		test(row.name, async () => {
			try {
				await play(d, ready(`row${i}`), `row${i}`, row);
			} catch (e) {
				throw process.env.RELINK_ROW ? withLog(e, d) : e;
			} finally {
				done();
			}
		});
	});

	test("after all of it: one worker, no death, bounded memory, no session made twice, no key in the log", async (t) => {
		await Promise.all(played);
		const [now] = (await d.ok("GET", "/v1/workers")).workers;
		assert.deepEqual([now.pid, now.deaths], [worker.pid, 0]);
		const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${now.pid}/status`, "utf8"))[1]);
		const made = fakes.reduce((n, fake) => n + fake.creates.size, 0);
		const lives = fakes.reduce((n, fake) => n + fake.lives.length, 0);
		const poured = fakes.reduce((n, fake) => n + fake.bytes, 0);
		t.diagnostic(`${chosen.length} behaviours, ${made} creates, ${lives} lives, the worker's peak ${peak >> 10} MiB, ${poured >> 20} MiB poured`);
		assert.ok(peak < RSS_MAX_KIB, `the worker took ${peak} KiB`);
		assert.deepEqual(fakes.flatMap((fake) => fake.faults), []);
		assert.ok([...fakes].every((fake) => [...fake.creates.values()].every((n) => n === 1)));
		assert.ok(!d.log.includes(KEY));
		assert.equal((await d.stop()).code, 0);
	});
});
