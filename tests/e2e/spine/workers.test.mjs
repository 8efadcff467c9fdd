// Workers and the providers behind them: who dies, hangs or cannot be used is replaced or held, and
// nobody else notices; and what a provider says about a session has the consequence that it should.

import assert from "node:assert/strict";
import { copyFileSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { bin, Daemon, fast, plugins, until, withDaemon } from "../lib/daemon.mjs";
import { withSmallDisk } from "../lib/disk.mjs";
import { Judge } from "../lib/judge.mjs";

const tree = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
const scans = { mock: { scan_ms: "5ms" } };

const make = (d, id, members) => d.ok("POST", "/v1/accounts", { provider: "mock", id, connect: true, ...members });
const worker = async (d, slot = 0) => (await d.ok("GET", "/v1/workers")).workers[slot];
const creates = (d) => new Judge(d.journals()).lines.filter((l) => l.verb === "create").length;
const script = (d, id, behaviours) => d.verb(id, "behave", behaviours);

const adopted = (d, id) => until(async () => {
	const a = await d.account(id);
	return a.status === "connected" && !a.checking && a;
});

// Another worker serves now; its sessions were adopted.
const replaced = (d, before, slot = 0) => until(async () => {
	const w = await worker(d, slot);
	return w.state === "ready" && w.pid !== before.pid && w;
});

describe("a worker", { concurrency: 4 }, () => {
	test("that is killed is replaced, and its sessions go on as if nothing had been", () => withDaemon(
		{ ...scans, errors: /worker\.died/ }, async (d) => {
			await make(d, "a");
			const before = await d.reaches("a", "connected"), w = await worker(d);
			process.kill(w.pid, "SIGKILL");
			const next = await replaced(d, w);
			assert.equal(next.deaths, 1);
			assert.match(next.last_death, /^killed by signal 9 \(Killed\)/);
			assert.deepEqual(await adopted(d, "a"), before);
			assert.equal(creates(d), 1);
		}));

	test("that is killed has an obituary, which outlives the daemon", () => withDaemon(
		{ ...scans, errors: /worker\.died/ }, async (d) => {
			await make(d, "a");
			await d.reaches("a", "connected");
			const w = await worker(d);
			await script(d, "a", { health: { never_answer: true } });
			const open = d.request("POST", "/v1/accounts/a/check");
			await until(async () => new Judge(d.journals()).lines.some((l) => l.verb === "health"));
			process.kill(w.pid, "SIGKILL");
			assert.equal((await open).status, 502);
			await replaced(d, w);
			const expected = {
				slot: 0, kind: "died", provider: "mock", plugin: "mock", pid: w.pid, signal: 9,
				exit_status: null, was_ready: true, accounts: 1, ended_because: null, report: "",
			};
			const { deaths } = await d.ok("GET", "/v1/workers/0/deaths");
			assert.equal(deaths.length, 1);
			for (const [k, v] of Object.entries(expected)) assert.deepEqual(deaths[0][k], v, k);
			assert.ok(deaths[0].ops.some((op) => op.kind === "health" && op.account === "a"), JSON.stringify(deaths[0]));
			assert.equal(deaths[0].how, (await worker(d)).last_death);
			assert.ok(deaths[0].ran_ms > 0);
			await d.kill();
			await d.start();
			assert.deepEqual((await d.ok("GET", "/v1/workers/0/deaths")).deaths, deaths);
			assert.equal((await d.request("GET", "/v1/workers/2/deaths")).body.code, "worker_not_found");
		}));

	test("that hangs is noticed by its missed pings, killed and replaced", () => withDaemon(
		{ ...scans, worker: { ping_interval: "100ms", ping_misses: 2 }, errors: /worker\.(died|stalled)/ },
		async (d) => {
			await make(d, "a");
			const before = await d.reaches("a", "connected"), w = await worker(d);
			process.kill(w.pid, "SIGSTOP");
			await d.logs(/worker\.stalled slot=0 .*did not answer its pings/, { seconds: 5 });
			await replaced(d, w);
			assert.deepEqual(await adopted(d, "a"), before);
			assert.equal(creates(d), 1);
		}));

	test("whose program is missing is tried again until it is there", async () => {
		const d = new Daemon({ mock: fast });
		d.config.worker_path = path.join(d.dir, "relink-worker");
		d.writeConfig();
		await d.start();
		try {
			await d.logs(/ error relinkd worker\.not_spawned .*cannot start .*\/relink-worker: No such file/);
			const ready = await d.request("GET", "/readyz");
			assert.equal(ready.status, 503);
			assert.equal(ready.body.code, "not_ready");
			symlinkSync(path.join(bin, "relink-worker"), d.config.worker_path);
			await until(async () => (await d.request("GET", "/readyz")).status === 200);
			await make(d, "a");
			await d.reaches("a", "qr_scanning");
		} finally {
			await d.kill();
		}
	});
});

// Two providers, `mock` of this daemon's usual making and `other`; a worker that is held or dies again
// and again is tried again much later than these tests take, unless `options` says how soon.
function twoProviders(other, options) {
	const worker = { restart_cap: "1m", cool_down: "1m", ...options?.worker };
	const d = new Daemon({ mock: { ...fast, ...scans.mock }, ...options, worker });
	d.config.providers.other = {
		starts_per_minute: 60000, start_burst: 1000, plugin: "mock-listable", ...other(d),
	};
	d.names.push("other-1");
	d.writeConfig();
	return d;
}
const otherInstances = (d, config) =>
	[{ id: "other-1", config: { dir: path.join(d.dir, "other-1"), ...fast, ...scans.mock, ...config } }];

// A shared object that is there for certain and no plugin.
const library = process.report.getReport().sharedObjects.find((f) => /\/libm\.so/.test(f));

describe("a provider that cannot be used", { concurrency: 4 }, () => {
	const spoilt = [
		["whose plugin is missing", /worker 1 of provider "other" is held: .*nowhere\.so cannot be loaded .*install it/,
			(d) => ({ plugin: "nowhere", instances: otherInstances(d) })],
		["whose plugin is no plugin", /libm\.so\S* is no Relink plugin: it has no symbol relink_plugin/,
			(d) => ({ plugin: library, instances: otherInstances(d) }), library !== undefined],
		["whose plugin is no shared object", /other\.so cannot be loaded/, (d) => {
			const plugin = path.join(d.dir, "other.so");
			writeFileSync(plugin, "not an object");
			return { plugin, instances: otherInstances(d) };
		}],
		["whose instance has a key that the plugin does not know", /instance "other-1".*qr_mss/,
			(d) => ({ instances: otherInstances(d, { qr_mss: "1s" }) })],
		["whose instance has a value that the plugin does not take", /instance "other-1".*capacity/,
			(d) => ({ instances: otherInstances(d, { capacity: "many" }) })],
		["whose instance cannot be opened", /instance "other-1".*\/no\/such/,
			(d) => ({ instances: otherInstances(d, { dir: path.join(d.dir, "no/such/folder") }) })],
	];
	for (const [what, pattern, other, possible = true] of spoilt)
		test(`${what} is held and told, the others are served, and a restart after the repair is all it takes`,
			{ skip: !possible && "node uses no shared libm here" }, async () => {
				const d = twoProviders(other);
				try {
					await d.start();
					await until(async () => (await worker(d, 0)).state === "ready" && (await worker(d, 1)).state === "held");
					const ready = await d.request("GET", "/readyz");
					assert.equal(ready.status, 503);
					assert.match(ready.body.detail, pattern);
					await d.logs(/ error relinkd worker\.(died|refused) /);

					await make(d, "well");
					const well = await d.reaches("well", "connected");
					const waiting = await make(d, "waiting", { provider: "other" });
					assert.equal(waiting.status, "connecting");
					await until(() => new Judge(d.journals()).lists > 3);
					const [mine, held] = (await d.ok("GET", "/v1/workers")).workers;
					assert.deepEqual([mine.state, held.state, held.pid], ["ready", "held", null]);
					assert.ok(held.deaths <= 1, "it is not tried again and again");
					assert.equal((await d.account("waiting")).attempts, 0);

					await d.stop();
					Object.assign(d.config.providers.other, { plugin: "mock-listable", instances: otherInstances(d) });
					d.writeConfig();
					await d.start();
					await d.reaches("waiting", "connected");
					await until(async () => (await d.request("GET", "/readyz")).status === 200); // the other one, too
					assert.equal((await adopted(d, "well")).session_id, well.session_id);
					assert.equal((await d.stop()).code, 0);
				} finally {
					await d.kill();
				}
			});

	test("is tried again at once at a reload, since somebody may have put its plugin there", async () => {
		const d = twoProviders((d) => ({ plugin: path.join(d.dir, "late.so"), instances: otherInstances(d) }));
		try {
			await d.start();
			await until(async () => (await worker(d, 1)).state === "held");
			copyFileSync(path.join(plugins, "mock-listable.so"), path.join(d.dir, "late.so"));
			d.child.kill("SIGHUP");
			await until(async () => (await d.request("GET", "/readyz")).status === 200,
				{ seconds: 5, explain: async () => JSON.stringify(await worker(d, 1)) });
			await make(d, "a", { provider: "other" });
			await d.reaches("a", "connected");
			assert.equal((await d.stop()).code, 0);
		} finally {
			await d.kill();
		}
	});

	test("for a reason that passes is tried again by itself, slowly", (t) => withSmallDisk(
		t, { ...scans, on: "mock-1", worker: { cool_down: "500ms" } }, async (d, disk) => {
			disk.fill();
			await d.start();
			await d.logs(/ error relinkd worker\.\w+ .*No space left/);
			assert.equal((await d.request("GET", "/readyz")).status, 503);
			disk.free();
			await until(async () => (await d.request("GET", "/readyz")).status === 200,
				{ seconds: 5, explain: async () => JSON.stringify(await worker(d)) });
			await make(d, "a");
			await d.reaches("a", "connected");
			assert.equal((await d.stop()).code, 0);
		}));

	test("because its worker dies again and again is left to cool down, and the other provider is not disturbed",
		async () => {
			const d = twoProviders((d) => ({ instances: otherInstances(d) }),
				{ worker: { restart_burst: 4, cool_down: "700ms", restart_window: "1m" } });
			try {
				await d.start();
				await make(d, "well");
				await make(d, "ill", { provider: "other" });
				const well = await d.reaches("well", "connected"), ill = await d.reaches("ill", "connected");
				const mine = await worker(d, 0);
				let kills = 0, last;
				await until(async () => {
					const w = await worker(d, 1);
					if (w.pid !== null && w.pid !== last) {
						process.kill((last = w.pid), "SIGKILL");
						kills++;
					}
					return /worker\.cooling/.test(d.log);
				});
				assert.ok(kills >= 4, `${kills} kills`);
				const cooling = await worker(d, 1);
				assert.equal(cooling.state, "cooling");
				assert.ok(Date.parse(cooling.next_start_at) > Date.now());
				assert.match((await d.request("GET", "/readyz")).body.detail, /worker 1 of provider "other" is cooling/);
				assert.equal((await d.account("ill")).status, "connected", "unknown is not dead");
				assert.ok((await d.account("ill")).checking);

				await replaced(d, { pid: last }, 1);
				assert.deepEqual(await adopted(d, "ill"), ill);
				assert.deepEqual(await d.account("well"), well);
				const still = await worker(d, 0);
				assert.deepEqual([still.pid, still.deaths], [mine.pid, 0]);
				assert.equal(creates(d), 2);
				assert.equal((await d.stop()).code, 0);
			} finally {
				await d.kill();
			}
		});
});

// What follows when a connected session drops; the causes are those of include/relink/plugin.h.
const consequences = {
	gone: "comes back", engine_crash: "comes back", engine_hang: "comes back", network: "comes back",
	provider_down: "comes back", replaced: "comes back", cancelled: "comes back", stale: "comes back",
	capacity: "comes back", by_request: "comes back", unknown: "comes back", internal: "comes back",
	throttled: "waits long", refused: "waits long",
	logged_out: "scan_qr", unpaired: "scan_qr", auth_corrupt: "scan_qr", qr_expired: "scan_qr",
	banned: "unblock", tos_block: "unblock", client_outdated: "check_provider", misconfigured: "fix_config",
	poison: "check_provider",
};
const losesLogin = ["logged_out", "unpaired", "auth_corrupt"];

describe("a session that drops", { concurrency: 4 }, () => {
	test("does so for a cause that stands in this table", () => {
		const header = readFileSync(path.join(tree, "include/relink/plugin.h"), "utf8");
		const causes = [...header.matchAll(/\bC\([A-Z_]+, \d+, "([a-z_]+)"/g)].map((m) => m[1]);
		assert.deepEqual(Object.keys(consequences).sort(), causes.filter((c) => c !== "none").sort());
	});

	test("is noticed, whether the provider tells, only lists it as down, or says nothing", () => withDaemon(
		scans, async (d) => {
			const ways = ["vanish", "down", "silent"];
			await Promise.all(ways.map((how) => make(d, how)));
			const first = await Promise.all(ways.map((how) => d.reaches(how, "connected")));
			await Promise.all(ways.map((how) => d.verb(how, "drop", { cause: "engine_crash", how })));
			for (const [i, how] of ways.entries()) {
				await until(async () => (await d.account(how)).generation === 2, { explain: () => how });
				assert.equal((await d.reaches(how, "connected")).profile, first[i].profile);
				const { entries } = await d.ok("GET", `/v1/accounts/${how}/timeline`);
				const causes = entries.map((e) => e.cause);
				assert.ok(causes.includes(how === "silent" ? "gone" : "engine_crash"), `${how}: ${causes}`);
			}
			const judge = new Judge(d.journals());
			assert.ok(ways.every((how) => judge.overlap(how) === 0));
		}));

	test("has for each cause the status and the remedy that belong to it, and comes back by itself where it may", () =>
		withDaemon({ ...scans, incident: { window: "0s" } }, async (d) => {
			// all at once would be an incident, in which nothing is final
			const causes = Object.keys(consequences), id = (cause) => cause.replaceAll("_", "-");
			await Promise.all(causes.map((c) => make(d, id(c))));
			const first = Object.fromEntries(await Promise.all(causes.map(async (c) =>
				[c, await d.reaches(id(c), "connected")])));
			await Promise.all(causes.map((c) => d.verb(id(c), "drop", { cause: c })));

			for (const cause of causes) {
				const what = consequences[cause];
				const settled = (a) => ({
					"comes back": a.status === "connected" && a.generation === 2,
					"waits long": a.phase === "waiting",
				}[what] ?? ["parked", "held"].includes(a.phase));
				let a;
				await until(async () => settled(a = await d.account(id(cause))), { seconds: 5,
					explain: () => `${cause}: ${JSON.stringify(a)}` });
				if (what === "comes back") {
					assert.equal(a.profile, first[cause].profile, `${cause}: without a scan`);
					assert.deepEqual([a.reason.cause, a.user_action], ["none", "none"]);
				} else if (what === "waits long") {
					assert.deepEqual([a.status, a.reason.cause, a.user_action], ["reconnecting", cause, "none"]);
					const wait = Date.parse(a.next_attempt_at) - Date.now();
					assert.ok(wait > 4 * 60000 && wait < 5.6 * 60000, `${cause}: ${wait} ms`);
				} else {
					assert.equal(a.status, what === "scan_qr" ? "disconnected" : "failed", cause);
					assert.deepEqual([a.reason.cause, a.user_action, a.next_attempt_at], [cause, what, null]);
					assert.equal(a.want_connected, true, cause);
				}
			}
			for (const cause of causes) {
				const [entry] = (await d.ok("GET", `/v1/accounts/${id(cause)}/timeline?limit=200`)).entries
					.filter((e) => e.type === "account.status" && e.cause === cause);
				assert.ok(entry, `${cause} stands in the timeline`);
			}

			// Where a person must act, a reconnect is all that is needed then.
			const stopped = causes.filter((c) => consequences[c] !== "comes back");
			const before = new Judge(d.journals());
			for (const c of stopped) assert.equal(before.livesOf(id(c)).length, 1, `${c}: nothing was tried`);
			for (const c of stopped) await d.ok("POST", `/v1/accounts/${id(c)}/reconnect`);
			for (const c of stopped) await d.reaches(id(c), "connected");
			const truth = new Judge(d.journals());
			for (const c of stopped)
				assert.equal(truth.livesOf(id(c)).at(-1).login, losesLogin.includes(c) ? "none" : "good", c);
			assert.deepEqual(truth.lostLogins(), []);
		}));

	test("because it was opened elsewhere comes back once, and then waits for a person", () => withDaemon(
		{ ...scans, policy: { stable_after: "1h" } }, async (d) => {
			await make(d, "a");
			await d.reaches("a", "connected");
			await d.verb("a", "drop", { cause: "replaced" });
			await until(async () => (await d.account("a")).generation === 2);
			await d.reaches("a", "connected");
			await d.verb("a", "drop", { cause: "replaced" });
			const a = await d.reaches("a", "failed");
			assert.deepEqual([a.reason.cause, a.user_action], ["replaced", "unblock"]);
		}));

	test("with a login that will not start twice asks for a scan, and gives the login up only then", () => withDaemon(
		scans, async (d) => {
			await make(d, "a");
			const up = await d.reaches("a", "connected");
			await script(d, "a", { create: { fail: "engine_crash" } });
			await d.verb("a", "drop", { cause: "engine_crash" });
			const parked = await d.reaches("a", "disconnected");
			assert.deepEqual([parked.reason.cause, parked.user_action], ["engine_crash", "scan_qr"]);
			assert.equal(parked.profile, up.profile);
			const tries = new Judge(d.journals()).lines.filter((l) => l.verb === "create" && l.result !== "ok");
			assert.deepEqual(tries.map((l) => l.profile), [up.profile, up.profile]);
			await script(d, "a", { reset: true });
			await d.ok("POST", "/v1/accounts/a/reconnect");
			const again = await d.reaches("a", "connected");
			assert.notEqual(again.profile, up.profile);
		}));

	test("and does not come back in all its attempts is failed, and a person can ask for more", () => withDaemon(
		{ ...scans, policy: { max_attempts: 3 } }, async (d) => {
			await make(d, "a");
			await d.reaches("a", "connected");
			await script(d, "a", { create: { fail: "unknown" } });
			await d.verb("a", "drop", { cause: "unknown" });
			const a = await d.reaches("a", "failed");
			assert.deepEqual([a.reason.cause, a.user_action, a.attempts], ["unknown", "check_provider", 3]);
			assert.equal(new Judge(d.journals()).livesOf("a").length, 1);
			await script(d, "a", { reset: true });
			await d.ok("POST", "/v1/accounts/a/connect");
			assert.equal((await d.reaches("a", "connected")).profile, a.profile);
		}));
});

describe("a provider", { concurrency: 4 }, () => {
	test("that is down for a while costs nobody an attempt, and nobody who was connected anything", () => withDaemon(
		scans, async (d) => {
			await make(d, "up");
			const up = await d.reaches("up", "connected");
			await d.verb("up", "down", { scope: "instance" });
			await d.logs(/ warn +relinkd instance\.unreachable instance=mock-1 cause=network /);
			await make(d, "late");
			const { lists } = new Judge(d.journals());
			await until(() => new Judge(d.journals()).lists > lists + 2);
			const late = await d.account("late");
			assert.deepEqual([late.status, late.phase, late.attempts], ["connecting", "queued", 0]);
			assert.equal((await d.account("up")).status, "connected", "unknown is not dead");
			assert.equal((await d.request("POST", "/v1/accounts/up/check")).status, 502);
			assert.equal(creates(d), 1);
			await d.verb("up", "up");
			await d.reaches("late", "connected");
			assert.deepEqual(await d.account("up"), up);
		}));

	test("that asks for patience with a time gets so much and hardly more", () => withDaemon(
		{ ...scans, policy: { backoff_base: "10ms" } }, async (d) => {
			await make(d, "a", { metadata: { mock: { create: { fail: "throttled", times: 1, retry_after_ms: 500 } } } });
			const a = await until(async () => {
				const a = await d.account("a");
				return a.phase === "waiting" && a;
			});
			assert.deepEqual([a.status, a.reason.cause, a.user_action, a.attempts], ["connecting", "throttled", "none", 0]);
			await d.reaches("a", "connected");
			const [one, two] = new Judge(d.journals()).lines.filter((l) => l.verb === "create");
			assert.ok(two.at - one.at >= 500, `${two.at - one.at} ms`);
			assert.ok(two.at - one.at < 1500, `${two.at - one.at} ms`);
		}));

	test("that is full makes an account wait for room, and starts it when there is some", () => withDaemon(
		{ mock: { ...scans.mock, capacity: 1 }, instance: { capacity: 2 } }, async (d) => {
			await make(d, "a");
			await d.reaches("a", "connected");
			await make(d, "b");
			const b = await until(async () => {
				const b = await d.account("b");
				return b.reason.cause === "capacity" && b;
			});
			assert.deepEqual([b.status, b.user_action, b.attempts], ["connecting", "none", 0]);
			const no = await d.request("POST", "/v1/accounts", { provider: "mock", id: "c" });
			assert.equal(no.status, 503);
			assert.equal(no.body.code, "provider_full");
			assert.match(no.body.detail, /raise their capacity or add an instance/);
			await d.ok("POST", "/v1/accounts/a/disconnect");
			await d.reaches("b", "connected");
			assert.equal((await d.account("a")).status, "disconnected");
		}));
});

describe("a question", { concurrency: 4 }, () => {
	test("for a new QR code always ends in another code", () => withDaemon({ policy: { join_window: 0 } }, async (d) => {
		await make(d, "a");
		await d.reaches("a", "qr_scanning");
		const codes = [(await d.ok("GET", "/v1/accounts/a/qr")).code];
		for (let n = 0; n < 3; n++) {
			const answer = await d.request("POST", "/v1/accounts/a/qr", undefined, { Prefer: "wait=5" });
			assert.equal(answer.status, 200);
			assert.equal(answer.body.account.status, "qr_scanning");
			codes.push(answer.body.qr.code);
		}
		assert.equal(new Set(codes).size, codes.length);
		await d.verb("a", "scan");
		await d.reaches("a", "connected");
		const judge = new Judge(d.journals());
		assert.equal(judge.liveAt("a").length, 1);
		assert.equal(judge.overlap("a"), 0);
	}));

	test("about a session is answered with what the provider says now", () => withDaemon(
		{ ...scans, policy: { list_interval: "10m" } }, async (d) => {
			await d.ok("POST", "/v1/accounts", { provider: "mock", id: "a" });
			const none = await d.request("POST", "/v1/accounts/a/check");
			assert.equal(none.status, 409);
			assert.equal(none.body.code, "no_session");
			await d.ok("POST", "/v1/accounts/a/connect");
			await d.reaches("a", "connected");
			assert.deepEqual(await d.ok("POST", "/v1/accounts/a/check"), { state: "connected", cause: "none", text: "" });
			await script(d, "a", { health: { fail: "refused", times: 1 } });
			const refused = await d.request("POST", "/v1/accounts/a/check");
			assert.equal(refused.status, 502);
			assert.equal(refused.body.code, "provider_error");
			await d.verb("a", "forget");
			const gone = await d.ok("POST", "/v1/accounts/a/check");
			assert.deepEqual([gone.state, gone.cause], ["unknown", "gone"]);
			await until(async () => (await d.account("a")).generation === 2,
				{ explain: async () => JSON.stringify(await d.account("a")) });
			await d.reaches("a", "connected");
		}));

	test("with a verb that the provider does not have, or cannot do now, is refused in its words", () => withDaemon(
		scans, async (d) => {
			await d.ok("POST", "/v1/accounts", { provider: "mock", id: "a" });
			await until(async () => (await d.request("GET", "/readyz")).status === 200);
			const unknown = await d.request("POST", "/v1/accounts/a/verbs/dance", {});
			assert.equal(unknown.status, 422);
			assert.equal(unknown.body.code, "not_supported");
			assert.match(unknown.body.detail, /has no verb "dance"; it has: scan drop/);
			const early = await d.request("POST", "/v1/accounts/a/verbs/scan", {});
			assert.equal(early.status, 502);
			assert.match(early.body.detail, /no QR code is on show; connect the account first/);
			const wrong = await d.request("POST", "/v1/accounts/a/verbs/drop", { cause: "boredom" });
			assert.equal(wrong.status, 422);
			assert.match(wrong.body.detail, /"cause" must be the name of a cause/);
			assert.equal((await d.request("POST", "/v1/accounts/nobody/verbs/scan", {})).status, 404);
		}));
});
