// The old whatsapp-service with its recorded ways, under the real relinkd, worker and webjs-seed.so: what
// Relink shows of each of its deaths and lies, and that it heals, or asks for exactly what a person must do.
//
// Each story has a daemon and a service of its own.  At the end of each: no (session, generation) was asked
// for twice, no id was opened while its old Chromium lived, no account had two, and no worker died.

import assert from "node:assert/strict";
import test, { describe } from "node:test";
import { Daemon, until, withLog } from "../../lib/daemon.mjs";
import { Stream } from "../../lib/events.mjs";
import { KEY, SECRET, SeedFake } from "./fake.mjs";

// options: of the fake; look: look_for_browsers; errors: what an operator may be told
const story = (name, { look = "auto", accounts = 1, policy = {}, ...options }, act) => test(name, { timeout: 120000 }, async (t) => {
	const seed = await SeedFake.start(options);
	const d = new Daemon({
		policy: { join_window: "0", settle: "500ms", list_interval: "400ms", operation_deadline: "3s", start_deadline: "8s", qr_deadline: "1m",
			stable_after: "1m", backoff_base: "50ms", backoff_cap: "300ms", ...policy },
		more: { providers: { "webjs-seed": { workers: 1, starts_per_minute: 60000, start_burst: 1000, instances: [{ id: "old-1", config: {
			url: seed.url, api_key: KEY, webhook_secret: SECRET, workspace_id: "1", poll_interval: "200ms", timeout: "3s", look_for_browsers: look } }] } } },
	});
	const account = (id) => d.account(id);
	const x = {
		t, d, seed, account,
		session: async (id = "a0") => (await account(id)).session_id,
		is: (what, check, id = "a0") => until(async () => {
			const a = await account(id);
			return check(a) && a;
		}, { seconds: 40, every: 30, explain: async () => `${what}: ${JSON.stringify(await account(id))}` }),
		code: (id = "a0", not) => until(async () => {
			const answer = await d.request("GET", `/v1/accounts/${id}/qr`);
			return answer.status === 200 && answer.body.code !== not && answer.body.code;
		}, { seconds: 30, every: 30, explain: async () => JSON.stringify(await account(id)) }),
		post: (what, id = "a0") => d.ok("POST", `/v1/accounts/${id}/${what}`),
		up: (id = "a0", newer = 0) => x.is("connected", (a) => a.status === "connected" && !a.checking && a.generation > newer, id),
		link: async (id = "a0") => {
			await x.post("connect", id);
			await x.code(id);
			seed.scan(await x.session(id));
			return x.up(id);
		},
		lists: async (n) => {
			const from = seed.lists;
			await until(() => seed.lists >= from + n, { seconds: 30, explain: () => "no lists" });
		},
	};
	try {
		await d.start();
		seed.laravel = `http://127.0.0.1:${d.port}`;
		await until(async () => (await d.request("GET", "/readyz")).status === 200);
		for (let i = 0; i < accounts; i++) await d.ok("POST", "/v1/accounts", { provider: "webjs-seed", id: `a${i}` });
		await act(x);
		for (const a of await d.accounts()) {
			const made = seed.asked.filter((c) => c.account === a.id).length;
			assert.ok(made <= a.generation, `${a.id}: ${made} creates for ${a.generation} generations`);
		}
		assert.deepEqual(seed.faults, []);
		assert.equal(seed.headers, 0, "the key is in the body or the query only");
		assert.deepEqual((await d.ok("GET", "/v1/workers")).workers.map((w) => w.deaths), [0]);
		assert.ok(!d.log.includes(KEY) && !d.log.includes(SECRET));
		assert.equal((await d.stop()).code, 0);
	} catch (e) {
		throw withLog(e, d);
	} finally {
		await d.kill();
		seed.stop();
	}
});
// Creates of an id, and how many of its Chromiums lived when each was asked for.
const alive = (seed, id) => seed.asked.filter((c) => c.id === id).map((c) => c.alive);

describe("the old service", { concurrency: 6 }, () => {
	story("its code is a picture, its create blocks, and status says qr_scanning before there is a code", {}, async ({ d, seed, link }) => {
		const up = await link();
		assert.deepEqual([up.phone, up.generation, up.reason.cause], ["628111222333", 1, "none"]);
		const { entries } = await d.ok("GET", "/v1/accounts/a0/timeline?limit=50");
		const way = entries.map((e) => e.status).reverse().filter((status, i, all) => status !== all[i - 1] && status !== "authenticated");
		assert.deepEqual(way.slice(-3), ["connecting", "qr_scanning", "connected"]);
		assert.ok(seed.told.length >= 3 && seed.told.every((w) => w.status === 200), JSON.stringify(seed.told.map((w) => [w.event, w.status])));
		await d.ok("POST", "/v1/accounts/a0/verbs/send", { to: "+62 899-900", text: "hello" });
	});

	story("without its webhooks everything is seen all the same", {}, async ({ seed, link }) => {
		seed.laravel = undefined;
		await link();
	});

	story("404 means not in this process: after an orderly restart the login is opened again, without a scan", { accounts: 3 }, async ({ seed, link, up }) => {
		for (const id of ["a0", "a1", "a2"]) await link(id);
		const before = await up("a0");
		await seed.dies("SIGTERM");
		await seed.boots();
		for (const id of ["a0", "a1", "a2"]) await up(id, 1);
		assert.equal((await up("a0")).session_id, before.session_id, "the id is the login");
		assert.deepEqual(alive(seed, before.session_id), [0, 0]);
	});

	story("killed, it leaves a Chromium that holds the login: Relink names the process, and goes on when that has ended", {}, async ({ seed, link, is, session, up }) => {
		await link();
		const id = await session();
		await seed.dies("SIGKILL");
		await seed.boots();
		const stuck = await is("told what to do", (a) => /end process \d+/.test(a.reason.text));
		const [orphan] = seed.living(id);
		assert.deepEqual([stuck.reason.cause, Number(/end process (\d+)/.exec(stuck.reason.text)[1])], ["provider_down", orphan.pid]);
		assert.deepEqual(alive(seed, id), [0], "it was not asked for again");
		process.kill(orphan.pid, "SIGKILL");
		const again = await up("a0", 1);
		assert.equal(again.session_id, id);
		assert.deepEqual(alive(seed, id), [0, 0]);
	});

	story("where its Chromiums cannot be looked for, such a login fails twice; then a scan under a fresh id is asked for", { look: "off" }, async ({ seed, link, is, session, code, post, up }) => {
		await link();
		const id = await session();
		await seed.dies("SIGKILL");
		await seed.boots();
		const parked = await is("parked", (a) => a.phase === "parked");
		assert.deepEqual([parked.status, parked.user_action, parked.reason.cause], ["disconnected", "scan_qr", "engine_crash"]);
		assert.match(parked.reason.text, /SingletonLock|profile/);
		assert.equal(alive(seed, id).length, 3);
		await post("reconnect");
		await code();
		const fresh = await session();
		assert.notEqual(fresh, id);
		seed.scan(fresh);
		await up();
		assert.deepEqual(seed.faults.splice(0), [`a0 got a second Chromium while ${id} had one`]);
	});

	story("what it restores by itself at its start is adopted, not made again", {}, async ({ seed, link, session, up, lists }) => {
		await link();
		const id = await session();
		await seed.dies("SIGTERM");
		seed.active = { sessions: [{ session_id: id, workspace_id: "1", id: 11 }] };
		await seed.boots();
		await lists(4);
		const now = await up();
		assert.deepEqual([now.generation, now.session_id], [1, id]);
		assert.equal(alive(seed, id).length, 1);
	});

	story("it calls a session connected whose Chromium has died: two lists later that is engine_crash, and it is opened again", {}, async ({ d, seed, link, session, up, lists }) => {
		await link();
		await lists(2); // it was seen
		const stream = new Stream(d);
		await stream.open();
		const id = await session();
		await seed.kill(id);
		assert.equal((await fetch(`${seed.url}/api/sessions/${id}/status?api_key=${KEY}`).then((r) => r.json())).status, "connected");
		const again = await up("a0", 1);
		assert.equal(again.session_id, id);
		assert.ok(stream.events.some((e) => e.data.cause === "engine_crash" && /not there any more/.test(e.data.text)), JSON.stringify(stream.events));
		assert.deepEqual(alive(seed, id), [0, 0]);
	});

	story("the same where nobody looks: two messages that fail tell it", { look: "off" }, async ({ d, seed, link, session, up, lists }) => {
		await link();
		await seed.kill(await session());
		await lists(4);
		assert.equal((await up()).generation, 1, "it lies, and nobody can know");
		for (let i = 0; i < 2; i++)
			assert.equal((await d.request("POST", "/v1/accounts/a0/verbs/send", { to: "628999000111", text: "x" })).status, 502);
		await up("a0", 1);
	});

	story("the Chromium of a session that waits for a scan dies: a new code is shown", {}, async ({ seed, post, code, session, up, lists }) => {
		await post("connect");
		const first = await code();
		await lists(2); // it was seen
		await seed.kill(await session());
		await code("a0", first);
		seed.scan(await session());
		await up("a0", 1);
	});

	story("a browser that dies during its create is made again", {}, async ({ seed, post, code, session, up }) => {
		seed.crashes = 1;
		await post("connect");
		await code();
		seed.scan(await session());
		assert.ok((await up()).generation > 1);
	});

	story("a page that never comes is given up in time, and so the service does not end for all", { accounts: 2, policy: { start_deadline: "2s" } }, async ({ seed, link, post, is, code, session, up }) => {
		await link("a1");
		seed.web = "hangs";
		await post("connect");
		await is("given up", (a) => ["engine_hang", "network"].includes(a.reason.cause));
		await is("tried again", (a) => a.generation > 2);
		assert.equal(seed.deaths, 0);
		assert.equal((await up("a1")).generation, 1);
		const parked = await is("parked: two starts on one profile hung", (a) => a.phase === "parked");
		assert.equal(parked.user_action, "scan_qr");
		seed.web = "ok";
		await post("reconnect");
		await code();
		seed.scan(await session());
		await up();
		assert.equal(seed.deaths, 0);
	});

	story("a message into a frozen Chromium ends the whole service; all are back when it is", { accounts: 2, limitMs: 1000 }, async ({ d, seed, link, session, up }) => {
		await link("a0");
		await link("a1");
		seed.freeze(await session("a0"));
		const { status } = await d.request("POST", "/v1/accounts/a0/verbs/send", { to: "628999000111", text: "x" });
		assert.ok([502, 503, 504].includes(status), String(status));
		await until(() => seed.deaths === 1);
		await seed.boots();
		await up("a0", 1);
		await up("a1", 1);
	});

	story("an end of a frozen Chromium ends the service, and the Chromium stays: Relink names it", { accounts: 2, limitMs: 1500 }, async ({ seed, link, session, up, is, post }) => {
		await link("a0");
		await link("a1");
		const id = await session("a0");
		seed.freeze(id);
		await post("reconnect");
		await until(() => seed.deaths === 1);
		await seed.boots();
		await up("a1", 1);
		const stuck = await is("told what to do", (a) => /end process \d+/.test(a.reason.text));
		assert.equal(Number(/end process (\d+)/.exec(stuck.reason.text)[1]), seed.living(id)[0].pid);
		await seed.kill(id);
		await up("a0", 1);
	});

	story("WhatsApp cannot be reached: network, then the Chromium that is left behind; a new code makes a way around it", {}, async ({ d, seed, post, is, code, session, up }) => {
		seed.web = "refused";
		await post("connect");
		await is("network", (a) => a.reason.cause === "network");
		await d.logs(/account=a0 .*cause=network .*ERR_CONNECTION_REFUSED/); // its reason may say already what it waits for
		const id = await session();
		await is("told what to do", (a) => /end process \d+ .* or ask for a new QR code/.test(a.reason.text));
		assert.deepEqual(alive(seed, id), [0]);
		seed.web = "ok";
		await d.ok("POST", "/v1/accounts/a0/qr", {});
		await code();
		assert.notEqual(await session(), id);
		seed.scan(await session());
		await up();
		assert.deepEqual(seed.faults.splice(0), [`a0 got a second Chromium while ${id} had one`], "which never was at WhatsApp");
	});

	story("a login whose start found no WhatsApp leaves a Chromium behind: it is named, and no second one is tried", {}, async ({ seed, link, post, is, session, up }) => {
		await link();
		const id = await session();
		await post("disconnect");
		await is("disconnected", (a) => a.phase === "idle");
		seed.web = "refused";
		await post("connect");
		await is("told what to do", (a) => /end process \d+/.test(a.reason.text));
		assert.deepEqual(alive(seed, id), [0, 0]);
		seed.web = "ok";
		await seed.kill(id);
		await up("a0", 1);
		assert.deepEqual(alive(seed, id), [0, 0, 0]);
	});

	story("unlinked on the phone, and the same browser shows a new code: Relink shows it and why, and a scan is enough", {}, async ({ seed, link, session, is, code, up }) => {
		await link();
		const id = await session();
		seed.logout(id, 0);
		const out = await is("a code", (a) => a.status === "qr_scanning");
		assert.deepEqual([out.reason.cause, out.user_action, out.generation], ["logged_out", "scan_qr", 1]);
		await code();
		seed.scan(id);
		assert.equal((await up()).generation, 1);
	});

	story("unlinked on the phone, seen before the new code: that browser is ended, and the next reconnect shows a code under a fresh id", {}, async ({ seed, link, session, is, code, up, post }) => {
		await link();
		const id = await session();
		seed.logout(id, 5000);
		const out = await is("parked", (a) => a.phase === "parked");
		assert.deepEqual([out.status, out.reason.cause, out.user_action], ["disconnected", "logged_out", "scan_qr"]);
		assert.equal(seed.held.size, 0);
		await post("reconnect");
		await code();
		assert.notEqual(await session(), id);
		seed.scan(await session());
		await up();
	});

	story("opened elsewhere, and then it says session_reconnected: nobody believes it", {}, async ({ seed, link, session, is, up, post }) => {
		await link();
		const id = await session();
		seed.conflict(id);
		const again = await up("a0", 1); // once
		assert.equal(again.session_id, id);
		await until(() => seed.told.some((w) => w.event === "session_reconnected"));
		seed.conflict(id);
		const held = await is("held", (a) => a.status === "failed");
		assert.deepEqual([held.reason.cause, held.user_action], ["replaced", "unblock"]);
		await post("reconnect");
		await up("a0", 2);
	});

	story("a code that comes after the login, and old news, change nothing", {}, async ({ seed, link, up, lists, session }) => {
		await link();
		const late = seed.told.find((w) => w.event === "qr_code_generated");
		for (const { event, body } of [late, late, ...seed.told.slice()]) await seed.posts(event, body);
		await seed.posts("session_disconnected", JSON.stringify({ event: "session_disconnected", data: { workspace_id: "1", session_id: await session(), reason: "LOGOUT" } }));
		await lists(3);
		assert.equal((await up()).generation, 1);
	});

	story("its DELETE says success for anything, and restore fails always: Relink asks what is really there", {}, async ({ d, seed, link, post, is, session, up }) => {
		await link();
		const id = await session();
		await fetch(`${seed.url}/api/sessions/${id}`, { method: "DELETE", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ api_key: KEY }) });
		await up("a0", 1); // somebody else ended it
		await post("disconnect");
		await is("disconnected", (a) => a.phase === "idle");
		assert.equal(seed.table.size, 0);
		assert.equal((await d.request("POST", "/v1/accounts/a0/verbs/restore", {})).status, 422);
	});

	story("a Chromium takes its time to end: the same id is opened again only when it has", { slowEnd: 2500 }, async ({ seed, link, post, session, up }) => {
		await link();
		const id = await session();
		await post("reconnect");
		const again = await up("a0", 1);
		assert.equal(again.session_id, id);
		assert.deepEqual(alive(seed, id), [0, 0]);
	});

	story("somebody creates a live id once more: its Chromium is listed by nobody, and Relink names it", {}, async ({ seed, link, session, is, up }) => {
		await link();
		const id = await session();
		const second = await fetch(`${seed.url}/api/sessions`, { method: "POST", headers: { "Content-Type": "application/json" },
			body: JSON.stringify({ api_key: KEY, session_id: id, workspace_id: "1", account_id: "a0" }) });
		assert.equal(second.status, 500);
		seed.faults.length = 0;
		seed.asked.pop(); // that was us
		await is("told what to do", (a) => /end process \d+/.test(a.reason.text));
		assert.deepEqual(alive(seed, id), [0]);
		await seed.kill(id);
		await up("a0", 1);
		assert.deepEqual(alive(seed, id), [0, 0]);
	});

	story("a new code by the verb: regenerate-qr never returns one, and Relink has it all the same", {}, async ({ d, seed, post, code, session, up }) => {
		await post("connect");
		const first = await code();
		assert.deepEqual((await d.ok("POST", "/v1/accounts/a0/verbs/qr", {})).result, { expires_in: 300 });
		await until(() => seed.table.size === 1);
		assert.match(first, /^2@/);
		seed.asked.pop(); // its own
		await code();
		seed.scan(await session());
		await up();
	});

	story("nobody scans, and it says nothing: Relink ends the wait, and the browser with it", { policy: { qr_deadline: "1500ms" } }, async ({ seed, post, code, is }) => {
		await post("connect");
		await code();
		const parked = await is("parked", (a) => a.phase === "parked");
		assert.deepEqual([parked.reason.cause, parked.user_action], ["qr_expired", "scan_qr"]);
		await until(() => seed.held.size === 0);
	});

	story("it finds no phone number and says error: that session is opened again", {}, async ({ seed, link, session, up }) => {
		await link();
		seed.noNumber(await session());
		await up("a0", 1);
	});

	story("others' sessions at the same service are left alone", {}, async ({ seed, link, lists, up }) => {
		const other = (id, workspace) => fetch(`${seed.url}/api/sessions`, { method: "POST", headers: { "Content-Type": "application/json" },
			body: JSON.stringify({ api_key: KEY, session_id: id, workspace_id: workspace, account_id: `other-${id}` }) });
		await other("webjs_7_1763287200_aaaaaaaa", 7);
		await other("webjs_1_1763287200_bbbbbbbb", 1); // also in our workspace: its form proves nothing
		await link();
		await lists(4);
		assert.equal(seed.table.size, 3);
		await seed.kill("webjs_7_1763287200_aaaaaaaa");
		await lists(4);
		assert.equal(seed.table.size, 3);
		await up();
	});

	story("its key is wrong, its answer HTML, its liveness always 503: only what matters counts", {}, async ({ d, seed, link, up }) => {
		await link();
		assert.equal((await fetch(`${seed.url}/health/live`)).status, 503);
		assert.equal((await fetch(`${seed.url}/api/sessions`)).status, 401);
		assert.equal((await fetch(`${seed.url}/api/sessions`, { method: "POST", body: "{", headers: { "Content-Type": "application/json" } })).status, 400);
		assert.equal((await up()).generation, 1);
		assert.deepEqual((await d.ok("POST", "/v1/accounts/a0/check")).state, "connected");
	});
});
