// An instance on trial: it gets its share of the accounts and no more, and is halted when it fails clearly
// more often than the others.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import path from "node:path";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { bin, Daemon, fast, until, withLog } from "../lib/daemon.mjs";

const run = promisify(execFile);
const names = (n, prefix = "a") => Array.from({ length: n }, (_, i) => `${prefix}${i}`);
const instance = (d, n) => d.ok("GET", `/v1/instances/mock-${n}`);
const make = (d, id) => d.ok("POST", "/v1/accounts", { provider: "mock", id, connect: true });

// The second of two instances is on trial.
async function onTrial({ canary, second = {}, policy = {} }, story) {
	const d = new Daemon({ instances: 2, mock: { ...fast, scan_ms: "5ms" }, policy });
	const [, mock2] = d.config.providers.mock.instances;
	Object.assign(mock2, { canary });
	Object.assign(mock2.config, second);
	d.writeConfig();
	await d.start();
	try {
		await story(d);
		assert.equal((await d.stop()).code, 0);
	} catch (e) {
		throw withLog(e, d);
	} finally {
		await d.kill();
	}
}

describe("an instance on trial", { concurrency: 2 }, () => {
	test("gets its share of the accounts, rounded up", () => onTrial({ canary: 10 }, async (d) => {
		for (const id of names(21)) {
			await make(d, id);
			await d.reaches(id, "connected");
		}
		const at = (await d.accounts()).filter((a) => a.instance === "mock-2").length;
		assert.equal(at, 3); // a tenth of 21, rounded up
		assert.equal((await instance(d, 2)).canary, 10);
		assert.equal((await instance(d, 1)).canary, null);
	}));

	test("is halted when it fails and the others do not, also over a restart, until it is resumed", () => onTrial(
		{ canary: 50, second: { script: '{"create": {"fail": "engine_crash"}}' }, policy: { backoff_base: "20ms", backoff_cap: "40ms" } },
		async (d) => {
			for (const id of names(8)) await make(d, id);
			const halted = await until(async () => {
				const i = await instance(d, 2);
				return i.halted_at && i;
			}, { explain: async () => JSON.stringify(await instance(d, 2)) });
			assert.equal(halted.state, "halted");
			assert.match(halted.halted_why, /^\d+ of \d+ starts and sessions failed there, 0 of \d+ at the other instances$/);
			const there = (await d.accounts()).filter((a) => a.instance === "mock-2").length;
			assert.ok(there > 0);
			for (const id of names(4, "b")) await make(d, id);
			for (const id of names(4, "b")) assert.equal((await d.reaches(id, "connected")).instance, "mock-1");
			await d.kill();
			await d.start();
			assert.equal((await instance(d, 2)).halted_why, halted.halted_why);
			for (const id of names(4, "c")) assert.equal((await make(d, id)).instance, "mock-1");
			const socket = path.join(d.state, "relink.sock");
			await until(async () => (await instance(d, 2)).state === "halted");
			assert.match((await run(path.join(bin, "relinkctl"), ["instance", "list", "--socket", socket])).stdout, /mock-2 +mock +halted/);
			await run(path.join(bin, "relinkctl"), ["instance", "resume", "mock-2", "--socket", socket]);
			assert.equal((await instance(d, 2)).halted_at, null);
			assert.equal((await make(d, "d")).instance, "mock-2");
		}));
});
