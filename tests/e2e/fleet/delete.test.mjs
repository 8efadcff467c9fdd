// Three thousand accounts are deleted at once: the daemon goes on answering, and forgets them all.

import assert from "node:assert/strict";
import test from "node:test";
import { Daemon, pooled, until } from "../lib/daemon.mjs";
import { Judge } from "../lib/judge.mjs";

const n = Number(process.env.RELINK_ACCOUNTS ?? 3000);

test(`${n} accounts are deleted`, { timeout: 180000 }, async (t) => {
	const d = new Daemon({
		instance: { concurrent_starts: 500 }, log: { level: "warn" },
		rate: { starts_per_minute: 120000, start_burst: 500 },
		mock: { create_ms: "5ms", qr_ms: "10ms", scan_ms: "10ms", auth_ms: "10ms", resume_ms: "20ms" },
		// all of them are proven gone by the same list
		policy: { settle: "4s", list_interval: "2s", operation_deadline: "30s", stable_after: "5m" },
	});
	await d.start();
	const ids = Array.from({ length: n }, (_, i) => `a${i}`);
	const used = async () => (await d.ok("GET", "/v1/workers")).workers[0].accounts;
	await pooled(ids, 32, (id) => d.ok("POST", "/v1/accounts", { provider: "mock", id, connect: true }));
	await until(async () => (await d.accounts()).every((a) => a.status === "connected"), { seconds: 60, every: 200 });

	await pooled(ids, 32, (id) => d.ok("DELETE", `/v1/accounts/${id}`));
	let slowest = 0;
	await until(async () => {
		const asked = Date.now();
		const left = await used();
		slowest = Math.max(slowest, Date.now() - asked);
		return left === 0;
	}, { seconds: 90, every: 50 });
	t.diagnostic(`the slowest answer meanwhile took ${slowest} ms`);
	assert.equal(new Judge(d.journals()).lives.filter((l) => l.end === undefined).length, 0);
	assert.equal((await d.request("POST", "/v1/accounts", { provider: "mock", id: "a0" })).status, 201);
	await d.kill();
	await d.start();
	assert.deepEqual((await d.accounts()).map((a) => a.id), ["a0"]);
	assert.equal(await used(), 1, "nothing of them is left in the database");
	assert.equal((await d.stop()).code, 0);
});
