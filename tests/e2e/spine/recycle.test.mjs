// Workers that are replaced in good order, because they have grown or because their plugin's file is new;
// and what a worker may not do: whose it is, and its limits.

import assert from "node:assert/strict";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { bin, Daemon, fast, plugins, until, withDaemon, withLog } from "../lib/daemon.mjs";
import { Judge } from "../lib/judge.mjs";

const worker = async (d, slot = 0) => (await d.ok("GET", "/v1/workers")).workers[slot];
const deaths = async (d, slot = 0) => (await d.ok("GET", `/v1/workers/${slot}/deaths`)).deaths;
const make = (d, id) => d.ok("POST", "/v1/accounts", { provider: "mock", id, connect: true });
const scans = { mock: { scan_ms: "5ms" } };
const renewed = (d, before, slot = 0) => until(async () => {
	const w = await worker(d, slot);
	return w.state === "ready" && w.pid !== before.pid && w;
}, { explain: async () => JSON.stringify(await worker(d, slot)) });
const adopted = (d, id) => until(async () => {
	const a = await d.account(id);
	return a.status === "connected" && !a.checking && a;
});
const sanitized = readFileSync(path.join(bin, "relink-worker")).includes("__asan_init");

describe("a worker that has grown over worker.memory_limit", { concurrency: 2 }, () => {
	const limit = sanitized ? "400MiB" : "100MiB", mib = sanitized ? 500 : 150;
	const grown = { ...scans, policy: { operation_deadline: "20s" }, worker: { memory_limit: limit, ping_interval: "100ms", ping_misses: 50, restart_window: "100ms" } };

	test("is drained and replaced, and its sessions go on", () => withDaemon(grown, async (d) => {
		await make(d, "a");
		const up = await d.reaches("a", "connected"), w = await worker(d);
		assert.deepEqual([w.recycled, w.draining], [0, false]);
		await d.verb("a", "wreck", { kind: "leak", n: mib });
		const next = await renewed(d, w);
		assert.deepEqual([next.recycled, next.deaths, next.draining], [1, 0, false]);
		const [death, ...others] = await until(async () => {
			const all = await deaths(d);
			return all.length > 0 && all;
		});
		assert.deepEqual(others, []);
		assert.deepEqual([death.kind, death.pid, death.exit_status], ["recycled", w.pid, 0]);
		assert.match(death.ended_because, /^it used \d+ MiB of memory, over worker\.memory_limit$/);
		const again = await adopted(d, "a");
		assert.deepEqual([again.session_id, again.since], [up.session_id, up.since]);
	}));

	test("is not before its open operations are answered", () => withDaemon(
		grown, async (d) => {
			await make(d, "a");
			await d.reaches("a", "connected");
			const w = await worker(d);
			await d.verb("a", "behave", { health_ms: 1500 });
			const open = d.request("POST", "/v1/accounts/a/check");
			await until(() => new Judge(d.journals()).lines.some((l) => l.verb === "health"));
			await d.verb("a", "wreck", { kind: "leak", n: mib });
			await d.logs(/worker\.draining slot=0 /);
			const refused = await d.request("POST", "/v1/accounts/a/verbs/state");
			assert.ok([200, 503].includes(refused.status)); // 503, unless all this took longer than the check
			const answer = await open;
			assert.deepEqual([answer.status, answer.body.state], [200, "connected"]);
			await renewed(d, w);
			assert.equal((await d.ok("POST", "/v1/accounts/a/verbs/behave", { reset: true })).result !== undefined, true);
		}));

	test("and is killed by the kernel or a person meanwhile was not ended by us, and nobody is blamed", () => withDaemon(
		{ ...grown, errors: /worker\.died/ }, async (d) => {
			await make(d, "a");
			await d.reaches("a", "connected");
			const w = await worker(d);
			await d.verb("a", "behave", { health: { never_answer: 1 } });
			const open = d.request("POST", "/v1/accounts/a/check");
			await until(() => new Judge(d.journals()).lines.some((l) => l.verb === "health"));
			await d.verb("a", "wreck", { kind: "leak", n: mib });
			await d.logs(/worker\.draining slot=0 /);
			process.kill(w.pid, "SIGKILL");
			assert.equal((await open).status, 502);
			await renewed(d, w);
			const [death] = await deaths(d);
			assert.deepEqual([death.kind, death.signal, death.ended_because], ["died", 9, null]);
			assert.ok(death.ops.some((op) => op.kind === "health" && op.account === "a"), JSON.stringify(death.ops));
			const { entries } = await d.ok("GET", "/v1/accounts/a/timeline?limit=1000");
			assert.deepEqual(entries.filter((e) => e.type === "account.blamed"), []);
		}));
});

// A daemon whose mock is a file of the test's own.
async function withPlugin(story) {
	const d = new Daemon({ mock: { ...fast, ...scans.mock }, instances: 2, workers: 2, worker: { ready_timeout: "10s" } });
	const file = path.join(d.dir, "plugins", "mock.so");
	mkdirSync(path.dirname(file));
	copyFileSync(path.join(plugins, "mock.so"), file);
	d.config.providers.mock.plugin = file;
	d.writeConfig();
	try {
		await d.start();
		for (const id of ["a", "b"]) await make(d, id);
		const up = [await d.reaches("a", "connected"), await d.reaches("b", "connected")];
		await story(d, file, up);
		assert.equal((await d.stop()).code, 0);
	} catch (e) {
		throw withLog(e, d);
	} finally {
		await d.kill();
	}
}

describe("a plugin's file", { concurrency: 2 }, () => {
	test("that is overwritten while it runs harms nobody, and the new one is loaded at a reload, worker after worker",
		() => withPlugin(async (d, file, up) => {
			const before = [await worker(d, 0), await worker(d, 1)];
			const good = readFileSync(file);
			writeFileSync(file, Buffer.alloc(good.length, 0xcc)); // in place: the same inode
			for (const id of ["a", "b"]) assert.equal((await d.verb(id, "state")).result.account, id);
			writeFileSync(file, good);
			const from = d.log.length;
			d.child.kill("SIGHUP");
			await renewed(d, before[0], 0);
			await renewed(d, before[1], 1);
			const order = [...d.log.slice(from).matchAll(/worker\.(draining|spawned) slot=(\d)/g)].map((m) => m[1] + m[2]);
			assert.deepEqual(order, ["draining0", "spawned0", "draining1", "spawned1"]);
			for (const [i, id] of ["a", "b"].entries()) assert.equal((await adopted(d, id)).session_id, up[i].session_id);
			for (const slot of [0, 1]) {
				const [death] = await deaths(d, slot);
				assert.deepEqual([death.kind, death.ended_because], ["recycled", "its plugin's file was replaced"]);
			}
			const after = [await worker(d, 0), await worker(d, 1)];
			assert.deepEqual(after.map((w) => [w.deaths, w.recycled]), [[0, 1], [0, 1]]);
			assert.ok(after[0].since <= (await deaths(d, 1))[0].at, "the second only when the first served again");

			// Nothing is new: nothing is restarted.
			d.child.kill("SIGHUP");
			await until(() => d.log.slice(from).split("conf.reloaded").length > 2);
			assert.deepEqual([(await worker(d, 0)).pid, (await worker(d, 1)).pid], after.map((w) => w.pid));
		}));

	test("that is no plugin any more costs the first worker only", () => withPlugin(async (d, file) => {
		const second = await worker(d, 1);
		writeFileSync(file, "no plugin at all");
		d.child.kill("SIGHUP");
		await until(async () => (await worker(d, 0)).state === "held");
		assert.match((await worker(d, 0)).last_death, /cannot be loaded/);
		assert.deepEqual([(await worker(d, 1)).pid, (await worker(d, 1)).draining], [second.pid, false]);
		assert.equal((await d.verb("b", "state")).result.account, "b");
		copyFileSync(path.join(plugins, "mock.so"), file);
		d.child.kill("SIGHUP");
		await until(async () => (await worker(d, 0)).state === "ready" && (await worker(d, 1)).state === "ready" &&
			(await worker(d, 1)).pid !== second.pid);
	}));
});

const root = process.getuid() === 0;

describe("a worker's process", { concurrency: 2 }, () => {
	test("has the limits of the configuration, no core dumps and no new privileges",
		{ skip: sanitized && "sanitizers need more than limits allow" }, () => withDaemon(
			{ worker: { open_files: 777, address_space: "8GiB" } }, async (d) => {
				const { pid } = await until(async () => {
					const w = await worker(d);
					return w.state === "ready" && w;
				});
				const limits = readFileSync(`/proc/${pid}/limits`, "utf8");
				assert.match(limits, /^Max open files +777 +777 /m);
				assert.match(limits, /^Max core file size +0 +0 /m);
				assert.match(limits, /^Max address space +8589934592 /m);
				assert.match(readFileSync(`/proc/${pid}/status`, "utf8"), /^NoNewPrivs:\t1$/m);
			}));

	test("is another user's when relinkd is root and the configuration says so", { skip: !root && "not root" }, async () => {
		const d = new Daemon({ mock: { ...fast, ...scans.mock }, worker: { user: "nobody" } });
		chmodSync(d.dir, 0o777);
		try {
			await d.start();
			await make(d, "a");
			await d.reaches("a", "connected");
			const status = readFileSync(`/proc/${(await worker(d)).pid}/status`, "utf8");
			assert.match(status, /^Uid:\t(65534)\t\1\t\1\t\1$/m);
			assert.match(status, /^Groups:\t ?$/m);
			// It still dies with its core.
			const { pid } = await worker(d);
			await d.kill();
			await until(() => {
				try {
					process.kill(pid, 0);
					return false;
				} catch {
					return true;
				}
			});
		} catch (e) {
			throw withLog(e, d);
		} finally {
			await d.kill();
		}
	});

	test("cannot be a user's that is not there", async () => {
		const d = new Daemon({ worker: { user: "nobody-at-all" } });
		const { code, said } = await d.refused();
		assert.notEqual(code, 0);
		assert.match(said, /worker\.user: there is no user \\"nobody-at-all\\"/);
	});
});
