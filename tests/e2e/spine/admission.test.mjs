// Who starts when: workspaces take turns, a person goes first, starts follow how they go, QR codes are
// capped and renewed on demand, and what waits is told when its turn will come.

import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { folder, pooled, until, withDaemon } from "../lib/daemon.mjs";
import { Judge } from "../lib/judge.mjs";
import { run } from "../relinkctl/run.mjs";

const slow = { backoff_base: "1s", backoff_cap: "1s", start_deadline: "1h" };
const scans = { scan_ms: "5ms", qr_ms: "5ms", auth_ms: "5ms" };
const names = (n, prefix) => Array.from({ length: n }, (_, i) => `${prefix}${i}`);

const make = (d, id, members) => d.ok("POST", "/v1/accounts", { provider: d.provider, id, ...members });
const connect = (d, id) => d.ok("POST", `/v1/accounts/${id}/connect`, {});
const instance = (d, n = 1) => d.ok("GET", `/v1/instances/${d.provider}-${n}`);
const creates = (d) => new Judge(d.journals()).lines.filter((l) => l.verb === "create");
const when = (d, id, wanted, seconds) => {
	let last;
	return until(async () => wanted(last = await d.account(id)) && last,
		{ seconds, explain: () => `${id} is ${JSON.stringify(last)}` });
};

// Accounts that are logged in and connected; then all their sessions drop at once, so that all want to be
// started again by themselves.
async function outage(d, accounts) {
	await pooled(accounts, 10, async ([id, workspace]) => {
		await make(d, id, { workspace, connect: true });
		await d.reaches(id, "connected");
	});
	const from = creates(d).length;
	await d.verb(accounts[0][0], "behave", { scope: "instance", resume_ms: 400 });
	await pooled(accounts, 50, ([id]) => d.verb(id, "drop", { cause: "engine_crash" }));
	return () => creates(d).slice(from);
}

describe("admission", { concurrency: 3 }, () => {
	test("a workspace with 90 % of the accounts does not delay another one's", () => withDaemon(
		{ mock: scans, instance: { concurrent_starts: 3 }, policy: slow, incident: { window: "0s" } },
		async (d) => {
			const big = names(36, "big"), small = names(4, "small");
			const lines = await outage(d, [...big.map((id) => [id, "acme"]), ...small.map((id) => [id, "shop"])]);
			const order = await until(() => {
				const all = lines().map((l) => l.account);
				return new Set(all).size >= 40 && all;
			}, { seconds: 60, explain: () => lines().map((l) => l.account).join(" ") });
			const last = Math.max(...small.map((id) => order.indexOf(id)));
			// In turns they are among the first ten or so; in one line they would be anywhere in forty.
			assert.ok(last < 20, order.join(" "));
		}));

	test("who clicks in a storm goes first, though all slots are taken", () => withDaemon(
		{ mock: scans, instance: { concurrent_starts: 3 }, policy: slow, incident: { window: "0s" } }, async (d) => {
			const crowd = names(40, "a");
			await make(d, "me", { connect: true });
			await d.reaches("me", "connected");
			await d.ok("POST", "/v1/accounts/me/disconnect", {});
			await d.reaches("me", "disconnected");
			const lines = await outage(d, crowd.map((id) => [id, "acme"]));
			await d.verb("a0", "behave", { scope: "instance", resume_ms: 60000 }); // slow, and no failure
			await until(async () => {
				const i = await instance(d);
				return i.queued > 20 && i.starting >= i.starts_allowed;
			});
			const t0 = Date.now();
			await connect(d, "me");
			const mine = await until(() => lines().find((l) => l.account === "me"));
			assert.ok(mine.at - t0 < 5000);
			await until(async () => (await instance(d)).starting === 3); // the others keep to their two
		}));

	test("an instance begins low, and is given more as starts go well; failures take half away", () => withDaemon(
		{ mock: { ...scans, resume_ms: "20ms" }, instance: { concurrent_starts: 20 } }, async (d) => {
			await make(d, "a", { connect: true });
			await d.reaches("a", "connected");
			const first = (await instance(d)).starts_allowed;
			assert.ok(first <= 3, `${first}`);
			const ids = names(60, "b");
			await pooled(ids, 30, (id) => make(d, id, { connect: true }));
			for (const id of ids) await d.reaches(id, "connected");
			const wide = (await instance(d)).starts_allowed;
			assert.ok(wide > first, `${wide} after ${first}`);
			await d.verb("a", "behave", { scope: "instance", create: { fail: "engine_crash", times: 1 } });
			await d.verb("b0", "drop", { cause: "engine_crash" });
			await d.logs(/instance\.slower instance=mock-1 starts_allowed=\d+/);
			const i = await until(async () => {
				const now = await instance(d);
				return now.starts_allowed < wide && now;
			});
			assert.ok(i.starts_allowed >= Math.floor(wide / 2) - 1, JSON.stringify(i));
			await d.reaches("b0", "connected");
		}));

	test("a start that waits is told when its turn will come, and nobody guesses", () => withDaemon(
		{ mock: { ...scans, resume_ms: "700ms" }, instance: { concurrent_starts: 2 }, policy: slow, incident: { window: "0s" } },
		async (d) => {
			const ids = names(12, "a");
			const lines = await outage(d, ids.map((id) => [id, "acme"]));
			const waiting = await until(async () => {
				const one = (await d.accounts()).filter((a) => a.phase === "queued");
				return one.length > 4 && one.every((a) => a.estimated_start_at) && one;
			});
			const times = waiting.map((a) => Date.parse(a.estimated_start_at));
			assert.ok(Math.max(...times) > Math.min(...times), "who is further behind starts later");
			const i = await instance(d);
			assert.ok(i.queued > 0 && i.queue_drained_in_ms > 0, JSON.stringify(i));
			assert.ok(i.queue_drained_in_ms < 60000, JSON.stringify(i));
			const ctl = (...args) => run(args, { env: { RELINK_SOCKET: path.join(d.state, "relink.sock") } });
			assert.match((await ctl("instance", "list")).stdout, /^mock-1 .* ~\d+s /m);
			assert.match((await ctl("list")).stdout, / ~(in \d+s|now) /);
			await d.ok("POST", "/v1/instances/mock-1/drain", {});
			const stuck = await until(async () => (await d.accounts()).find((a) => a.phase === "queued"));
			assert.equal(stuck.estimated_start_at, null);
			assert.equal((await instance(d)).queue_drained_in_ms, null);
			await d.ok("POST", "/v1/instances/mock-1/resume", {});
			for (const id of ids) await d.reaches(id, "connected");
			const done = await d.account("a0");
			assert.equal(done.estimated_start_at, null);
			assert.equal((await instance(d)).queue_drained_in_ms, 0);
			assert.ok(lines().length >= 12);
		}));
});

describe("QR codes", { concurrency: 3 }, () => {
	test("are capped, waited for with a reason, and freed by a scan", () => withDaemon(
		{ mock: { qr_ms: "5ms", auth_ms: "5ms" }, instance: { max_qr_waiting: 2 }, policy: { qr_deadline: "1h" } },
		async (d) => {
			for (const id of ["a", "b"]) {
				await make(d, id, { connect: true });
				await d.reaches(id, "qr_scanning");
			}
			await make(d, "c", { connect: true });
			const c = await when(d, "c", (a) => /QR codes/.test(a.reason.text));
			assert.match(c.reason.text, /^2 QR codes are waiting for a scan at instance "mock-1"; this account shows its code when/);
			assert.deepEqual([c.phase, c.estimated_start_at], ["queued", null]);
			const i = await instance(d);
			assert.deepEqual([i.qr_waiting, i.qr_allowed], [2, 2]);
			assert.equal(i.queue_drained_in_ms, null);
			await d.verb("a", "scan");
			await d.reaches("a", "connected");
			await d.reaches("c", "qr_scanning");
			assert.equal(creates(d).filter((l) => l.account === "c").length, 1);
			// Who has a login waits behind no code.
			await d.ok("POST", "/v1/accounts/a/reconnect", {});
			await d.reaches("a", "connected");
			assert.equal((await instance(d)).qr_waiting, 2);
		}));

	test("expire at no cost, and one call renews one", () => withDaemon(
		{ mock: { qr_ms: "5ms", auth_ms: "5ms" }, instance: { max_qr_waiting: 1 }, policy: { qr_deadline: "300ms" } },
		async (d) => {
			await make(d, "a", { connect: true });
			await make(d, "b", { connect: true }); // waits for the code of a, and gets its own then
			for (const id of ["a", "b"]) {
				const parked = await when(d, id, (x) => x.phase === "parked");
				assert.deepEqual([parked.status, parked.reason.cause, parked.user_action, parked.estimated_start_at],
					["disconnected", "qr_expired", "scan_qr", null]);
			}
			assert.equal((await instance(d)).qr_waiting, 0);
			const none = await d.request("GET", "/v1/accounts/a/qr");
			assert.deepEqual([none.status, none.body.code], [404, "no_qr"]);
			assert.match(none.body.detail, /is disconnected, cause qr_expired and shows no QR code\. POST \/v1\/accounts\/a\/qr makes one/);
			const renewed = await d.request("POST", "/v1/accounts/a/qr", {}, { prefer: "wait=10" });
			assert.equal(renewed.status, 200, JSON.stringify(renewed.body));
			assert.match(renewed.body.qr.code, /^2@mock/);
			await when(d, "a", (x) => x.phase === "parked");
		}));

	test("a login that turns out to be dead shows none too many", async () => {
		const logins = path.join(folder(), "logins");
		await withDaemon({ mock: { ...scans, logins }, instance: { max_qr_waiting: 1 }, policy: { qr_deadline: "1h" } },
			async (d) => {
				await make(d, "a", { connect: true });
				const { profile } = await d.reaches("a", "connected");
				await d.verb("a", "behave", { scope: "instance", scan_ms: 0 });
				await make(d, "b", { connect: true });
				await d.reaches("b", "qr_scanning");
				rmSync(path.join(logins, profile));
				await d.verb("a", "drop", { cause: "engine_crash" });
				const a = await when(d, "a", (x) => x.phase === "parked");
				assert.deepEqual([a.status, a.reason.cause, a.user_action], ["disconnected", "qr_expired", "scan_qr"]);
				assert.equal((await instance(d)).qr_waiting, 1);
				assert.equal((await d.account("b")).status, "qr_scanning");
			});
	});
});
