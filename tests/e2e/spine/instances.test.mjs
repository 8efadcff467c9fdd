// Several instances of a provider: who goes where, taking one out of use and back, and what becomes of
// the accounts of one that does not answer.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import path from "node:path";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { OldService } from "../dropin/old-service.mjs";
import { Daemon, bin, folder, pooled, until, withDaemon, withLog } from "../lib/daemon.mjs";
import { Judge } from "../lib/judge.mjs";

const run = promisify(execFile);
const scans = { scan_ms: "5ms" };

const make = (d, id, members) =>
	d.ok("POST", "/v1/accounts", { provider: d.provider, id, connect: true, ...members });
const instance = (d, n = 1) => d.ok("GET", `/v1/instances/${d.provider}-${n}`);
const drain = (d, n, headers) => d.request("POST", `/v1/instances/${d.provider}-${n}/drain`, {}, headers);
const resume = (d, n) => d.ok("POST", `/v1/instances/${d.provider}-${n}/resume`, {});
const judge = (d) => new Judge(d.journals());
const linesOf = (d, n, verb) => judge(d).lines.filter((l) => l.place === n - 1 && (!verb || l.verb === verb));
const down = (d, id) => d.verb(id, "down", { scope: "instance" });
const up = (d, id) => d.verb(id, "up", { scope: "instance" });

const reaches = (d, n, state, seconds) => {
	let last;
	return until(async () => (last = await instance(d, n)).state === state && last,
		{ seconds, explain: () => `instance ${n} is ${JSON.stringify(last)}` });
};
const account = (d, id, wanted) => {
	let last;
	return until(async () => wanted(last = await d.account(id)) && last, { explain: () => `${id} is ${JSON.stringify(last)}` });
};
const connectedAt = (d, id, n) =>
	account(d, id, (a) => a.status === "connected" && !a.checking && a.instance === `${d.provider}-${n}`);
const names = (n, prefix = "a") => Array.from({ length: n }, (_, i) => `${prefix}${i}`);

// Accounts that are connected, all of them made at instance `n`: the others take nobody meanwhile.
async function gathered(d, n, ids) {
	const others = d.names.map((_, i) => i + 1).filter((i) => i !== n);
	for (const i of others) await drain(d, i);
	await pooled(ids, 10, (id) => make(d, id));
	for (const id of ids) await connectedAt(d, id, n);
	for (const i of others) await resume(d, i);
}

// So many more lists at instance `n`; resolves with all lines from before the first of them on.
async function moreLists(d, n, count) {
	const from = linesOf(d, n).length, t0 = Date.now();
	const seen = () => linesOf(d, n).slice(from);
	const lines = await until(() => {
		const lines = seen();
		return lines.filter((l) => l.verb === "list").length >= count && lines;
	}, { seconds: 60, every: 50 });
	return { lines, ms: Date.now() - t0 };
}

describe("placement", { concurrency: 3 }, () => {
	test("an instance shows how it is", () => withDaemon({ instances: 2, mock: scans }, async (d) => {
		await make(d, "a");
		await d.reaches("a", "connected");
		const first = await until(async () => {
			const i = await instance(d, 1);
			return i.list.at && i.open === 1 && i;
		});
		assert.equal(first.state, "up");
		assert.equal(first.provider, "mock");
		assert.equal(first.reachable, true);
		assert.equal(first.accounts, 1);
		assert.equal(first.capacity, 100000);
		assert.equal(first.drained, false);
		assert.deepEqual([first.list.failures, first.list.error], [0, null]);
		assert.match(first.boot_id, /^[0-9a-f]{16}$/);
		assert.ok(Date.parse(first.up_since) <= Date.parse(first.answered_at));
		const all = (await d.ok("GET", "/v1/instances")).instances;
		assert.deepEqual(all.map((i) => i.id), ["mock-1", "mock-2"]);
		const none = await d.request("GET", "/v1/instances/mock-9");
		assert.deepEqual([none.status, none.body.code], [404, "instance_not_found"]);
		assert.equal((await d.request("POST", "/v1/instances/mock-9/drain", {})).status, 404);
	}));

	test("accounts spread over instances by their share, and stay where their login lies", () => withDaemon(
		{ instances: 3, mock: scans }, async (d) => {
			for (const id of names(6)) {
				await make(d, id);
				await d.reaches(id, "connected");
			}
			const before = (await d.accounts()).map((a) => a.instance);
			assert.deepEqual([1, 2, 3].map((n) => before.filter((x) => x === `mock-${n}`).length), [2, 2, 2]);
			for (const id of names(6)) {
				await d.ok("POST", `/v1/accounts/${id}/disconnect`, {});
				await d.reaches(id, "disconnected");
			}
			for (const id of names(6)) {
				await d.ok("POST", `/v1/accounts/${id}/connect`, {});
				await d.reaches(id, "connected");
			}
			assert.deepEqual((await d.accounts()).map((a) => a.instance), before);
			assert.equal(judge(d).lines.filter((l) => l.verb === "create" && l.login === "none").length, 6);
		}));

	test("one list an interval is all that fifty connected accounts cost", () => withDaemon(
		{ mock: scans }, async (d) => {
			await pooled(names(50), 10, (id) => make(d, id));
			for (const id of names(50)) await d.reaches(id, "connected");
			await moreLists(d, 1, 4); // whatever was still on its way
			const { lines, ms } = await moreLists(d, 1, 12);
			assert.deepEqual([...new Set(lines.map((l) => l.verb))], ["list"]);
			assert.ok(lines.every((l) => Number(l.n) === 50));
			assert.ok(lines.length <= ms / 250 + 2, `${lines.length} lists in ${ms} ms`);
		}));
});

describe("a drained instance", { concurrency: 3 }, () => {
	test("takes nobody, keeps who is connected, and says why the others wait", () => withDaemon(
		{ instances: 2, mock: scans }, async (d) => {
			await gathered(d, 1, ["a", "b"]);
			const first = await drain(d, 1);
			assert.equal(first.status, 202);
			assert.equal(first.body.instance.state, "draining");
			assert.equal(first.body.instance.drained, false);
			const said = (what) => d.log.split(`instance.${what}`).filter((after) => after.startsWith(" instance=mock-1 ")).length;
			await until(() => said("draining") === 1);
			assert.equal(said("drained"), 0, d.log);
			for (const id of names(3, "n")) await make(d, id);
			for (const id of names(3, "n")) await connectedAt(d, id, 2);
			await connectedAt(d, "a", 1);
			const creates = linesOf(d, 1, "create").length;

			await d.verb("a", "drop", { cause: "engine_crash" });
			const waits = await account(d, "a", (a) => a.phase === "queued");
			assert.match(waits.reason.text, /instance "mock-1" is drained; resume it, or ask for a new QR code/);
			assert.equal(waits.user_action, "check_provider");
			await until(async () => (await d.ok("GET", "/v1/accounts/a/timeline")).entries
				.some((e) => e.type === "account.status" && /is drained/.test(e.text)));
			const asked = await d.request("POST", "/v1/accounts/a/connect", {});
			assert.equal(asked.status, 202);
			await moreLists(d, 1, 3);
			assert.equal((await d.account("a")).phase, "queued");
			assert.equal(linesOf(d, 1, "create").length, creates);

			assert.equal((await d.request("POST", "/v1/accounts/a/qr", {})).body.code, "login_would_be_lost");
			await d.ok("POST", "/v1/accounts/a/qr", { force: true });
			await connectedAt(d, "a", 2);
			await d.ok("POST", "/v1/accounts/b/disconnect", {});
			assert.equal((await reaches(d, 1, "drained")).drained, true);
			assert.equal((await drain(d, 1)).status, 200);
			await until(() => said("drained") === 1);
			assert.equal(said("draining"), 1, d.log);
			assert.equal(linesOf(d, 1, "create").length, creates);

			await d.kill();
			await d.start();
			assert.equal((await reaches(d, 1, "drained")).accounts, 1);
			await d.ok("POST", "/v1/accounts/b/connect", {});
			await account(d, "b", (b) => b.phase === "queued");
			assert.equal((await resume(d, 1)).instance.drained, false);
			await connectedAt(d, "b", 1);
			assert.equal(judge(d).liveAt("a").length, 1);
		}));

	test("is drained once for an Idempotency-Key, whatever came after", () => withDaemon(
		{ instances: 2 }, async (d) => {
			const key = { "Idempotency-Key": "drain-1" };
			assert.equal((await drain(d, 1, key)).status, 200);
			await resume(d, 1);
			const again = await drain(d, 1, key);
			assert.equal(again.headers["idempotency-replayed"], "true");
			assert.equal(again.body.instance.drained, false);
			const other = await d.request("POST", "/v1/instances/mock-2/drain", {}, key);
			assert.equal(other.body.code, "idempotency_key_reused");
		}));

	test("refuses new accounts when all are drained", () => withDaemon({ instances: 1 }, async (d) => {
		await drain(d, 1);
		const no = await d.request("POST", "/v1/accounts", { provider: "mock", id: "a" });
		assert.deepEqual([no.status, no.body.code], [503, "provider_full"]);
		assert.match(no.body.detail, /drained/);
	}));

	for (const provider of ["mock", "mock-listable"])
		test(`becomes empty by itself where credentials are shared, without a scan (${provider})`, () => withDaemon(
			{
				provider, instances: 3, mock: { ...scans, logins: path.join(folder(), "logins") },
				rate: { shared_credentials: true }, instance: { concurrent_starts: 2 },
			}, async (d) => {
				const ids = names(8);
				await gathered(d, 1, ids);
				await drain(d, 1);
				await reaches(d, 1, "drained", 60);
				for (const id of ids)
					await account(d, id, (a) => a.status === "connected" && a.instance !== `${provider}-1`);
				const truth = judge(d), last = linesOf(d, 1, "create").at(-1);
				for (const id of ids) {
					assert.equal(truth.livesOf(id).length, 2);
					assert.equal(truth.overlap(id), 0);
					assert.equal(truth.livesOf(id).at(-1).login, "good");
					assert.equal((await d.account(id)).attempts, 0);
				}
				assert.equal(linesOf(d, 1, "create").length, ids.length, JSON.stringify(last));
				assert.deepEqual([1, 2, 3].map((n) => truth.lives.filter((l) => l.place === n - 1 && l.end === undefined).length), [0, 4, 4]);
				const events = (await d.ok("GET", `/v1/accounts/${ids[0]}/timeline`)).entries;
				assert.ok(events.some((e) => e.type === "account.moved" && /it is drained/.test(e.text)));
			}));

	test("becomes empty also when the instance that its accounts have gone to answers no more", () => withDaemon(
		{
			instances: 3, mock: { ...scans, logins: path.join(folder(), "logins") }, instance: { concurrent_starts: 2 },
			rate: { shared_credentials: true },
		}, async (d) => {
			const ids = names(8), at = async (n) => (await d.accounts()).filter((a) => a.instance === `mock-${n}`);
			const starts = async (perMinute, burst) => {
				const from = d.log.length;
				Object.assign(d.config.providers.mock, { starts_per_minute: perMinute, start_burst: burst });
				d.writeConfig();
				d.child.kill("SIGHUP");
				await d.logs(/conf\.reloaded/, { from });
			};
			await gathered(d, 1, ids);
			await starts(1, 1);
			await drain(d, 3);
			await drain(d, 1);
			const [first] = await until(async () => {
				const queued = (await at(2)).filter((a) => a.phase === "queued");
				return queued.length === 2 && queued;
			});
			await down(d, first.id);
			await reaches(d, 2, "down");
			const stay = (await at(2)).length;
			await resume(d, 3);
			await until(async () => (await at(3)).length >= 2, { explain: async () => JSON.stringify(await d.accounts()) });
			await starts(60000, 1000);
			await reaches(d, 1, "drained", 60);
			assert.deepEqual([(await at(1)).length, (await at(2)).length], [0, stay]);
			await up(d, first.id);
			for (const id of ids) await d.reaches(id, "connected");
			for (const id of ids) assert.equal(judge(d).overlap(id), 0);
		}));
});

describe("an instance that does not answer", { concurrency: 3 }, () => {
	test("costs one question a time, whatever the number of its accounts, and nobody starts before it answers", () => withDaemon(
		{ mock: scans }, async (d) => {
			await pooled(names(50), 10, (id) => make(d, id));
			for (const id of names(50)) await d.reaches(id, "connected");
			for (const id of names(10)) {
				await d.ok("POST", `/v1/accounts/${id}/disconnect`, {});
				await d.reaches(id, "disconnected");
			}
			await down(d, "a49");
			await reaches(d, 1, "down");
			for (const id of names(10)) await d.ok("POST", `/v1/accounts/${id}/connect`, {});
			for (const id of names(10, "a1")) await d.ok("POST", `/v1/accounts/${id}/disconnect`, {});
			await make(d, "new");
			const { lines, ms } = await moreLists(d, 1, 12);
			assert.deepEqual([...new Set(lines.map((l) => l.verb))], ["list"]);
			assert.ok(lines.length <= ms / 250 + 8, `${lines.length} questions in ${ms} ms`);
			const i = await instance(d);
			assert.deepEqual([i.state, i.reachable], ["down", false]);
			assert.ok(i.list.failures >= 12);
			assert.match(i.list.error, /ECONNREFUSED/);
			for (const id of [...names(10), "new"]) {
				const a = await d.account(id);
				assert.deepEqual([a.phase, a.attempts], ["queued", 0]);
				assert.match(a.reason.text, /does not answer .*; the account waits for it/);
			}
			const before = linesOf(d, 1, "create").length;
			await up(d, "a49");
			const gone = names(10, "a1"), back = [...names(50).filter((id) => !gone.includes(id)), "new"];
			for (const id of back) await d.reaches(id, "connected");
			for (const id of gone) await d.reaches(id, "disconnected");
			await until(() => gone.every((id) => judge(d).liveAt(id).length === 0));
			const after = linesOf(d, 1);
			const next = after.slice(after.findIndex((l) => l.verb === "up")).find((l) => l.verb === "list" || l.verb === "create");
			assert.equal(next.verb, "list");
			assert.equal(linesOf(d, 1, "create").length, before + 11);
		}));

	test("keeps its accounts waiting, at no attempt, and those without a login go elsewhere", () => withDaemon(
		{ instances: 2, mock: scans }, async (d) => {
			await gathered(d, 1, ["a", "idle"]);
			await d.ok("POST", "/v1/accounts/idle/disconnect", {});
			await d.reaches("idle", "disconnected");
			await drain(d, 2);
			await make(d, "never", { connect: false });
			await resume(d, 2);
			await down(d, "a");
			await reaches(d, 1, "down");
			await d.ok("POST", "/v1/accounts/never/connect", {});
			await connectedAt(d, "never", 2);
			await d.ok("POST", "/v1/accounts/idle/connect", {});
			await moreLists(d, 1, 5);
			const waits = await d.account("idle");
			assert.deepEqual([waits.phase, waits.attempts, waits.instance], ["queued", 0, "mock-1"]);
			assert.match(waits.reason.text, /instance "mock-1" does not answer/);
			await d.ok("POST", "/v1/accounts/idle/qr", { force: true });
			await connectedAt(d, "idle", 2);
			assert.equal((await d.account("a")).instance, "mock-1");
			await up(d, "a");
			await connectedAt(d, "a", 1);
			assert.equal(judge(d).livesOf("a").length, 1);
		}));

	for (const provider of ["mock", "mock-listable"])
		test(`gives its accounts to others after move_after, and what it had is ended when it is back (${provider})`, () => withDaemon(
			{
				provider, instances: 3, mock: { ...scans, logins: path.join(folder(), "logins") },
				rate: { shared_credentials: true, when_down: "move", move_after: "600ms" },
				errors: /instance\.given_up/,
			}, async (d) => {
				const ids = names(6);
				await gathered(d, 1, [...ids, "stays"]);
				await d.ok("POST", "/v1/accounts/stays/disconnect", {});
				await d.reaches("stays", "disconnected");
				await d.verb(ids[0], "drop", { how: "down", cause: "engine_crash" });
				await down(d, "stays");
				await d.logs(/instance\.given_up/);
				for (const id of ids)
					await account(d, id, (a) => a.status === "connected" && a.instance !== `${provider}-1`);
				assert.equal((await instance(d)).given_up, true);
				assert.equal((await d.account("stays")).instance, `${provider}-1`);
				for (const id of ids.slice(1)) assert.equal(judge(d).liveAt(id).length, 2, "that is its price");
				assert.equal(judge(d).lines.filter((l) => l.verb === "create" && l.login === "none").length, ids.length + 1);
				await up(d, "stays");
				await until(() => ids.every((id) => judge(d).liveAt(id).length === 1));
				await until(async () => (await instance(d)).ending === 0);
				for (const id of ids) {
					const a = await d.account(id);
					assert.deepEqual([a.status, a.attempts], ["connected", 0]);
					assert.notEqual(judge(d).liveAt(id)[0].place, 0);
				}
				assert.deepEqual([(await instance(d)).state, (await instance(d)).given_up], ["up", false]);
			}));

	test("keeps good logins that nobody else has, also when accounts shall move", () => withDaemon(
		{
			instances: 2, mock: scans, rate: { when_down: "move", move_after: "400ms" },
			errors: /instance\.given_up/,
		}, async (d) => {
			await gathered(d, 1, ["a", "b"]);
			await d.ok("POST", "/v1/accounts/b/disconnect", {});
			await d.reaches("b", "disconnected");
			await down(d, "a");
			await d.logs(/instance\.given_up/);
			await d.ok("POST", "/v1/accounts/b/connect", {});
			await moreLists(d, 1, 4);
			assert.match((await d.account("b")).reason.text, /does not answer .* or ask for a new QR code/);
			for (const id of ["a", "b"]) assert.equal((await d.account(id)).instance, "mock-1");
			await up(d, "a");
			for (const id of ["a", "b"]) await connectedAt(d, id, 1);
			assert.equal(linesOf(d, 2, "create").length, 0);
		}));
});

describe("an instance that is not configured any more", { concurrency: 2 }, () => {
	const without = async (d, change = () => {}) => {
		const [first, ...others] = d.config.providers[d.provider].instances;
		await d.stop();
		d.config.providers[d.provider].instances = others;
		change(d.config.providers[d.provider]);
		d.writeConfig();
		await d.start();
		return first;
	};

	test("leaves its accounts visible, and a new QR code moves them", () => withDaemon(
		{ instances: 2, mock: scans }, async (d) => {
			await gathered(d, 1, ["a", "b"]);
			const first = await without(d);
			const a = await d.account("a");
			assert.equal(a.user_action, "fix_config");
			assert.match(a.reason.text, /instance "mock-1" is not configured; add it/);
			await d.logs(/account\.unconfigured account=a/);
			await reaches(d, 2, "up");
			const no = await d.request("POST", "/v1/accounts/a/connect", {});
			assert.equal(no.body.code, "provider_unavailable");
			assert.equal((await d.request("POST", "/v1/accounts/a/qr", {})).body.code, "login_would_be_lost");
			await d.ok("POST", "/v1/accounts/a/qr", { force: true });
			await connectedAt(d, "a", 2);
			// what it left behind is ended when its old instance is there again
			await d.stop();
			d.config.providers.mock.instances.unshift(first);
			d.writeConfig();
			await d.start();
			await connectedAt(d, "b", 1);
			await until(() => judge(d).liveAt("a").length === 1);
			await connectedAt(d, "a", 2);
		}));

	test("lets them be deleted: they are forgotten at once, and their sessions end when it is back", () => withDaemon(
		{ instances: 2, mock: scans }, async (d) => {
			await gathered(d, 1, ["a", "b", "ending"]);
			await down(d, "b");
			await reaches(d, 1, "down");
			assert.equal((await d.request("DELETE", "/v1/accounts/ending")).status, 204);
			const first = await without(d);
			assert.equal((await d.request("DELETE", "/v1/accounts/a")).status, 204);
			await d.stop();
			const from = d.log.length;
			await d.start();
			await d.logs(/account\.unconfigured account=b/, { from });
			assert.doesNotMatch(d.log.slice(from), /account\.unconfigured account=(a|ending)/);
			assert.equal(judge(d).liveAt("a").length + judge(d).liveAt("ending").length, 2);
			await d.stop();
			d.config.providers.mock.instances.unshift(first);
			d.writeConfig();
			await d.start();
			await reaches(d, 1, "down");
			await up(d, "b");
			await until(() => judge(d).liveAt("a").length + judge(d).liveAt("ending").length === 0);
			await connectedAt(d, "b", 1);
			assert.deepEqual((await d.accounts()).map((a) => a.id), ["b"]);
		}));

	test("gives them to others by itself where they shall move and credentials are shared", () => withDaemon(
		{ instances: 2, mock: { ...scans, logins: path.join(folder(), "logins") }, rate: { shared_credentials: true } },
		async (d) => {
			await gathered(d, 1, ["a", "b"]);
			await without(d, (p) => (p.when_down = "move"));
			for (const id of ["a", "b"]) {
				await connectedAt(d, id, 2);
				assert.equal(judge(d).livesOf(id).at(-1).login, "good");
			}
		}));
});

// Where a session's id is its credentials too: the old service, which all instances share the logins of.
describe("a session that was left at an instance that is not configured any more", { concurrency: 2 }, () => {
	class Keeper extends OldService {
		keeps = false;
		async take(request, response) {
			if (!this.keeps || request.method !== "DELETE") return super.take(request, response);
			response.writeHead(200, { "Content-Type": "application/json" });
			response.end(JSON.stringify({ success: true })); // a lie
		}
	}
	const withOld = async (story) => {
		const services = [await new Keeper().listen(), await new Keeper().listen()];
		const instances = services.map((s, i) => ({ id: `old-${i + 1}`, config: { ...s.config, look_for_browsers: "off" } }));
		const d = new Daemon({ more: { providers: { "webjs-seed": { shared_credentials: true, starts_per_minute: 60000, instances } } } });
		const restart = async (...configured) => {
			await d.stop();
			d.config.providers["webjs-seed"].instances = configured;
			d.writeConfig();
			await d.start();
		};
		try {
			await d.start();
			await d.ok("POST", "/v1/accounts", { provider: "webjs-seed", id: "a", connect: true });
			await account(d, "a", (a) => a.status === "connected" && !a.checking && a.instance === "old-1");
			await story(d, services, instances, restart);
			assert.equal((await d.stop()).code, 0);
		} catch (e) {
			throw withLog(e, d);
		} finally {
			await d.kill();
			for (const s of services) await s.close();
		}
	};
	const connected = (d) => account(d, "a", (a) => a.status === "connected" && !a.checking && a.instance === "old-2");

	test("holds nobody back who is on a new login since", () => withOld(async (d, services, [, second], restart) => {
		await restart(second);
		await until(async () => (await d.ok("GET", "/v1/instances/old-2")).state === "up");
		await d.ok("POST", "/v1/accounts/a/qr", { force: true });
		const { generation } = await connected(d);
		await restart(second);
		await connected(d);
		await d.ok("POST", "/v1/accounts/a/disconnect", {});
		await d.reaches("a", "disconnected");
		await d.ok("POST", "/v1/accounts/a/connect", {});
		await account(d, "a", (a) => a.status === "connected" && a.generation > generation);
	}));

	test("is waited for when it may be on the same login, and what to do about it is said", () => withOld(
		async (d, services, [first, second], restart) => {
			services[0].keeps = true;
			await d.ok("POST", "/v1/instances/old-1/drain", {});
			const waits = await account(d, "a", (a) => a.instance === "old-2" && a.phase === "queued");
			assert.match(waits.reason.text, /starts when its last session, at instance "old-1", is proven gone/);
			await restart(second);
			const stuck = await account(d, "a", (a) => a.user_action === "fix_config");
			assert.match(stuck.reason.text,
				/gone, at instance "old-1", which is not configured; add that to the configuration again, or ask for a new QR code, or delete/);
			assert.equal(services[1].sessions.size, 0);
			services[0].keeps = false;
			await restart(first, second);
			await connected(d);
			assert.deepEqual(services.map((s) => s.sessions.size), [0, 1]);
		}));
});

test("relinkctl lists, shows, drains and resumes instances", () => withDaemon(
	{ instances: 2, mock: scans }, async (d) => {
		const ctl = async (...args) => (await run(path.join(bin, "relinkctl"),
			["--socket", path.join(d.state, "relink.sock"), ...args])).stdout;
		await make(d, "a");
		await d.reaches("a", "connected");
		assert.match(await ctl("instance", "list"), /mock-1 +mock +up /);
		assert.equal(JSON.parse(await ctl("instance", "show", "mock-1", "--json")).accounts, 1);
		assert.match(await ctl("instance", "drain", "mock-2"), /mock-2 is drained/);
		assert.match(await ctl("instance", "list"), /mock-2 +mock +drained /);
		assert.match(await ctl("instance", "resume", "mock-2"), /mock-2 is up/);
		assert.deepEqual((await ctl("instance", "list", "-q")).trim().split("\n"), ["mock-1", "mock-2"]);
		await assert.rejects(ctl("instance", "drain", "nowhere"), /instance_not_found/);
	}));
