// Workers that are silent, that cannot be used, and that can again.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import path from "node:path";
import test from "node:test";
import { Daemon, folder, until } from "../lib/daemon.mjs";

const quickMock = { create_ms: "5ms", qr_ms: "20ms", auth_ms: "10ms", resume_ms: "20ms", scan_ms: "20ms" };

const worker = async (d) => (await d.ok("GET", "/v1/workers")).workers[0];

const becomes = (d, state, and = () => true) => {
	let last;
	return until(async () => ((last = await worker(d)).state === state && and(last) ? last : null),
		{ explain: () => JSON.stringify(last) });
};

test("a worker that answers no pings is replaced, and its end says why", async () => {
	const d = await new Daemon({ mock: quickMock, worker: { ping_interval: "100ms" } }).start();
	try {
		await d.ok("POST", "/v1/accounts", { provider: "mock", id: "a", connect: true });
		await d.reaches("a", "connected");
		const { pid } = await becomes(d, "ready");
		process.kill(pid, "SIGSTOP"); // not even SIGTERM reaches it
		const next = await becomes(d, "ready", (w) => w.pid !== pid);
		assert.equal(next.deaths, 1);
		assert.match(next.last_death, /^it did not answer its pings; killed by signal 9/);
		await d.logs(/worker\.stalled slot=0 provider=mock/);
		await d.logs(/worker\.died slot=0 provider=mock plugin=mock version=\S+ pid=\d+ ran_ms=\d+/);
		await d.reaches("a", "connected");
	} finally {
		await d.stop();
	}
});

test("a worker with a wrong configuration is held without a process, and a reload tries it", async () => {
	const dir = folder(), missing = path.join(dir, "not", "there");
	const d = await new Daemon({ dir, mock: { dir: path.join(missing, "mock") } }).start();
	try {
		const held = await becomes(d, "held");
		assert.equal(held.pid, null);
		assert.equal(held.deaths, 0, "a refusal is no death");
		assert.match(held.last_death, /^it cannot open its instances: .*not\/there/);
		assert.ok(Date.parse(held.next_start_at) > Date.parse(held.since));
		await d.logs(/worker\.held slot=0 provider=mock why=".*" do="correct it, then reload/);

		mkdirSync(missing, { recursive: true });
		d.child.kill("SIGHUP");
		await becomes(d, "ready");
	} finally {
		await d.stop();
	}
});

test("a held worker is tried again by itself", async () => {
	const dir = folder(), missing = path.join(dir, "not", "there");
	const d = await new Daemon({ dir, mock: { dir: path.join(missing, "mock") },
		worker: { cool_down: "300ms" } }).start();
	try {
		await becomes(d, "held");
		mkdirSync(missing, { recursive: true });
		await becomes(d, "ready");
	} finally {
		await d.stop();
	}
});
