// Hands off: while automation is paused nothing starts, ends or moves by itself, people are obeyed, and
// afterwards everything goes on.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import path from "node:path";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { bin, folder, pooled, until, withDaemon } from "../lib/daemon.mjs";
import { Judge } from "../lib/judge.mjs";
import { scrape } from "../lib/metrics.mjs";

const run = promisify(execFile);
const scans = { scan_ms: "5ms" };
const names = (n, prefix = "a") => Array.from({ length: n }, (_, i) => `${prefix}${i}`);
const make = (d, id, members) =>
	d.ok("POST", "/v1/accounts", { provider: d.provider, id, connect: true, ...members });
const linesOf = (d, verb) => new Judge(d.journals()).lines.filter((l) => l.verb === verb);
const pause = (d, where, reason = "an incident", more = {}) => d.ok("PUT", `/v1/pauses/${where}`, { reason, ...more });
const resume = (d, where) => d.ok("DELETE", `/v1/pauses/${where}`);
const account = (d, id, wanted) => {
	let last;
	return until(async () => wanted(last = await d.account(id)) && last, { explain: () => `${id} is ${JSON.stringify(last)}` });
};
const connected = async (d, ids, members) => {
	await pooled(ids, 10, (id) => make(d, id, members));
	for (const id of ids) await d.reaches(id, "connected");
};
// So many more lists, so that everything that would have been done would have been.
async function moreLists(d, count) {
	const from = linesOf(d, "list").length;
	await until(() => linesOf(d, "list").length >= from + count, { seconds: 60, every: 50 });
}

describe("hands off", { concurrency: 3 }, () => {
	test("what dies stays down and is shown; a person's wish is done; then all come back", () => withDaemon(
		{ mock: scans }, async (d) => {
			await connected(d, names(4), { workspace: "acme" });
			await connected(d, ["other"], { workspace: "zeta" });
			const { pause: p } = await pause(d, "workspace/acme", "their phones move");
			assert.deepEqual([p.scope, p.name, p.reason, p.until, p.by], ["workspace", "acme", "their phones move", null, null]);
			const paused = async () => ["everything", "provider", "workspace", "account"].map(
				((figures) => (scope) => figures.of("relink_automation_pauses", { scope }))(await scrape(d)));
			assert.deepEqual(await paused(), [0, 0, 1, 0]);
			const creates = linesOf(d, "create").length;
			for (const id of ["a0", "a1", "a2", "other"]) await d.verb(id, "drop", { cause: "engine_crash" });
			for (const id of ["a0", "a1", "a2"]) {
				const a = await account(d, id, (a) => a.phase === "queued");
				assert.equal(a.status, "disconnected");
				assert.match(a.reason.text, /^automation is paused for workspace acme since 20.* by the admin: their phones move; resume with relinkctl resume --workspace acme$/);
				assert.deepEqual([a.paused.scope, a.paused.name], ["workspace", "acme"]);
				assert.equal(a.want_connected, true);
			}
			await d.reaches("other", "connected");
			assert.equal((await d.account("other")).paused, null);
			await moreLists(d, 4);
			assert.equal(linesOf(d, "create").length, creates + 1); // the other workspace's
			await d.ok("POST", "/v1/accounts/a0/reconnect", {});
			await d.reaches("a0", "connected");
			await d.ok("POST", "/v1/accounts/a3/disconnect", {});
			await d.reaches("a3", "disconnected");
			assert.equal((await d.account("a1")).phase, "queued");
			await resume(d, "workspace/acme");
			assert.deepEqual(await paused(), [0, 0, 0, 0]);
			for (const id of ["a0", "a1", "a2"]) await d.reaches(id, "connected");
			assert.equal((await d.account("a3")).status, "disconnected");
			const none = await d.request("DELETE", "/v1/pauses/workspace/acme");
			assert.deepEqual([none.status, none.body.code], [404, "pause_not_found"]);
			const entries = (await d.ok("GET", "/v1/accounts/a1/timeline")).entries;
			assert.ok(entries.some((e) => e.status === "disconnected"));
		}));

	test("a code that nobody scans is not taken away, and a pause of one account is its own", () => withDaemon(
		{ mock: { scan_ms: "600s" }, policy: { qr_deadline: "300ms" } }, async (d) => {
			await make(d, "a");
			await make(d, "b");
			await d.reaches("a", "qr_scanning");
			await pause(d, "account/a");
			await d.reaches("b", "disconnected"); // its code expired
			await moreLists(d, 4);
			assert.equal((await d.account("a")).status, "qr_scanning");
			await resume(d, "account/a");
			await d.reaches("a", "disconnected");
			assert.equal((await d.account("a")).reason.cause, "qr_expired");
		}));

	test("a restart forgets no pause, and one with an end ends by itself", () => withDaemon(
		{ mock: scans }, async (d) => {
			await connected(d, names(3));
			await pause(d, "everything", "outage");
			await d.verb("a0", "drop", { cause: "engine_crash" });
			await account(d, "a0", (a) => a.phase === "queued" && a.status === "disconnected");
			await d.kill();
			await d.start();
			const { pauses } = await d.ok("GET", "/v1/pauses");
			assert.deepEqual(pauses.map((p) => [p.scope, p.name, p.reason]), [["everything", null, "outage"]]);
			const creates = linesOf(d, "create").length;
			await moreLists(d, 4);
			assert.equal(linesOf(d, "create").length, creates);
			assert.equal((await d.account("a0")).status, "disconnected");
			await pause(d, "everything", "outage", { for_seconds: 1 });
			await d.reaches("a0", "connected");
			assert.deepEqual((await d.ok("GET", "/v1/pauses")).pauses, []);
		}));

	test("a drained instance is emptied only when automation goes on", () => withDaemon(
		{
			instances: 2, mock: { ...scans, logins: path.join(folder(), "logins") },
			rate: { shared_credentials: true },
		}, async (d) => {
			const ids = names(4), at = async (n) => (await d.accounts()).filter((a) => a.instance === `mock-${n}`).length;
			await connected(d, ids);
			assert.equal(await at(1), 2);
			await pause(d, "provider/mock");
			await d.ok("POST", "/v1/instances/mock-1/drain", {});
			await moreLists(d, 8);
			assert.equal(await at(1), 2);
			assert.equal((await d.ok("GET", "/v1/instances/mock-1")).state, "draining");
			await resume(d, "provider/mock");
			await until(async () => (await d.ok("GET", "/v1/instances/mock-1")).state === "drained");
			for (const id of ids) await d.reaches(id, "connected");
			assert.equal(await at(2), 4);
			const bad = await d.request("PUT", "/v1/pauses/provider/nobody", { reason: "x" });
			assert.deepEqual([bad.status, bad.body.code], [422, "provider_not_found"]);
			assert.equal((await d.request("PUT", "/v1/pauses/everything", {})).status, 400);
		}));

	test("keys of one workspace pause it and nothing else", () => withDaemon({ mock: scans }, async (d) => {
		const { key } = await d.ok("POST", "/v1/keys", { role: "operator", workspace: "acme" });
		const as = { Authorization: `Bearer ${key}` };
		const asked = (method, url, body) => d.request(method, url, body, as);
		await connected(d, ["z"], { workspace: "zeta" });
		assert.equal((await asked("PUT", "/v1/pauses/everything", { reason: "x" })).status, 403);
		assert.equal((await asked("PUT", "/v1/pauses/workspace/zeta", { reason: "x" })).status, 403);
		assert.equal((await asked("PUT", "/v1/pauses/account/z", { reason: "x" })).status, 404);
		const mine = await asked("PUT", "/v1/pauses/workspace/acme", { reason: "x" });
		assert.equal(mine.status, 200);
		assert.match(mine.body.pause.by, /^[0-9a-f]{8}$/);
		await pause(d, "workspace/zeta");
		assert.deepEqual((await asked("GET", "/v1/pauses")).body.pauses.map((p) => p.name), ["acme"]);
		assert.equal((await asked("DELETE", "/v1/pauses/workspace/zeta")).status, 403);
		assert.equal((await asked("DELETE", "/v1/pauses/workspace/acme")).status, 204);
	}));

	test("relinkctl pauses, lists and resumes", () => withDaemon({ mock: scans }, async (d) => {
		const ctl = (...args) => run(path.join(bin, "relinkctl"), [...args, "--socket", path.join(d.state, "relink.sock")]);
		await connected(d, ["a"]);
		const said = await ctl("pause", "--workspace", "default", "--reason", "a test", "--for", "2h");
		assert.match(said.stdout, /automation is paused for workspace default/);
		assert.match((await ctl("pauses")).stdout, /workspace default +\d+m?s .*in 1h59m|workspace default .*in 2h/);
		assert.equal(JSON.parse((await ctl("pauses", "--json")).stdout).pauses.length, 1);
		assert.match((await ctl("resume", "--workspace", "default")).stdout, /goes on/);
		assert.match((await ctl("pauses")).stderr, /paused nowhere/);
		const wrong = await ctl("pause", "--reason", "x").catch((e) => e);
		assert.equal(wrong.code, 2);
		assert.match(wrong.stderr, /pause what/);
	}));
});
