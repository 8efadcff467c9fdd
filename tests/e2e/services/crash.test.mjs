// The core is killed at each point of a service's life: never two processes, never one that is lost.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Backend, alive, daemonOf, link, surely, theOne } from "./keeper.mjs";
import { until, withLog } from "../lib/daemon.mjs";

// Points of a start: the core is killed in its first one.
const starting = ["engine.service.spawn", "proc.service.before", "proc.service.forked", "proc.service.recorded",
	"proc.service.started"];
// Points of a core that finds a service, or sees its end.
const later = ["proc.service.found", "proc.service.gone", "engine.service.gone"];

async function story(point, fn) {
	const backend = await Backend.make();
	const d = daemonOf([backend.instance("tiny-1")]);
	try {
		await fn(d, backend);
		const living = backend.living();
		assert.equal(living.length, 1, `living: ${living}`);
		assert.deepEqual(backend.doubles(), []);
		await d.stop();
		assert.ok(alive(living[0]));
	} catch (e) {
		throw withLog(e, d);
	} finally {
		await d.kill();
		backend.end();
	}
}

// It may be killed before or behind the line that says where it listens.
async function dies(d, env) {
	await d.start(env).catch(() => undefined);
	assert.equal((await d.exited).signal, "SIGKILL");
}

describe("the core is killed in the life of a service", { concurrency: 2 }, () => {
	for (const point of starting) {
		test(`at ${point}, then without a death: one service`, () => story(point, async (d, backend) => {
			await dies(d, { RELINK_KILL: point });
			await d.start();
			await theOne(backend);
			await link(d, backend, "shop");
			const begun = point === "proc.service.started" ? /service\.found/ : /service\.started/;
			await d.logs(begun);
			assert.equal(backend.starts().length, 1);
		}));
	}

	for (const point of later) {
		test(`at ${point}: the sessions go on or come back`, () => story(point, async (d, backend) => {
			await d.start();
			await link(d, backend, "shop");
			const pid = await theOne(backend);
			if (point === "proc.service.found") {
				await d.stop();
				await dies(d, { RELINK_KILL: point });
				assert.ok(alive(pid));
			} else {
				await d.kill();
				await d.start({ RELINK_KILL: point });
				await surely(d, "shop");
				process.kill(pid, "SIGKILL");
				assert.equal((await d.exited).signal, "SIGKILL");
			}
			await d.start();
			await theOne(backend);
			await surely(d, "shop");
			assert.equal(backend.starts().length, point === "proc.service.found" ? 1 : 2);
		}));
	}

	test("many times in a row, while its service dies too", () => story("random", async (d, backend) => {
		await d.start();
		await link(d, backend, "shop");
		for (let round = 0; round < 6; round++) {
			if (round % 2) process.kill(await theOne(backend), "SIGKILL");
			await d.kill();
			await d.start(round % 3 === 2 ? { RELINK_KILL: "proc.service.recorded" } : {}).catch(() => undefined);
			if (!d.running()) await d.start();
		}
		if (!d.running()) await d.start();
		await until(() => backend.living().length === 1);
		await surely(d, "shop");
	}));
});
