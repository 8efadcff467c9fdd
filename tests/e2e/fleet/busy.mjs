// busy.mjs - are workers taken for dead because the machine is busy?
//
//	RELINK_BIN=build/release/bin node tests/e2e/fleet/busy.mjs [--minutes 10] [--spinners 20]
//
// Starts a daemon with four workers of the mock, on the default times of supervision, and as many
// processes that spin as are asked for; watches for so long; then hangs one worker for real.  Prints one
// JSON object and ends with 0 when no worker died that should not, and the one that hung was replaced.
// spine/busy.test.mjs runs it for seconds.

import { spawn } from "node:child_process";
import { parseArgs } from "node:util";
import { Daemon, fast, until } from "../lib/daemon.mjs";

const { values } = parseArgs({ options: {
	minutes: { type: "string", default: "10" }, spinners: { type: "string", default: "20" },
} });
const WORKERS = 4;

const d = new Daemon({ mock: { ...fast, scan_ms: "5ms" }, instances: WORKERS, workers: WORKERS });
delete d.config.worker; // supervision as it is delivered
d.config.worker = { restart_base: "1s" };
d.writeConfig();

const spinners = Array.from({ length: Number(values.spinners) }, () =>
	spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" }));
process.on("exit", () => spinners.forEach((s) => s.kill("SIGKILL")));

const workers = async () => (await d.ok("GET", "/v1/workers")).workers;
try {
	await d.start();
	for (let i = 0; i < WORKERS; i++)
		await d.ok("POST", "/v1/accounts", { provider: "mock", id: `a${i}`, connect: true });
	for (let i = 0; i < WORKERS; i++) await d.reaches(`a${i}`, "connected", 120);

	const began = Date.now(), end = began + Number(values.minutes) * 60000;
	let longest = 0, looks = 0;
	while (Date.now() < end) {
		const all = await workers();
		longest = Math.max(longest, ...all.map((w) => w.lag_ms));
		looks++;
		await new Promise((go) => setTimeout(go, Math.min(1000, Math.max(1, end - Date.now()))));
	}
	const after = await workers();
	const killed = after.reduce((n, w) => n + w.deaths, 0);

	const victim = after[0];
	const hung = Date.now();
	d.request("POST", "/v1/accounts/a0/verbs/wreck", { kind: "hang" }).catch(() => {});
	await until(async () => {
		const [w] = await workers();
		return w.state === "ready" && w.pid !== victim.pid;
	}, { seconds: 120, every: 100 });
	const replaced = Date.now() - hung;
	const accounts = await Promise.all(after.map((_, i) => d.reaches(`a${i}`, "connected", 120)));

	console.log(JSON.stringify({
		spinners: spinners.length, seconds: Math.round((hung - began) / 1000), looks, longest_lag_ms: longest,
		false_kills: killed, hung_replaced_after_ms: replaced, same_sessions: accounts.every((a) => a.generation === 1),
	}));
	process.exitCode = killed === 0 ? 0 : 1;
} finally {
	spinners.forEach((s) => s.kill("SIGKILL"));
	await d.stop();
}
