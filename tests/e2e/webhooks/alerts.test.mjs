// Alerts: what somebody should look at is told once and taken back once, to the list and to webhooks.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Daemon, fast, pooled, until, withLog } from "../lib/daemon.mjs";
import { Judge } from "./judge.mjs";

const alerts = async (d, query = "", headers) => (await d.ok("GET", `/v1/alerts${query}`, undefined, headers)).alerts;
const open = async (d) => (await alerts(d)).map((a) => [a.kind, a.subject]);

// A daemon and a webhook for alerts.  `d.told()`: what came of them, in order, each once.
const story = (tell, options = {}) => async () => {
	const judge = await new Judge().listen();
	const d = new Daemon({ ...options, mock: { ...fast, scan_ms: "10ms", ...options.mock }, more: {
		...options.more, webhooks: { allow_private: "127.0.0.1", retry_base: "10ms" } } });
	const other = [];
	try {
		await d.start();
		judge.secrets.push((await d.ok("POST", "/v1/webhooks", { url: judge.url, events: ["alert.*"] })).secret);
		d.told = () => [...new Map(judge.got.map((e) => [e.id, e])).values()]
			.map((e) => [e.type, e.data.data.kind, e.data.data.subject]);
		d.hears = (n) => until(() => d.told().length >= n && d.told(), { explain: () => JSON.stringify(judge.got) });
		await tell(d, judge, other);
		await d.stop();
		assert.deepEqual(judge.wrong, []);
	} catch (e) {
		throw withLog(e, d);
	} finally {
		await d.kill();
		await Promise.all([judge, ...other].map((j) => j.close()));
	}
};

const connected = async (d, id, more) => {
	await d.ok("POST", "/v1/accounts", { provider: "mock", id, connect: true, ...more });
	await d.reaches(id, "connected");
};
const loggedOut = async (d, id) => {
	await d.verb(id, "logout");
	await d.reaches(id, "disconnected");
};
const raised = (kind, subject) => ["alert.raised", kind, subject];
const cleared = (kind, subject) => ["alert.cleared", kind, subject];

describe("alerts", { concurrency: 3 }, () => {
	test("an account needs a person: told once, and cleared by the scan only", story(async (d, judge) => {
		await connected(d, "a", { workspace: "acme" });
		await d.ok("POST", "/v1/accounts", { provider: "mock", id: "never-linked", connect: false });
		assert.deepEqual(await open(d), []);
		await d.verb("a", "behave", { scope: "instance", scan_ms: 0 });
		await loggedOut(d, "a");
		const [one, ...more] = await alerts(d);
		assert.deepEqual(more, []);
		assert.deepEqual([one.kind, one.subject, one.account, one.workspace, one.provider, one.cause, one.user_action],
			["needs_person", "a", "a", "acme", "mock", "logged_out", "scan_qr"]);
		assert.match(one.text, /scan it with the phone/);
		// A code that nobody scans is no help yet; and who was never linked waits without an alert.
		await d.ok("POST", "/v1/accounts/a/qr", {});
		await d.ok("POST", "/v1/accounts/never-linked/connect");
		await d.reaches("a", "qr_scanning");
		await d.reaches("never-linked", "qr_scanning");
		assert.deepEqual((await alerts(d)).map((a) => a.id), [one.id]);
		await d.verb("a", "scan");
		await d.reaches("a", "connected");
		assert.deepEqual(await d.hears(2), [raised("needs_person", "a"), cleared("needs_person", "a")]);
		assert.deepEqual(await open(d), []);
		const [up, down] = judge.got.map((e) => e.data);
		assert.deepEqual([up.account, up.workspace, up.data.alert, down.data.alert], ["a", "acme", one.id, one.id]);
		assert.equal(up.seq, one.id, "an alert is called by the line that told of it");
		const says = (await d.ok("GET", "/v1/accounts/a/timeline?limit=100")).entries.map((e) => e.says);
		assert.ok(says.some((s) => /^Somebody should look: .*scan it/.test(s)), says.join("\n"));
		assert.match(await d.ok("GET", "/metrics"), /^relink_alerts\{kind="needs_person"\} 0$/m);
	}));

	test("an account that is deleted or wanted no more needs nobody", story(async (d) => {
		for (const id of ["gone", "unwanted"]) {
			await connected(d, id);
			await loggedOut(d, id);
		}
		assert.equal((await open(d)).length, 2);
		await d.ok("DELETE", "/v1/accounts/gone");
		await d.ok("POST", "/v1/accounts/unwanted/disconnect");
		const told = await d.hears(4);
		assert.deepEqual(told.slice(2).sort(), [cleared("needs_person", "gone"), cleared("needs_person", "unwanted")]);
		assert.deepEqual(await open(d), []);
	}));

	test("an account that is lost again and again is a loop", story(async (d) => {
		await connected(d, "a");
		for (let loss = 0; loss < 3; loss++) {
			await d.reaches("a", "connected");
			await d.verb("a", "drop", { cause: "engine_crash", how: "down" });
			await until(async () => (await d.account("a")).status !== "connected");
		}
		assert.deepEqual(await d.hears(1), [raised("reconnect_loop", "a")]);
		await d.ok("POST", "/v1/accounts/a/connect"); // a person takes care of it
		assert.deepEqual(await d.hears(2), [raised("reconnect_loop", "a"), cleared("reconnect_loop", "a")]);
	}, { policy: { flap_losses: 3, flap_window: "1h", flap_wait: "1h" }, incident: { window: "0s" } }));

	test("an incident is one alert, whatever it does to its accounts", story(async (d) => {
		const ids = Array.from({ length: 20 }, (_, i) => `a${i}`);
		await pooled(ids, 10, (id) => connected(d, id));
		await d.verb("a0", "behave", { scope: "instance", create: { fail: "client_outdated" } });
		await d.verb("a0", "drop", { scope: "instance", cause: "engine_crash", how: "down" });
		const { id } = await until(async () => (await d.ok("GET", "/v1/incidents")).incidents[0]);
		await until(async () => (await d.ok("GET", `/v1/incidents/${id}`)).failed_rounds >= 2);
		const [one, ...more] = await alerts(d);
		assert.deepEqual([one.kind, one.subject, one.account, one.provider, more], ["incident", `${id}`, null, "mock", []]);
		await d.verb("a0", "behave", { scope: "instance", create: { fail: null } });
		await until(async () => (await d.ok("GET", `/v1/incidents/${id}`)).closed_at !== null, { seconds: 30 });
		assert.deepEqual(await d.hears(2), [raised("incident", `${id}`), cleared("incident", `${id}`)]);
		assert.deepEqual(await open(d), []);
	}, { policy: { max_attempts: 3 } }));

	test("a worker that dies too often is one until it serves again, also over a restart", story(async (d) => {
		const worker = async () => (await d.ok("GET", "/v1/workers")).workers[0];
		let last;
		await until(async () => {
			const { pid } = await worker();
			if (pid !== null && pid !== last) process.kill((last = pid), "SIGKILL");
			return (await open(d)).length > 0;
		});
		assert.match((await alerts(d))[0].text, /^worker 0 died too often: /);
		await d.kill();
		await d.start();
		await until(async () => (await worker()).state === "ready");
		assert.deepEqual(await d.hears(2), [raised("worker_quarantined", "0"), cleared("worker_quarantined", "0")]);
	}, { worker: { restart_burst: 3, cool_down: "1h", restart_window: "1h" } }));

	test("a webhook that takes nothing is one; another one hears of it", story(async (d, judge, other) => {
		const stuck = await new Judge({ answer: () => 500 }).listen();
		other.push(stuck);
		const { id } = await d.ok("POST", "/v1/webhooks", { url: stuck.url, events: ["account.*"], workspace: "acme" });
		await connected(d, "a", { workspace: "acme" });
		assert.deepEqual(await d.hears(1), [raised("outbox_stuck", id)]);
		const [one] = await alerts(d);
		assert.deepEqual([one.account, one.workspace], [null, "acme"]);
		assert.match(one.text, /its oldest event has waited for \d+ s, and the last try failed: .*500.*relinkctl webhook show/);
		await d.kill();
		await d.start();
		assert.deepEqual((await alerts(d)).map((a) => a.id), [one.id]);
		stuck.answer = () => 200;
		assert.deepEqual(await d.hears(2), [raised("outbox_stuck", id), cleared("outbox_stuck", id)]);
		stuck.answer = () => 500;
		await d.ok("POST", "/v1/accounts/a/disconnect");
		await d.hears(3);
		await d.ok("DELETE", `/v1/webhooks/${id}`);
		assert.deepEqual((await d.hears(4)).at(-1), cleared("outbox_stuck", id));
	}, { more: { alerts: { outbox_stuck_after: "1s" } } }));

	for (const point of ["engine.alert.raised", "engine.alert.cleared"])
		test(`killed at ${point}: told once`, story(async (d) => {
			await connected(d, "a");
			await d.verb("a", "behave", { scope: "instance", scan_ms: 10 });
			await d.kill();
			await d.start({ RELINK_KILL: `${point}:1` });
			await until(async () => (await d.account("a")).checking === false);
			await d.verb("a", "logout").catch(() => {});
			while (d.running() && (await d.account("a").catch(() => ({}))).status !== "disconnected");
			if (d.running()) await d.ok("POST", "/v1/accounts/a/qr", {}).catch(() => {});
			await d.exited;
			await d.start();
			await until(async () => { // by itself, or it was parked
				const { status, checking } = await d.account("a");
				if (status === "disconnected") await d.ok("POST", "/v1/accounts/a/qr", {}).catch(() => {});
				return status === "connected" && !checking && d.told().length >= 2;
			});
			assert.deepEqual(await d.hears(2), [raised("needs_person", "a"), cleared("needs_person", "a")]);
			const lines = (await d.ok("GET", "/v1/accounts/a/timeline?limit=200")).entries.map((e) => e.type);
			assert.equal(lines.filter((t) => t === "alert.raised").length, 1);
		}));

	test("a key of one workspace sees that workspace's; the list is filtered and comes in pages", story(async (d) => {
		const ids = ["a", "b", "c"];
		for (const id of ids) {
			await connected(d, id, { workspace: id === "c" ? "other" : "acme" });
			await loggedOut(d, id);
		}
		const { key } = await d.ok("POST", "/v1/keys", { role: "viewer", workspace: "acme" });
		const as = { Authorization: `Bearer ${key}` };
		assert.deepEqual((await alerts(d, "", as)).map((a) => a.subject), ["b", "a"], "newest first");
		assert.deepEqual(await alerts(d, "?workspace=other", as), []);
		assert.deepEqual((await alerts(d, "?workspace=other")).map((a) => a.subject), ["c"]);
		assert.deepEqual((await alerts(d, "?account=b")).map((a) => a.subject), ["b"]);
		assert.deepEqual(await alerts(d, "?kind=incident"), []);
		assert.equal((await alerts(d, "?kind=needs_person")).length, 3);
		const seen = [];
		for (let before = ""; before !== null;) {
			const page = await d.ok("GET", `/v1/alerts?limit=1${before && `&before=${before}`}`);
			assert.equal(page.alerts.length, 1);
			seen.push(page.alerts[0].subject);
			before = page.next_before;
		}
		assert.deepEqual(seen, ["c", "b", "a"]);
		for (const query of ["?kind=nonsense", "?limit=0", "?before=0", "?what=1"])
			assert.equal((await d.request("GET", `/v1/alerts${query}`)).status, 400, query);
	}));
});
