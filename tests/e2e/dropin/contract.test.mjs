// The drop-in face as the seed's application uses it: its calls, its key in its places, its examples.

import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { Daemon, fast, folder, quick, until, withDaemon } from "../lib/daemon.mjs";
import { Judge } from "../lib/judge.mjs";
import { readCode } from "../relinkctl/qr-read.mjs";
import { KEY, modules, picture, plain, Seed } from "./seed.mjs";

const on = (more) => ({ more: { dropin: { api_key: KEY, wait: "10s", ...more } } });
const story = (options, tell) => () => withDaemon({ ...on(), ...options }, (d) => tell(d, new Seed(d)));
const textOf = (url) => readCode(modules(url)).toString();
const only = async (d) => {
	const all = await d.accounts();
	assert.equal(all.length, 1);
	return all[0];
};
const scan = async (d) => d.verb((await only(d)).id, "scan");
const says = (seed, status) => until(async () => (await seed.look()).body.status === status,
	{ explain: () => `${seed.session} is ${seed.status}` });

describe("drop-in", { concurrency: 3 }, () => {
	test("create shows a QR, a scan connects, and everything tells so", story({}, async (d, seed) => {
		seed.mint();
		assert.deepEqual(await seed.look().then((a) => [a.status, a.body]), [404, { error: "Session not found" }]);
		const made = await seed.create();
		assert.equal(made.status, 200);
		assert.equal(made.body.success, true);
		assert.equal(made.body.session_id, seed.session);
		assert.equal(made.body.status, "qr_scanning");

		const { id, workspace } = await only(d);
		assert.deepEqual([id, workspace], [seed.session, "1"]);
		const raw = (await d.ok("GET", `/v1/accounts/${id}/qr`)).code;
		assert.equal(textOf(made.body.qr_code), raw, "a camera reads the account's code");
		assert.ok(picture(made.body.qr_code).width >= 256);
		const meta = (await seed.get(`/api/sessions/${seed.session}/metadata`)).body;
		assert.equal(textOf(meta.metadata.qrCode), raw);
		assert.deepEqual([meta.metadata.workspaceId, meta.metadata.accountId, meta.metadata.status], [1, 11, "qr_scanning"]);

		const early = (await seed.look()).body;
		assert.deepEqual([early.phone_number, early.workspace_id, "connected_at" in early], [null, 1, false]);
		const cannot = (await seed.get(`/api/messages/${seed.session}/validate`)).body;
		assert.deepEqual([cannot.can_send, cannot.is_healthy, cannot.recommendations],
			[false, true, ["Session is waiting for QR code scan"]]);

		await scan(d);
		await says(seed, "connected");
		const status = (await seed.look()).body;
		assert.match(status.phone_number, /^999\d+$/);
		assert.match(status.connected_at, /^\d{4}-.*Z$/);
		const listed = await seed.get("/api/sessions");
		assert.deepEqual(listed.body, { success: true, total: 1, sessions: [{
			session_id: seed.session, workspace_id: 1, status: "connected",
			phone_number: status.phone_number, connected_at: status.connected_at }] });
		assert.equal((await seed.get(`/api/messages/${seed.session}/validate`)).body.can_send, true);
		assert.equal("qrCode" in (await seed.get(`/api/sessions/${seed.session}/metadata`)).body.metadata, false);
	}));

	// The seed's bug, with its own call: POST /api/sessions/{old_session_id}/reconnect.
	test("reconnect of a session that no longer exists gives a QR", story({}, async (d, seed) => {
		const began = Date.now();
		const answer = await seed.reconnectAsBefore("webjs_1_1763287200_deadbeef");
		assert.equal(answer.status, 200);
		assert.deepEqual(Object.keys(answer.body).slice(0, 3), ["success", "message", "qr_code"]);
		assert.equal(answer.body.success, true);
		assert.equal(answer.body.message, "Session reconnection initiated");
		assert.match(answer.body.qr_code, /^data:image\/png;base64,/);
		assert.ok(Date.now() - began < 5000, "within 5 seconds");
		assert.equal(answer.body.session_id, "webjs_1_1763287200_deadbeef");
		await scan(d);
		seed.session = "webjs_1_1763287200_deadbeef";
		await says(seed, "connected");
	}));

	test("a session that the phone ended comes back with a QR, by its old id", story(
		{}, async (d, seed) => {
			seed.mint();
			await seed.create();
			await scan(d);
			await says(seed, "connected");
			await d.verb(seed.session, "logout");
			await says(seed, "disconnected");
			const again = await seed.reconnectAsBefore();
			assert.equal(again.status, 200);
			assert.match(again.body.qr_code, /^data:image\/png/);
			assert.equal(again.body.session_id, seed.session);
			const account = await only(d);
			assert.equal(account.generation, 2);
			await scan(d);
			await says(seed, "connected");
		}));

	test("each click mints a new id, and all of them are one account", story(
		{ mock: { scan_ms: "20ms" } }, async (d, seed) => {
			const ids = [];
			for (let click = 0; click < 4; click++) {
				seed.status = "disconnected"; // its database, which missed what happened
				assert.equal((await seed.reconnect()).status, 200);
				ids.push(seed.session);
				await says(seed, "connected");
			}
			assert.equal(new Set(ids).size, 4);
			for (const id of ids) {
				const { status, body } = await seed.look(id);
				assert.equal(status, 200);
				assert.deepEqual([body.session_id, body.status], [ids.at(-1), "connected"], "its last id is told");
			}
			const account = await only(d);
			assert.equal(account.id, ids[0]);
			assert.deepEqual(account.metadata.dropin,
				{ session_ids: ids.slice().reverse(), workspace_id: 1, account_id: 11 });
			const judge = new Judge(d.journals());
			assert.equal(judge.liveAt(account.id).length, 1);
			assert.equal(judge.livesOf(account.id).length, 1, "a create disturbs nothing that lives");

			await d.kill();
			await d.start();
			for (const id of ids) assert.equal((await seed.look(id)).status, 200, "also after a crash");
			seed.mint();
			assert.equal((await seed.create()).body.status, "connected");
			await only(d);
		}));

	test("two clicks at once, with two ids, are one account and one session", story({}, async (d) => {
		const tabs = Array.from({ length: 8 }, () => new Seed(d));
		const answers = await Promise.all(tabs.map((tab, i) => {
			tab.mint();
			return i % 2 ? tab.create() : tab.reconnectAsBefore();
		}));
		assert.deepEqual(answers.map((a) => a.status), Array(8).fill(200));
		assert.equal(new Set(answers.map((a) => a.body.qr_code)).size, 1);
		const account = await only(d);
		assert.equal(new Judge(d.journals()).livesOf(account.id).length, 1);
		for (const tab of tabs) assert.equal((await tab.look()).status, 200);
	}));

	test("of sixty ids at once none is lost", story({ mock: { scan_ms: "20ms" } }, async (d) => {
		for (let account = 1; account <= 5; account++) {
			const tabs = Array.from({ length: 60 }, () => new Seed(d, { account }));
			await Promise.all(tabs.map(async (tab, i) => {
				tab.mint();
				assert.equal((await (i % 2 ? tab.create() : tab.reconnectAsBefore())).status, 200);
			}));
			const { metadata: { dropin } } = (await d.accounts()).at(-1);
			assert.equal(dropin.account_id, account);
			assert.deepEqual(dropin.session_ids.sort(), tabs.map((tab) => tab.session).sort());
		}
		assert.equal((await d.accounts()).length, 5);
	}));

	test("disconnect, then the same again: no scan is needed", story(
		{ mock: { scan_ms: "20ms" } }, async (d, seed) => {
			seed.mint();
			await seed.create();
			await says(seed, "connected");
			const first = await only(d);
			assert.deepEqual((await seed.disconnect()).body,
				{ success: true, message: "Session disconnected successfully" });
			assert.equal((await seed.look()).body.status, "disconnected");
			assert.deepEqual((await seed.get("/api/sessions")).body, { success: true, sessions: [], total: 0 });
			assert.deepEqual((await seed.disconnect()).body, { success: true, alreadyDisconnected: true,
				message: "Session already disconnected or not found in memory" });
			const again = await seed.create();
			assert.deepEqual([again.status, again.body.status, again.body.qr_code], [200, "connected", null]);
			const second = await only(d);
			assert.equal(second.profile, first.profile);
			assert.notEqual(second.session_id, first.session_id);

			await seed.disconnect();
			const restored = await seed.post(`/api/sessions/${seed.session}/restore`, { workspace_id: 1 });
			assert.deepEqual([restored.status, restored.body.status], [200, "connected"]);
		}));

	test("the application's own reconnect of a connected account disconnects first", story(
		{ mock: { scan_ms: "20ms" } }, async (d, seed) => {
			await seed.reconnect();
			await says(seed, "connected");
			const again = await seed.reconnect();
			assert.deepEqual([again.status, again.body.status], [200, "connected"]);
			assert.deepEqual(new Judge(d.journals()).livesOf((await only(d)).id).map((l) => l.login), ["none", "good"]);
		}));

	test("regenerate-qr ends in a QR, and spares a living login unless forced", story(
		{ policy: { join_window: "0" } }, async (d, seed) => {
		seed.mint();
		const first = (await seed.create()).body.qr_code;
		const second = await seed.regenerate();
		assert.equal(second.status, 200);
		assert.match(second.body.qr_code, /^data:image\/png/);
		assert.notEqual(second.body.qr_code, first);
		assert.ok(second.body.expires_in > 0 && second.body.expires_in <= 300);
		await scan(d);
		await says(seed, "connected");
		const { profile } = await only(d);
		const spared = await seed.regenerate();
		assert.deepEqual([spared.status, spared.body.status, spared.body.qr_code], [200, "connected", null]);
		assert.equal((await only(d)).profile, profile);
		const forced = await seed.regenerate({ force: true });
		assert.match(forced.body.qr_code, /^data:image\/png/);
		assert.notEqual((await only(d)).profile, profile);
		const unknown = await new Seed(d, { account: 12 }).post("/api/sessions/never_seen/regenerate-qr", { workspace_id: 1 });
		assert.match(unknown.body.qr_code, /^data:image\/png/, "as the old service did");
	}));

	test("old ids of every form are kept", story({ mock: { scan_ms: "20ms" } }, async (d) => {
		const forms = ["a", "Webjs_1_Upper", "_begins", "-x-", "x".repeat(128), "sid-0123", 12345];
		for (const [i, id] of forms.entries()) {
			const seed = Object.assign(new Seed(d, { account: i, workspace: `Team ${i}` }), { session: id });
			assert.equal((await seed.create()).status, 200, String(id));
			assert.equal((await seed.look()).body.session_id, String(id));
			assert.equal((await seed.look()).body.workspace_id, `Team ${i}`);
		}
		const accounts = await d.accounts();
		assert.equal(new Set(accounts.map((a) => a.id)).size, forms.length);
		assert.equal(new Set(accounts.map((a) => a.workspace)).size, forms.length);
		assert.deepEqual(accounts.map((a) => a.id.replace(/[0-9a-f]{40}$/, "#")),
			["a", "sid-#", "sid-#", "sid-#", "sid-#", "sid-#", "12345"]);
		for (const bad of ["with space", "dots.and", "../up", "x".repeat(129), "", null, { a: 1 }]) {
			const seed = Object.assign(new Seed(d), { session: bad });
			const answer = await seed.create();
			assert.equal(answer.status, 400, String(bad));
			assert.match(answer.body.error, /session_id/);
		}
		assert.equal((await d.accounts()).length, forms.length);
	}));

	test("sending is honest", story({}, async (d, seed) => {
		const send = (more) => seed.post("/api/messages/send",
			{ session_id: seed.session, workspace_id: 1, recipient_phone: "628999000111", message: "hello", ...more });
		seed.mint();
		assert.deepEqual(await send().then((a) => [a.status, a.body]), [404, { error: "Session not found" }]);
		await seed.create();
		assert.deepEqual(await send().then((a) => [a.status, a.body]),
			[400, { error: "Session not connected. Please check session status." }]);
		await scan(d);
		await says(seed, "connected");
		const missing = { error: "Missing required fields", required: ["session_id", "recipient_phone", "message"] };
		for (const more of [{ message: "" }, { message: { text: "x" } }, { recipient_phone: undefined }, { session_id: undefined }])
			assert.deepEqual(await send(more).then((a) => [a.status, a.body]), [400, missing]);
		for (const recipient_phone of ["120363000000000001@g.us", "12ab", "1234", "1".repeat(21)])
			assert.deepEqual(await send({ recipient_phone }).then((a) => [a.status, a.body]),
				[400, { error: "Invalid phone number format" }]);
		assert.equal((await send({ message: "x".repeat(70000) })).status, 413);
		const answer = await send({ recipient_phone: "+62 899-900-011", message: "x".repeat(9000) });
		assert.equal(answer.status, 200, JSON.stringify(answer.body));
		assert.deepEqual(Object.keys(answer.body), ["success", "message_id", "timestamp"]);
		await d.verb(seed.session, "behave", { send: { fail: "engine_crash", times: 1 } });
		const failed = await send();
		assert.deepEqual([failed.status, Object.keys(failed.body)], [500, ["error"]]);
		const media = await seed.post("/api/messages/send-media", { session_id: seed.session, recipient_phone: 628999000111 });
		assert.deepEqual([media.status, media.body.required[2]], [400, "media_url"]);
	}));

	test("metadata cannot be written", story({}, async (d, seed) => {
		const put = () => plain(d.port, "PUT", `/api/sessions/${seed.session}/metadata`, { api_key: KEY, updates: { status: "connected" } });
		seed.mint();
		assert.equal((await put()).status, 404);
		await seed.create();
		const no = await put();
		assert.equal(no.status, 422);
		assert.match(no.body.error, /Relink alone says/);
		assert.equal((await seed.look()).body.status, "qr_scanning");
	}));

	test("a start that fails is told, not claimed a success", story(
		{ mock: { script: JSON.stringify({ create: { fail: "misconfigured" } }) } }, async (d, seed) => {
			seed.mint();
			const answer = await seed.create();
			assert.equal(answer.status, 500);
			assert.match(answer.body.error, /^The session could not be started: ./);
			assert.equal((await seed.look()).body.status, "error");
		}));
});

describe("drop-in: its key", { concurrency: 3 }, () => {
	test("the key is taken in all its places, and opens nothing else", () => withDaemon(
		{ ...on(), log: { level: "debug" } }, async (d) => {
			const good = [
				["GET", `/api/sessions?api_key=${KEY}`],
				["GET", `/api/sessions?workspace_id=1&api_key=${KEY}?workspace_id=1&api_key=${KEY}`], // the seed's retry
				["GET", "/api/sessions", undefined, { "X-API-Key": KEY }],
				["GET", "/api/sessions", undefined, { Authorization: `Bearer ${KEY}` }],
				["GET", `/api/sessions?api_key=${KEY}`, undefined, { Authorization: "Bearer of-something-else" }],
				["DELETE", "/api/sessions/x", { api_key: KEY }],
				["DELETE", `/api/sessions/x?api_key=${KEY}`],
				["DELETE", "/api/sessions/x", undefined, { "X-API-Key": KEY }],
				["DELETE", "/api/sessions/x", { api_key: KEY }, { Expect: "100-continue" }],
			];
			const bad = [
				["GET", "/api/sessions"],
				["GET", "/api/sessions?api_key=wrong"],
				["GET", `/api/sessions?API_KEY=${KEY}`],
				["GET", "/api/sessions", undefined, { "X-API-Key": "" }],
				["GET", "/api/sessions", undefined, { "X-API-Key": d.key }],
				["POST", "/api/sessions", { session_id: "x" }],
				["POST", "/api/sessions", { session_id: "x", api_key: "wrong" }],
				["POST", "/api/sessions", { session_id: "x", api_key: null }],
				["POST", "/api/sessions", { session_id: "x", api_key: [KEY] }],
				["POST", "/api/sessions/x/reconnect"],
				["POST", "/api/sessions/x/regenerate-qr", {}],
				["POST", "/api/messages/send", { session_id: "x", recipient_phone: "1", message: "x" }],
				["DELETE", "/api/sessions/x"],
				["GET", "/api/sessions/x/status?api_key=wrong"],
			];
			for (const [method, url, body, headers] of good)
				assert.equal((await plain(d.port, method, url, body, headers)).status, 200, `${method} ${url}`);
			for (const [method, url, body, headers] of bad) {
				const answer = await plain(d.port, method, url, body, headers);
				assert.deepEqual([answer.status, answer.body], [401, { error: "Invalid API key" }], `${method} ${url}`);
			}
			for (const headers of [{ "X-API-Key": KEY }, { Authorization: `Bearer ${KEY}` }])
				assert.equal((await plain(d.port, "GET", "/v1/accounts", undefined, headers)).status, 401);
			assert.equal((await plain(d.port, "GET", `/v1/accounts?api_key=${KEY}`)).status, 400);
			assert.deepEqual(await d.accounts(), []);
			assert.ok(!d.log.includes(KEY), "it is in no log");
			assert.match(d.log, /\/api\/sessions/, "though requests are");
		}));

	test("it may lie in a file", async () => {
		const file = path.join(folder(), "key");
		writeFileSync(file, `${KEY}\n`, { mode: 0o640 });
		chmodSync(file, 0o640);
		const dropin = { api_key_file: file };
		await withDaemon({ more: { dropin } }, async (d) => {
			assert.equal((await new Seed(d).get("/api/sessions")).status, 200);
		});
		chmodSync(file, 0o644);
		const open = await new Daemon({ mock: fast, more: { dropin } }).refused();
		assert.match(open.said, /others can use .*api_key_file.*chmod/);
		writeFileSync(file, "two\nlines\n");
		chmodSync(file, 0o600);
		assert.match((await new Daemon({ mock: fast, more: { dropin } }).refused()).said, /a key of 1 to 256 bytes in one line/);
	});

	test("without a key the face is not there", () => withDaemon({ more: { dropin: { wait: "10s" } } }, async (d) => {
		for (const [method, url] of [["GET", "/api/sessions"], ["POST", "/api/sessions"], ["GET", "/health"],
			["GET", "/health/live"], ["PUT", "/api/sessions/x/metadata"], ["POST", "/api/messages/send"]]) {
			const answer = await plain(d.port, method, url, undefined, { "X-API-Key": KEY });
			assert.deepEqual([answer.status, answer.body.code], [404, "not_found"], `${method} ${url}`);
		}
		assert.doesNotMatch((await plain(d.port, "GET", "/")).body, /api\/sessions/);
	}));

	test("accounts that were not made there are not seen there", story({}, async (d, seed) => {
		await d.ok("POST", "/v1/accounts", { provider: "mock", id: "shop" });
		for (const path of ["status", "metadata"])
			assert.equal((await seed.get(`/api/sessions/shop/${path}`)).status, 404);
		assert.equal((await seed.get("/api/sessions")).body.total, 0);
		seed.session = "shop";
		const taken = await seed.create();
		assert.equal(taken.status, 409);
		assert.match(taken.body.error, /the id of an account that was not made here/);
		const before = await d.account("shop");
		for (const call of ["reconnect", "regenerate-qr", "restore"])
			assert.ok([404, 409].includes((await seed.post(`/api/sessions/shop/${call}`, seed.own())).status), call);
		assert.equal((await seed.disconnect()).body.alreadyDisconnected, true);
		assert.deepEqual(await d.account("shop"), before);
		assert.equal((await d.account("shop")).status, "new");
		assert.equal((await seed.look()).status, 404);
	}));

	test("an account that is deleted is made again", story({}, async (d, seed) => {
		seed.mint();
		await seed.create();
		await d.request("DELETE", `/v1/accounts/${seed.session}`);
		assert.equal((await seed.look()).status, 404);
		assert.match((await seed.reconnectAsBefore()).body.qr_code, /^data:/);
	}));
});

describe("drop-in: the rest", { concurrency: 3 }, () => {
	test("garbage is refused in the old shape, and changes nothing", story({}, async (d) => {
		const raw = (body, headers) => plain(d.port, "POST", "/api/sessions", body, headers);
		const cases = [
			['{"session_id": ', 400], ['{"api_key":"' + KEY + '","api_key":"x"}', 400], ["[]", 400], ['"x"', 400],
			["null", 400], ["\u0000", 400], ["[".repeat(5000), 400], [`{"x":"${"y".repeat(70000)}"}`, 413],
			[`session_id=abc&api_key=${KEY}`, 415, { "Content-Type": "application/x-www-form-urlencoded" }],
			[`{"api_key":"${KEY}","session_id":{"a":1}}`, 400],
		];
		for (const [body, status, headers] of cases) {
			const answer = await raw(body, headers);
			assert.equal(answer.status, status, body.slice(0, 40));
			assert.deepEqual(Object.keys(answer.body), ["error"], body.slice(0, 40));
			assert.ok(answer.body.error.length > 10);
		}
		// what it does not know it lets pass
		const more = await raw(JSON.stringify({ api_key: KEY, session_id: "s", workspace_id: "1/../../../escape",
			account_id: { no: 1 }, priority: 7, extra: [1] }));
		assert.equal(more.status, 200);
		assert.match((await only(d)).workspace, /^wid-[0-9a-f]{28}$/);
	}));

	test("health tells the truth", story({ errors: /worker\.(stalled|died)/ }, async (d, seed) => {
		seed.mint();
		await seed.create();
		await scan(d);
		await says(seed, "connected");
		const get = (url) => plain(d.port, "GET", url);
		await until(async () => (await get("/health")).body.sessions.connected === 1);
		const health = await get("/health");
		assert.equal(health.status, 200);
		assert.equal(health.body.status, "healthy");
		assert.deepEqual(health.body.sessions, { total: 1, connected: 1, disconnected: 0, waiting: 0 });
		assert.ok(health.body.memory.used > 0 && health.body.memory.unit === "MB");
		assert.deepEqual(await get("/health/live").then((a) => [a.status, a.body.alive]), [200, true]);
		assert.deepEqual(await get("/health/ready").then((a) => [a.status, a.body.ready, a.body.checks.session_count]), [200, true, 1]);
		assert.equal((await get("/health/detailed")).body.workers[0].state, "ready");

		const [{ pid }] = (await d.ok("GET", "/v1/workers")).workers;
		process.kill(pid, "SIGSTOP"); // it does not answer any more and is ended
		try {
			const sick = await until(async () => {
				const a = await get("/health");
				return a.status === 503 && a;
			});
			assert.equal(sick.body.status, "unhealthy");
			assert.match(sick.body.error, /worker 0 of provider "mock"/);
			assert.equal((await get("/health/live")).status, 200);
		} finally {
			try { process.kill(pid, "SIGCONT"); } catch { /* it was ended */ }
		}
		await until(async () => (await get("/health/ready")).status === 200);
	}));

	test("workspaces get the prefix, and the provider is the configured one", async () => {
		await withDaemon({ ...on({ workspace_prefix: "shop-", provider: "mock" }) }, async (d) => {
			const seed = new Seed(d, { workspace: "7" });
			seed.mint();
			await seed.create();
			assert.equal((await only(d)).workspace, "shop-7");
			assert.equal((await seed.look()).body.workspace_id, "7");
		});
		for (const [dropin, complaint] of [
			[{ api_key: KEY, provider: "telegram" }, /dropin\.provider: there is no provider "telegram"/],
			[{ api_key: KEY, api_key_file: "/x" }, /dropin\.api_key_file: dropin\.api_key is set too/],
			[{ api_key: "tab\there" }, /dropin\.api_key: the value is not a line of text/],
		]) {
			const { said } = await new Daemon({ mock: fast, more: { dropin } }).refused();
			assert.match(said, complaint);
			assert.ok(!said.includes(KEY));
		}
	});

	test("while the provider is down the answer says what it waits for", story(
		{ ...on({ wait: "1s" }), policy: { join_window: "0" }, mock: { scan_ms: "20ms" } }, async (d, seed) => {
			seed.mint();
			await seed.create();
			await says(seed, "connected");
			await d.verb(seed.session, "down");
			const answer = await seed.reconnectAsBefore();
			assert.deepEqual([answer.status, answer.body.success, answer.body.qr_code], [200, true, null]);
			assert.equal(answer.body.status, "disconnected");
			assert.match(answer.body.reason, /ECONNREFUSED/);
			await d.verb(seed.session, "up");
			await says(seed, "connected");
		}));

	test("when nothing can be shown in time the answer says so", story(
		{ ...on({ wait: "1s" }), policy: quick, mock: { qr_ms: "2500ms" } }, async (d, seed) => {
			seed.mint();
			const early = await seed.create();
			assert.deepEqual([early.status, early.body.success, early.body.status, early.body.qr_code],
				[200, true, "qr_scanning", null]);
			await until(async () => "qrCode" in (await seed.get(`/api/sessions/${seed.session}/metadata`)).body.metadata);
		}));
});
