// The crash matrix: at each kill point, core or worker, in both classes of provider, SIGKILL; then
// everything that was promised must hold.  See README.md beside this file.
//
// Each point is visited with one class, the next with the other.  RELINK_LONG=1 kills with both, at the
// first, second and fifth visit instead of the first only; RELINK_POINT=engine.create.before runs one point, with both.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { folder } from "../lib/daemon.mjs";
import { run } from "./story.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
const long = Boolean(process.env.RELINK_LONG);
const visits = long ? [1, 2, 5] : [1];
const classes = ["mock", "mock-listable"];

// Points that this story does not come by, and the test that kills there instead.
const elsewhere = {
	"api.dead.answered": "tests/e2e/webhooks/crash.test.mjs",
	"api.dead.forgotten": "tests/e2e/webhooks/crash.test.mjs",
	"api.dropin.submitted": "tests/e2e/dropin/crash.test.mjs",
	"engine.alert.cleared": "tests/e2e/webhooks/alerts.test.mjs",
	"engine.alert.raised": "tests/e2e/webhooks/alerts.test.mjs",
	"engine.bulk.changed": "tests/e2e/crash/settings.test.mjs",
	"engine.bulk.fed": "tests/e2e/crash/settings.test.mjs",
	"engine.endpoint.changed": "tests/e2e/crash/settings.test.mjs",
	"engine.incident": "tests/e2e/spine/incidents.test.mjs",
	"engine.key.changed": "tests/e2e/spine/keys.test.mjs",
	"engine.link.created": "tests/e2e/crash/settings.test.mjs",
	"engine.link.opened": "tests/e2e/crash/settings.test.mjs",
	"engine.pause.changed": "tests/e2e/crash/settings.test.mjs",
	"engine.service.gone": "tests/e2e/services/crash.test.mjs",
	"engine.service.spawn": "tests/e2e/services/crash.test.mjs",
	"out.forward.answered": "tests/e2e/dropin/forward.test.mjs",
	"out.forward.buried": "tests/e2e/webhooks/crash.test.mjs",
	"out.forward.saved": "tests/e2e/dropin/forward.test.mjs",
	"proc.service.before": "tests/e2e/services/crash.test.mjs",
	"proc.service.forked": "tests/e2e/services/crash.test.mjs",
	"proc.service.found": "tests/e2e/services/crash.test.mjs",
	"proc.service.gone": "tests/e2e/services/crash.test.mjs",
	"proc.service.recorded": "tests/e2e/services/crash.test.mjs",
	"proc.service.started": "tests/e2e/services/crash.test.mjs",
	"store.checkpoint.begin": "tests/unit/store/crash_test.c",
	"store.checkpoint.end": "tests/unit/store/crash_test.c",
	"store.prune.applied": "tests/unit/store/crash_test.c",
	"store.prune.committed": "tests/unit/store/crash_test.c",
};

function pointsInSource() {
	const found = new Set();
	const walk = (dir) => {
		for (const e of readdirSync(dir, { withFileTypes: true })) {
			const file = path.join(dir, e.name);
			if (e.isDirectory()) walk(file);
			else if (e.name.endsWith(".c"))
				for (const m of readFileSync(file, "utf8").matchAll(/\bKP\("([a-z0-9_.]+)"\)/g)) found.add(m[1]);
		}
	};
	walk(path.join(root, "core"));
	return [...found].sort();
}

const inWorker = (point) => point.startsWith("worker.");

async function traced(provider) {
	const file = path.join(folder(), "trace");
	const keeper = await run({ provider, stun: true }, { RELINK_KILL_TRACE: file });
	assert.equal(keeper.deaths, 0, "nobody dies without being told to");
	return existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : [];
}

test("the story without a death, and the points it comes by", { concurrency: 5 }, async (t) => {
	const reached = new Set((await Promise.all(classes.map(traced))).flat());
	const points = pointsInSource().filter((p) => !process.env.RELINK_POINT || p === process.env.RELINK_POINT);
	const missed = points.filter((p) => !reached.has(p) && !elsewhere[p]);
	assert.deepEqual(missed, [], "every point is on the story's way, or has a test of its own");
	for (const [point, file] of Object.entries(elsewhere))
		assert.ok(readFileSync(path.join(root, file), "utf8").includes(`"${point}"`), `${file} kills at ${point}`);
	const matrix = points.filter((p) => reached.has(p));
	if (!process.env.RELINK_POINT) assert.ok(matrix.length >= 40, `${matrix.length} points`);
	const both = long || process.env.RELINK_POINT;
	const runs = matrix.flatMap((point, i) => classes.filter((_, k) => both || k === i % 2)
		.flatMap((provider) => visits.map((visit) => ({ point, provider, visit }))));
	let killed = 0;
	await Promise.all(runs.map(({ point, provider, visit }) =>
		t.test(`${provider}: ${point}, visit ${visit}`, async () => {
			const variable = inWorker(point) ? "RELINK_KILL_WORKER" : "RELINK_KILL";
			const keeper = await run({ provider, stun: point === "proc.call.timeout" },
				{ [variable]: `${point}:${visit}` });
			const workerDeaths = (keeper.daemon.log.match(/worker\.(died|ended) .*signal 9/g) ?? []).length;
			const died = keeper.deaths + workerDeaths;
			if (visit === 1) assert.ok(died >= 1, "somebody was killed");
			killed += died > 0;
		})));
	t.diagnostic(`${matrix.length} kill points, ${runs.length} runs, ${killed} with a death`);
});
