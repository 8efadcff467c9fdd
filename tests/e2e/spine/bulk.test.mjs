// Work on many accounts: which ones, at a rate, each at most once also when the core dies on the way, and
// never before somebody who waits.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import path from "node:path";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { bin, pooled, until, withDaemon as withAny } from "../lib/daemon.mjs";
import { Judge } from "../lib/judge.mjs";

const run = promisify(execFile);
// Whoever has just been connected by a person is left alone for the join window.
const withDaemon = (options, story) => withAny({ policy: { join_window: "1ms" }, ...options }, story);
const scans = { scan_ms: "5ms" };
const names = (n, prefix = "a") => Array.from({ length: n }, (_, i) => `${prefix}${i}`);
const make = (d, id, members) =>
	d.ok("POST", "/v1/accounts", { provider: d.provider, id, connect: true, ...members });
const judge = (d) => new Judge(d.journals());
const connected = async (d, ids, members) => {
	await pooled(ids, 10, (id) => make(d, id, members));
	for (const id of ids) await d.reaches(id, "connected");
};
const bulk = (d, action, selector, more = {}) => d.ok("POST", "/v1/bulk", { action, selector, ...more });
const job = (d, id) => d.ok("GET", `/v1/bulk/${id}`);
const ended = (d, id) => {
	let last;
	return until(async () => (last = await job(d, id)).state !== "running" && last,
		{ seconds: 60, explain: () => JSON.stringify(last) });
};

describe("work on many", { concurrency: 3 }, () => {
	test("a dry run says which, a job does it at its rate, and others are left alone", () => withDaemon(
		{ mock: scans }, async (d) => {
			await connected(d, names(6), { workspace: "acme" });
			await connected(d, ["z"], { workspace: "zeta" });
			await d.ok("POST", "/v1/accounts/a5/disconnect", {});
			await d.reaches("a5", "disconnected");
			const plan = await bulk(d, "reconnect", { workspace: "acme" }, { dry_run: true, rate_per_minute: 600 });
			assert.deepEqual([plan.total, plan.need_scan, plan.takes_s], [5, 0, 1]);
			assert.deepEqual(plan.accounts.map((a) => a.id), names(5)); // a5 is not wanted
			assert.deepEqual((await d.ok("GET", "/v1/bulk")).jobs, []);
			const t0 = Date.now();
			const begun = await bulk(d, "reconnect", { workspace: "acme" }, { rate_per_minute: 300 });
			assert.deepEqual([begun.state, begun.total, begun.rate_per_minute], ["running", 5, 300]);
			const done = await ended(d, begun.id);
			assert.deepEqual([done.state, done.done, done.failed, done.left, done.skipped], ["done", 5, 0, 0, 0]);
			assert.ok(Date.now() - t0 >= 700, "five at 300 a minute take 0.8 s");
			for (const id of names(5)) await d.reaches(id, "connected");
			for (const id of names(5)) assert.equal(judge(d).livesOf(id).length, 2);
			assert.equal(judge(d).livesOf("z").length, 1);
			assert.equal((await d.account("a5")).status, "disconnected");
		}));

	test("a core that dies on the way goes on where it was: each account once", () => withDaemon(
		{ mock: scans }, async (d) => {
			const ids = names(30);
			await connected(d, ids);
			const { id } = await bulk(d, "reconnect", { provider: "mock" }, { rate_per_minute: 600 });
			for (const n of [6, 15]) {
				await until(async () => (await job(d, id)).done >= n);
				await d.kill();
				await d.start();
			}
			const done = await ended(d, id);
			assert.equal(done.total, 30);
			for (const a of ids) await d.reaches(a, "connected");
			const lives = ids.map((a) => judge(d).livesOf(a).length);
			assert.ok(lives.every((n) => n <= 2), `${lives}`);
			// who was on its way when the core died is not asked again, and has its new session all the same
			assert.equal(done.done + done.failed + done.skipped, 30);
			assert.equal(lives.filter((n) => n === 2).length, done.done);
		}));

	test("no faster than starts are possible, and a person goes first", () => withDaemon(
		{ mock: { ...scans, resume_ms: "300ms" }, instance: { concurrent_starts: 1 } }, async (d) => {
			await connected(d, names(8));
			const { id } = await bulk(d, "reconnect", { everything: true }, { rate_per_minute: 6000 });
			let waited = false;
			await until(async () => {
				const j = await job(d, id);
				waited ||= /as many starts/.test(j.waits ?? "");
				const down = (await d.accounts()).filter((a) => a.status !== "connected").length;
				assert.ok(down <= 3, `${down} are down at once`);
				return j.done >= 3;
			});
			assert.ok(waited);
			const before = (await job(d, id)).done;
			const t0 = await d.ok("POST", "/v1/accounts/a7/reconnect", {}, { Prefer: "wait=30" });
			assert.equal(t0.account.status, "connected");
			assert.ok((await job(d, id)).done - before <= 3, "one click waits for one start, not for the job");
			await ended(d, id);
		}));

	test("what costs logins is not offered, nor is everything by mistake; a job can be cancelled", () => withDaemon(
		{ mock: scans }, async (d) => {
			const refused = async (body, status, code) => {
				const r = await d.request("POST", "/v1/bulk", body);
				assert.deepEqual([r.status, r.body.code], [status, code], JSON.stringify(r.body));
				return r.body.detail;
			};
			assert.match(await refused({ action: "regenerate", selector: { workspace: "a" } }, 400, "invalid_field"), /account by account/);
			assert.match(await refused({ action: "reconnect", selector: {} }, 400, "invalid_field"), /at least one of/);
			await refused({ action: "reconnect" }, 400, "invalid_field");
			for (const dry_run of [false, true])
				assert.match(await refused({ action: "disconnect", selector: { label_prefix: "" }, dry_run }, 400, "invalid_field"), /"label_prefix" must be text of 1 to/);
			await refused({ action: "reconnect", selector: { ids: ["a", "a"] } }, 400, "invalid_field");
			await refused({ action: "reconnect", selector: { status: "fine" } }, 400, "invalid_field");
			await connected(d, names(4));
			const first = await bulk(d, "reconnect", { ids: ["a1", "a3", "nobody"] }, { rate_per_minute: 6000 });
			assert.deepEqual([first.total, first.selector.ids], [2, ["a1", "a3", "nobody"]]);
			assert.equal((await ended(d, first.id)).done, 2);
			const slow = await bulk(d, "disconnect", { everything: true }, { rate_per_minute: 1 });
			await until(async () => (await job(d, slow.id)).done === 1);
			for (let i = 0; i < 3; i++) await bulk(d, "disconnect", { workspace: "none" }, { rate_per_minute: 1 }).then((j) => ended(d, j.id));
			const gone = await d.ok("DELETE", `/v1/bulk/${slow.id}`);
			assert.deepEqual([gone.state, gone.done, gone.left], ["cancelled", 1, 3]);
			assert.equal((await d.accounts()).filter((a) => a.want_connected).length, 3);
			const none = await d.request("GET", "/v1/bulk/bulk_000000000000");
			assert.deepEqual([none.status, none.body.code], [404, "job_not_found"]);
			const running = [];
			for (let i = 0; i < 4; i++) running.push(await bulk(d, "disconnect", { everything: true }, { rate_per_minute: 1 }));
			assert.match(await refused({ action: "connect", selector: { everything: true } }, 409, "too_many_jobs"), /cancel it/);
			for (const j of running) await d.ok("DELETE", `/v1/bulk/${j.id}`);
		}));

	test("a key of one workspace reaches no other, and a pause holds a job", () => withDaemon({ mock: scans }, async (d) => {
		const { key } = await d.ok("POST", "/v1/keys", { role: "operator", workspace: "acme" });
		const as = { Authorization: `Bearer ${key}` };
		await connected(d, names(2), { workspace: "acme" });
		await connected(d, ["z"], { workspace: "zeta" });
		const foreign = await bulk(d, "reconnect", { workspace: "zeta" });
		await ended(d, foreign.id);
		assert.equal((await d.request("GET", `/v1/bulk/${foreign.id}`, undefined, as)).status, 404);
		assert.equal((await d.request("DELETE", `/v1/bulk/${foreign.id}`, undefined, as)).status, 404);
		const theirs = await d.request("POST", "/v1/bulk", { action: "reconnect", selector: { workspace: "zeta" } }, as);
		assert.equal(theirs.status, 403);
		await d.ok("PUT", "/v1/pauses/workspace/acme", { reason: "x" });
		const mine = await d.request("POST", "/v1/bulk", { action: "reconnect", selector: { everything: true }, rate_per_minute: 6000 }, as);
		assert.deepEqual([mine.status, mine.body.total], [202, 2]);
		await until(async () => /paused/.test((await job(d, mine.body.id)).waits ?? ""));
		assert.equal((await job(d, mine.body.id)).done, 0);
		await d.ok("DELETE", "/v1/pauses/workspace/acme");
		assert.equal((await ended(d, mine.body.id)).done, 2);
		for (const id of ["a0", "a1"]) await d.reaches(id, "connected");
	}));

	test("relinkctl asks before, and shows how far it is", () => withDaemon({ mock: scans }, async (d) => {
		const ctl = (...args) => run(path.join(bin, "relinkctl"), [...args, "--socket", path.join(d.state, "relink.sock")]).catch((e) => e);
		await connected(d, names(3));
		const dry = await ctl("bulk", "reconnect", "--workspace", "default", "--dry-run");
		assert.match(dry.stderr, /reconnect: 3 accounts, at 60 a minute, takes at least 3s/);
		assert.match(dry.stdout, /a0 +default +connected/);
		const asked = await ctl("bulk", "reconnect", "--workspace", "default");
		assert.equal(asked.code, 2);
		assert.match(asked.stderr, /add --yes/);
		const begun = await ctl("bulk", "reconnect", "--workspace", "default", "--rate", "6000", "--yes");
		const id = /^(bulk_[0-9a-f]{12})$/m.exec(begun.stdout)[1];
		assert.equal((await ended(d, id)).done, 3);
		assert.match((await ctl("bulk", "list")).stdout, new RegExp(`${id} +reconnect +done +3 +3 +0`));
		assert.equal(JSON.parse((await ctl("bulk", "show", id, "--json")).stdout).done, 3);
		assert.match((await ctl("bulk", "cancel", id)).stdout, /is done: 3 done/);
	}));
});
