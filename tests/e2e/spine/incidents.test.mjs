// Many accounts that fail together: one incident, nobody parked, canaries, and all come back by themselves.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import path from "node:path";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { bin, pooled, until, withDaemon } from "../lib/daemon.mjs";
import { Judge } from "../lib/judge.mjs";

const run = promisify(execFile);
const scans = { scan_ms: "5ms" };
const names = (n) => Array.from({ length: n }, (_, i) => `a${i}`);
const incidents = async (d) => (await d.ok("GET", "/v1/incidents")).incidents;
const lines = (d, verb) => new Judge(d.journals()).lines.filter((l) => l.verb === verb);

async function fleet(d, n) {
	await pooled(names(n), 10, (id) =>
		d.ok("POST", "/v1/accounts", { provider: d.provider, id, connect: true }));
	await all(d, (a) => a.status === "connected" && !a.checking);
	return new Map((await d.accounts()).map((a) => [a.id, a.profile]));
}

function all(d, wanted, seconds = 60) {
	let last = [];
	return until(async () => (last = await d.accounts()).every(wanted) && last, {
		seconds, every: 50,
		explain: () => JSON.stringify(last.filter((a) => !wanted(a)).slice(0, 3)),
	});
}

const isBack = (profiles) => (a) =>
	a.status === "connected" && !a.checking && a.profile === profiles.get(a.id);

async function opened(d) {
	return until(async () => (await incidents(d)).find((i) => i.closed_at === null), { seconds: 20 });
}

function noneGivenUp(accounts) {
	for (const a of accounts) {
		assert.ok(!["parked", "held", "qr"].includes(a.phase), JSON.stringify(a));
		assert.equal(a.attempts, 0, JSON.stringify(a));
		assert.equal(a.user_action, "none", JSON.stringify(a));
	}
}

describe("incidents", { concurrency: 2 }, () => {
	test("every session ends and no start works: one incident, only canaries start, all come back", () =>
		withDaemon({ mock: scans, policy: { max_attempts: 3 } }, async (d) => {
			const profiles = await fleet(d, 40);
			const scanned = lines(d, "scan").length, created = lines(d, "create").length;

			await d.verb("a0", "behave", { scope: "instance", create: { fail: "client_outdated" } });
			await d.verb("a0", "drop", { scope: "instance", cause: "engine_crash", how: "down" });
			const one = await opened(d);
			assert.equal(one.scope, "provider");
			assert.equal(one.provider, "mock");

			// for as long as four rounds of canaries, at least
			await until(async () => (await d.ok("GET", `/v1/incidents/${one.id}`)).failed_rounds >= 4);
			const during = await d.accounts();
			noneGivenUp(during);
			assert.ok(during.every((a) => a.incident_id === one.id));
			const waits = during.find((a) => a.phase === "queued" || a.phase === "waiting");
			assert.match(waits.reason.text, new RegExp(`^waits: incident ${one.id} of provider "mock"`));
			const rounds = (await d.ok("GET", `/v1/incidents/${one.id}`)).failed_rounds;
			const starts = lines(d, "create").length - created;
			assert.ok(starts <= 3 * (rounds + 2), `${starts} starts in ${rounds} rounds`);

			// the core dies in the middle of it
			await d.kill();
			await d.start();
			const again = await opened(d);
			assert.equal(again.id, one.id);
			noneGivenUp(await d.accounts());

			await until(() => d.verb("a0", "behave", { scope: "instance", create: { fail: null } }).catch(() => false));
			await all(d, isBack(profiles));
			await until(async () => (await incidents(d)).every((i) => i.closed_at !== null), { seconds: 30 });
			assert.equal((await incidents(d)).length, 1);
			assert.equal(lines(d, "scan").length, scanned, "nobody scanned");
			noneGivenUp(await d.accounts());
			assert.ok((await d.accounts()).every((a) => a.incident_id === null));

			const told = await run(path.join(bin, "relinkctl"),
				["--socket", path.join(d.state, "relink.sock"), "incident", "list", "--json"]).catch((e) => e);
			assert.match(told.stdout ?? "", /"state": *"calm"/, String(told));
			assert.equal(d.log.match(/incident\.opened/g).length, 1, "one line, not forty");
		}));

	test("a backend that forgets all its sessions: one incident of that instance, and the other goes on", () =>
		withDaemon({ mock: scans, instances: 2 }, async (d) => {
			const profiles = await fleet(d, 30);
			const scanned = lines(d, "scan").length;
			const at = (await d.accounts()).find((a) => a.instance === "mock-1").id;

			await d.verb(at, "reboot", { scope: "instance" });
			await all(d, isBack(profiles));
			await until(async () => (await incidents(d)).every((i) => i.closed_at !== null), { seconds: 30 });
			for (const i of await incidents(d)) assert.deepEqual([i.scope, i.instance], ["instance", "mock-1"]);
			assert.equal(lines(d, "scan").length, scanned, "nobody scanned");
		}));

	test("the core dies as it opens one", () =>
		withDaemon({ mock: scans, env: { RELINK_KILL: ["engine.incident", 1].join(":") } }, async (d) => {
			const profiles = await fleet(d, 12);
			const scanned = lines(d, "scan").length;

			await d.verb("a0", "drop", { scope: "instance", cause: "engine_crash", how: "down" }).catch(() => {});
			assert.equal((await d.exited).signal, "SIGKILL");
			await d.start();
			await all(d, isBack(profiles));
			assert.equal(lines(d, "scan").length, scanned, "nobody scanned");
		}));

	test("a few accounts that fail are no incident", () => withDaemon({ mock: scans }, async (d) => {
		await fleet(d, 12);
		for (const id of ["a0", "a1", "a2"]) await d.verb(id, "logout");
		for (const id of ["a0", "a1", "a2"]) {
			const a = await d.reaches(id, "disconnected");
			assert.equal(a.user_action, "scan_qr");
		}
		assert.deepEqual(await incidents(d), []);
		const none = await d.request("GET", "/v1/incidents/1");
		assert.deepEqual([none.status, none.body.code], [404, "incident_not_found"]);
	}));
});
