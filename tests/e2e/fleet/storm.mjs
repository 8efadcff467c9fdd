// storm.mjs - all instances forget all sessions at once: how do thousands of accounts come back?
//
//	RELINK_BIN=build/release/bin node tests/e2e/fleet/storm.mjs [--accounts 5000] [--instances 5] [--rate 3000]
//
// Real processes on a persistent mock with the policy as it is delivered, but for --rate, starts a minute.
// Prints one JSON object: how many were connected again after so many seconds, by the mock's own journals
// (`connected`, from 0 s on), and what it cost.  tools/relink-sim runs the same storm in virtual time
// (scenarios/storm-5000.yaml); its README has both curves side by side.

import { parseArgs } from "node:util";
import { Daemon, pooled, until } from "../lib/daemon.mjs";
import { Judge } from "../lib/judge.mjs";

const { values } = parseArgs({ options: {
	accounts: { type: "string", default: "5000" }, instances: { type: "string", default: "5" },
	rate: { type: "string", default: "3000" },
} });
const n = Number(values.accounts), instances = Number(values.instances), rate = Number(values.rate);

const d = new Daemon({
	instances, workers: instances, log: { level: "warn" },
	instance: { capacity: Math.ceil(n / instances * 1.2), concurrent_starts: 20 },
	rate: { starts_per_minute: rate, start_burst: 20 },
	mock: { create_ms: "20ms", qr_ms: "50ms", scan_ms: "50ms", auth_ms: "50ms", resume_ms: "1500ms", jitter: 66 },
});
d.config.policy = {}; // as it is delivered
delete d.config.worker;
d.writeConfig();

const lives = () => new Judge(d.journals()).lives;
const connected = async () => (await d.accounts()).every((a) => a.status === "connected");
try {
	await d.start();
	const ids = Array.from({ length: n }, (_, i) => `a${i}`);
	await pooled(ids, 32, (id) => d.ok("POST", "/v1/accounts", { provider: "mock", id, connect: true }));
	await until(connected, { seconds: 900, every: 1000 });

	const accounts = await d.accounts();
	const one = d.names.map((name) => accounts.find((a) => a.instance === name).id);
	const before = lives().length, began = Date.now();
	await Promise.all(one.map((id) => d.ok("POST", `/v1/accounts/${id}/verbs/reboot`, {})));
	await until(async () => lives().length >= before + n && connected(), { seconds: 1800, every: 1000 });

	const back = lives().slice().filter((l) => l.asked >= began);
	const up = new Map();
	for (const l of back)
		if (l.up) up.set(l.account, Math.min(up.get(l.account) ?? Infinity, l.up - began));
	const times = [...up.values()].sort((a, b) => a - b), curve = [];
	for (let s = 0; ; s++) {
		curve.push(times.filter((t) => t <= s * 1000).length);
		if (curve.at(-1) === times.length) break;
	}
	console.log(JSON.stringify({
		accounts: n, instances, starts_per_minute: rate, starts: back.length, wasted: back.length - n,
		scans: back.filter((l) => l.login !== "good").length, first_s: times[0] / 1000, half_s: times[n >> 1] / 1000,
		p99_s: times[Math.floor(n * 0.99)] / 1000, all_s: times.at(-1) / 1000, connected: curve,
	}));
	await d.stop();
} finally {
	await d.kill?.();
}
