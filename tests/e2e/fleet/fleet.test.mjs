// Ten thousand mock accounts on four workers: a bounded ramp, one worker killed, memory, idle CPU, a
// restart of the core.  Prints figures; asserts what must hold whatever the machine.
//
// RELINK_ACCOUNTS chooses another size.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { Daemon, pooled, until } from "../lib/daemon.mjs";
import { Judge } from "../lib/judge.mjs";

const n = Number(process.env.RELINK_ACCOUNTS ?? 10000);
const perSecond = 1000, burst = 50, concurrent = 200;

const rss = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) * 1024;
// user and system time of a process so far, in ms (clock ticks are 10 ms)
const cpu = (pid) => {
	const f = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
	return (Number(f[11]) + Number(f[12])) * 10;
};

const statuses = (accounts) => accounts.reduce((c, a) => ({ ...c, [a.status]: (c[a.status] ?? 0) + 1 }), {});

test(`${n} accounts on 4 workers`, { timeout: 300000 }, async (t) => {
	const d = new Daemon({
		instances: 4, workers: 4, instance: { concurrent_starts: concurrent }, log: { level: "warn" },
		rate: { starts_per_minute: perSecond * 60, start_burst: burst },
		mock: { create_ms: "5ms", qr_ms: "10ms", scan_ms: "10ms", auth_ms: "10ms", resume_ms: "20ms" },
		// the proportions of an installation: lists every 15 s, two of them settle an absence
		policy: { settle: "30s", list_interval: "15s", operation_deadline: "30s", stable_after: "5m" },
	});
	await d.start();
	const empty = rss(d.child.pid);
	const ids = Array.from({ length: n }, (_, i) => `a${i}`);

	const began = Date.now();
	await pooled(ids, 32, (id) => d.ok("POST", "/v1/accounts", { provider: "mock", id, connect: true }));
	const made = Date.now();
	let accounts;
	await until(async () => (accounts = await d.accounts()).every((a) => a.status === "connected"),
		{ seconds: 120, every: 200, explain: () => JSON.stringify(statuses(accounts)) });
	const ramp = Date.now();
	t.diagnostic(`made in ${(made - began) / 1000} s (${Math.round(n / (made - began) * 1000)}/s), all connected after ${(ramp - began) / 1000} s`);

	await t.test("the ramp is bounded", () => {
		// permits are exact (tests/sim); here they arrive over four busy processes, so a quarter more
		const starts = new Judge(d.journals()).lives.map((l) => l.asked).sort((a, b) => a - b);
		assert.equal(starts.length, n);
		for (let i = 0, k = 0; i < starts.length; i++) {
			while (starts[i] - starts[k] >= 1000) k++;
			assert.ok(i - k + 1 <= perSecond * 1.25 + burst, `${i - k + 1} starts in a second`);
		}
	});

	await t.test("memory", () => {
		const each = (rss(d.child.pid) - empty) / n;
		t.diagnostic(`core: ${(empty / 1048576).toFixed(1)} MiB empty, ${(rss(d.child.pid) / 1048576).toFixed(1)} MiB with ${n}: ${Math.round(each)} B an account`);
		assert.ok(each < 4096, `${each} B an account`);
	});

	await t.test("idle", async () => {
		const lists = () => new Judge(d.journals()).lists, first = lists();
		const before = cpu(d.child.pid), from = Date.now();
		await until(() => lists() >= first + 4, { seconds: 60, every: 1000 }); // one at each instance
		const share = (cpu(d.child.pid) - before) / (Date.now() - from) * 100;
		t.diagnostic(`core, idle over one list interval: ${share.toFixed(2)} % of a core`);
		assert.ok(share < 20, `${share} %`);
	});

	await t.test("one worker killed: only its accounts are touched, and none is started again", async () => {
		const { workers } = await d.ok("GET", "/v1/workers");
		const before = new Map((await d.accounts()).map((a) => [a.id, a]));
		const lines = new Judge(d.journals()).lives.length;
		const at = Date.now();
		process.kill(workers[1].pid, "SIGKILL");
		const own = new Set(workers[1].instances.split?.(",") ?? workers[1].instances);
		let others = 0;
		await until(async () => {
			const now = await d.accounts();
			others += now.filter((a) => a.checking && !own.has(a.instance)).length;
			const w = (await d.ok("GET", "/v1/workers")).workers[1];
			return w.state === "ready" && w.pid !== workers[1].pid && now.every((a) => !a.checking);
		}, { every: 20 });
		t.diagnostic(`worker killed, its ${n / 4} accounts adopted again after ${Date.now() - at} ms`);
		assert.equal(others, 0, "no account of another worker was in doubt");
		for (const a of await d.accounts()) {
			assert.equal(a.status, "connected");
			assert.equal(a.since, before.get(a.id).since, `${a.id} was left alone`);
		}
		assert.equal(new Judge(d.journals()).lives.length, lines);
	});

	await t.test("core killed and started: no create, all adopted", async () => {
		const lines = new Judge(d.journals()).lines.filter((l) => l.verb === "create").length;
		await d.kill();
		const at = Date.now();
		await d.start();
		const listening = Date.now();
		let now;
		await until(async () => (now = await d.accounts()).every((a) => a.status === "connected" && !a.checking),
			{ seconds: 60, every: 50, explain: () => JSON.stringify(statuses(now)) });
		t.diagnostic(`restart with ${n} live accounts: listening after ${listening - at} ms, all adopted after ${Date.now() - at} ms`);
		t.diagnostic(`core after the restart: ${(rss(d.child.pid) / 1048576).toFixed(1)} MiB, ${Math.round((rss(d.child.pid) - empty) / n)} B an account`);
		assert.equal(new Judge(d.journals()).lines.filter((l) => l.verb === "create").length, lines, "creates");
	});
	assert.equal((await d.stop()).code, 0);
});
