// memory.mjs - resident memory of the core for each account, beyond its base.
//
//   RELINK_BIN=build/release/bin node tests/e2e/fleet/memory.mjs [FEWER MORE]
//
// Two fleets of connected mock accounts, each after a restart of the core; the difference of the two
// divided by the difference of their sizes.  What does not grow with accounts (caches, rings, the
// program itself) cancels out.

import { readFileSync } from "node:fs";
import { Daemon, until } from "../lib/daemon.mjs";

const [fewer, more] = process.argv.length > 3 ? process.argv.slice(2).map(Number) : [10000, 50000];

async function resident(n) {
	const d = new Daemon({
		instances: 4, workers: 4, log: { level: "warn" },
		mock: { create_ms: "1ms", qr_ms: "1ms", scan_ms: "1ms", auth_ms: "1ms" },
		policy: { settle: "30s", list_interval: "15s", operation_deadline: "30s", stable_after: "5m" },
	});
	await d.start();
	let next = 0;
	await Promise.all(Array.from({ length: 32 }, async () => {
		while (next < n) await d.ok("POST", "/v1/accounts", { provider: "mock", id: `a${next++}`, connect: true });
	}));
	const adopted = async () => (await d.accounts()).every((a) => a.status === "connected" && !a.checking);
	await until(adopted, { seconds: 300, every: 500 });
	await d.stop();
	await d.start();
	await until(async () => /instance\.unreachable/.test(d.log) === false && (await d.ok("GET", "/v1/accounts?limit=1")).accounts[0].checking === false,
		{ seconds: 60, every: 100 });
	const bytes = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${d.child.pid}/status`, "utf8"))[1]) * 1024;
	await d.stop();
	console.log(`${n} accounts: ${(bytes / 1048576).toFixed(1)} MiB resident`);
	return bytes;
}

const small = await resident(fewer), large = await resident(more);
const each = (large - small) / (more - fewer);
console.log(`${Math.round(each)} B an account beyond a base of ${((small - each * fewer) / 1048576).toFixed(1)} MiB`);
