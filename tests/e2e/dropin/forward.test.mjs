// Events on their way to the application: in the old service's form, in order, and none lost.

import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { Daemon, fast, folder, until, withDaemon, withLog } from "../lib/daemon.mjs";
import { readCode } from "../relinkctl/qr-read.mjs";
import { OldService } from "./old-service.mjs";
import { Receiver, SECRET } from "./receiver.mjs";
import { KEY, modules, Seed } from "./seed.mjs";

const dropin = (receiver, more) => ({ api_key: KEY, wait: "10s", ...receiver.dropin, ...more });

// A receiver and a daemon that knows it, for the length of a story.
const story = ({ receiver: how, dropin: keys, ...options }, tell) => async () => {
	const receiver = await new Receiver(how).listen();
	try {
		await withDaemon({ ...options, more: { dropin: dropin(receiver, keys) } }, async (d) => {
			await tell(d, receiver, new Seed(d));
			assert.ok(!d.log.includes(SECRET), "the secret is in the log");
		});
	} finally {
		await receiver.close();
	}
	assert.deepEqual(receiver.refused, []);
};
const open = async (d, account, more) => {
	const seed = new Seed(d, { account, ...more });
	seed.mint();
	assert.equal((await seed.create()).status, 200);
	return seed;
};
const ups = ["qr_code_generated", "session_authenticated", "session_ready"];
const words = { authenticated: "session_authenticated", connected: "session_ready", disconnected: "session_disconnected",
	reconnecting: "session_disconnected", failed: "session_disconnected" };
// What the timeline says that must have come: [number, event]; codes may be over before they are sent.
const due = async (d, id) => {
	const { entries } = await d.ok("GET", `/v1/accounts/${id}/timeline?limit=1000`);
	const told = entries.filter((e) => e.type === "account.status").sort((a, b) => a.seq - b.seq);
	return told.filter((e, i) => e.status !== told[i - 1]?.status && words[e.status]).map((e) => [e.seq, words[e.status]]);
};
const cameOf = (receiver, session) => [...new Map(receiver.of(session)
	.filter((e) => e.event !== "qr_code_generated").map((e) => [e.id, e.event]))];
const inOrder = (events) => events.every((e, i) => i === 0 || e.id > events[i - 1].id);

describe("forwarded events", { concurrency: 3 }, () => {
	test("tell a session's life as the old service did", story({}, async (d, receiver, seed) => {
		seed.mint();
		const made = (await seed.create()).body;
		await receiver.has((all) => all.length === 1);
		await d.verb(seed.session, "scan");
		await receiver.has((all) => all.length === 3);
		await d.verb(seed.session, "logout");
		await receiver.has((all) => all.length >= 4);
		const [qr, authenticated, ready, down] = receiver.events;

		assert.equal(qr.data.qr_code, made.qr_code);
		assert.equal(readCode(modules(qr.data.qr_code)).toString(), readCode(modules(made.qr_code)).toString());
		assert.ok(qr.data.expires_in > 0 && qr.data.expires_in <= 60, `${qr.data.expires_in}`);
		assert.deepEqual(Object.keys(qr.data), ["workspace_id", "session_id", "qr_code", "expires_in"]);
		const phone = ready.data.phone_number, whose = { workspace_id: 1, session_id: seed.session };
		assert.match(phone, /^999\d+$/);
		assert.deepEqual([qr, authenticated, ready, down].map(({ event, data }) => [event, data]), [
			["qr_code_generated", qr.data],
			["session_authenticated", { ...whose, status: "authenticated" }],
			["session_ready", { ...whose, phone_number: phone, status: "connected" }],
			["session_disconnected", { ...whose, reason: "LOGOUT" }],
		]);
		for (const e of receiver.events) {
			assert.deepEqual(e.more, {});
			assert.equal(e.headers["x-instance-url"], `http://127.0.0.1:${d.port}`);
			assert.match(e.headers["user-agent"], /^relink\//);
			assert.equal(e.headers.authorization, undefined);
		}
		assert.ok(inOrder(receiver.events));
		const told = (await d.ok("GET", `/v1/accounts/${seed.session}/timeline`)).entries.map((e) => e.seq);
		for (const e of receiver.events) assert.ok(told.includes(e.id), "the id is the number in the timeline");
	}));

	test("carry the newest session id, and workspace_id as it came", story(
		{ mock: { scan_ms: "20ms" } }, async (d, receiver) => {
			const seed = await open(d, 11, { workspace: "team-7" });
			const first = seed.session;
			await receiver.has(() => receiver.namesOf(first).includes("session_ready"));
			seed.mint();
			assert.equal((await seed.create()).status, 200);
			await seed.disconnect();
			await receiver.has(() => receiver.of(seed.session).some((e) => e.event === "session_disconnected"));
			assert.notEqual(seed.session, first);
			for (const e of receiver.events) assert.equal(e.data.workspace_id, "team-7");
		}));

	// From the old service through Relink to the application: what it heard then, it hears now.
	test("tell of messages, in and out", async () => {
		const service = await new OldService().listen(), receiver = await new Receiver().listen();
		try {
			await withDaemon({ more: {
				dropin: dropin(receiver), providers: { "webjs-seed": { starts_per_minute: 6000, config: service.config } },
			} }, async (d) => {
				const seed = await open(d, 11);
				await receiver.has(() => receiver.namesOf(seed.session).includes("session_ready"));
				const theirs = [...service.sessions.keys()][0];
				assert.notEqual(theirs, seed.session);
				const message = { id: "false_628123456789@c.us_3EB0FB5B", from: "628123456789@c.us", to: "628111222333@c.us",
					body: "halo", timestamp: 1795339885, from_me: false, type: "chat", has_media: false, chat_type: "private" };
				const mine = { ...message, id: "true_628999000111@c.us_3EB0AD97", from: "628999000111@c.us", to: "628999000111@c.us",
					body: "hello", from_me: true, status: "pending" };
				for (const [event, data] of [
					["message_received", { message }],
					["message_sent", { message: mine, source: "message_create_event" }],
					["message_status_updated", { message_id: mine.id, status: "pending", ack_level: 1, timestamp: 1 }],
					["message_status_updated", { message_id: mine.id, status: "delivered", ack_level: 3, timestamp: 1 }],
				]) assert.equal((await service.tell(d.port, event, { session_id: theirs, ...data })).status, 200);
				await receiver.has(() => receiver.of(seed.session).filter((e) => e.event.startsWith("message_")).length >= 4);
				const whose = { workspace_id: 1, session_id: seed.session };
				const [received, sent, ...acks] = receiver.of(seed.session).filter((e) => e.event.startsWith("message_"));
				assert.deepEqual([received.event, received.data], ["message_received", { ...whose, message }]);
				assert.deepEqual([sent.event, sent.data], ["message_sent", { ...whose, message: mine, source: "message_create_event" }]);
				assert.deepEqual(acks.map((e) => [e.event, e.data.message_id, e.data.status, e.data.ack_level]), [
					["message_status_updated", mine.id, "sent", 1], ["message_status_updated", mine.id, "read", 3]]);
				assert.deepEqual(receiver.refused, []);
			});
		} finally {
			await service.close();
			await receiver.close();
		}
	});

	test("are of accounts that were made there, and of no others", story(
		{ mock: { scan_ms: "20ms" } }, async (d, receiver) => {
			await d.ok("POST", "/v1/accounts", { id: "other", workspace: "w", provider: "mock", connect: true });
			await d.reaches("other", "connected");
			const seed = await open(d, 11);
			await receiver.has(() => receiver.namesOf(seed.session).at(-1) === "session_ready");
			assert.deepEqual([...new Set(receiver.events.map((e) => e.data.session_id))], [seed.session]);
		}));

	test("come later, in order, when the receiver was away", story(
		{ mock: { scan_ms: "20ms" } }, async (d, receiver) => {
			await receiver.close();
			const seeds = [];
			for (let account = 1; account <= 5; account++) seeds.push(await open(d, account));
			for (const seed of seeds) await d.reaches(seed.session, "connected");
			await d.logs(/ warn .*forward\.failed/);
			await receiver.listen();
			await receiver.has(() => seeds.every((s) => receiver.namesOf(s.session).at(-1) === "session_ready"), 60);
			for (const seed of seeds) {
				assert.deepEqual(receiver.namesOf(seed.session).slice(-2), ups.slice(-2), "a code that is over is not told");
				assert.ok(inOrder(receiver.of(seed.session)));
			}
		}));

	test("of one account that the receiver does not take delay no other", () => {
		const bad = new Set();
		return story({ mock: { scan_ms: "20ms" }, dropin: { webhook_timeout: "60s" },
			receiver: { answer: (e) => (bad.has(e.data.session_id) ? bad.how(e) : 200) } },
		async (d, receiver) => {
			for (const how of [() => "hang", () => 500, () => 429, () => 404]) {
				bad.how = how;
				const sick = new Seed(d, { account: `sick-${how}`.slice(0, 40) });
				sick.mint();
				bad.add(sick.session);
				await sick.create();
				await d.reaches(sick.session, "connected");
				const well = await open(d, `well-${how}`.slice(0, 40));
				await receiver.has(() => receiver.namesOf(well.session).at(-1) === "session_ready");
				assert.deepEqual(cameOf(receiver, well.session), await due(d, well.session));
				assert.deepEqual(receiver.of(sick.session), []);
			}
			bad.clear();
			receiver.held.forEach((response) => response.writeHead(500).end());
			await receiver.has(() => new Set(receiver.events.map((e) => e.data.session_id)).size === 8, 60);
		})();
	});

	test("are taken by a 2xx, whatever its body is", () => {
		const bodies = {
			qr_code_generated: (response) => response.setHeader("Content-Encoding", "gzip").end("not gzip"),
			session_authenticated: (response) => response.end("x".repeat(2 << 20)),
			session_ready: (response) => response.write("without an end"),
		};
		return story({ receiver: { finish: (response, { event }) => (bodies[event] ?? ((r) => r.end()))(response) },
			dropin: { webhook_timeout: "500ms" }, mock: { ...fast, scan_ms: "1s" } }, async (d, receiver) => {
			const seed = await open(d, 1);
			await d.reaches(seed.session, "connected");
			await seed.disconnect();
			await receiver.has((all) => all.some((e) => e.event === "session_disconnected"));
			assert.deepEqual(receiver.events.map((e) => e.event), [...ups, "session_disconnected"]);
			assert.doesNotMatch(d.log, /forward\.failed/);
		})();
	});

	test("follow no redirect", async () => {
		const elsewhere = await new Receiver().listen();
		let away = true;
		await story({ receiver: { answer: () => (away ? 307 : 200) } }, async (d, receiver, seed) => {
			receiver.elsewhere = elsewhere.url;
			seed.mint();
			await seed.create();
			await until(() => receiver.requests >= 2);
			assert.equal(elsewhere.requests, 0);
			await d.logs(/forward\.failed.*redirect/);
			away = false;
			await d.verb(seed.session, "scan");
			await receiver.has(() => receiver.namesOf(seed.session).includes("session_ready"));
			assert.equal(elsewhere.requests, 0);
		})();
		await elsewhere.close();
	});
});

describe("forwarded events after a crash", { concurrency: 3 }, () => {
	const crash = async (env, tell) => {
		// one that is still to come must not come into the stop
		const end = (d) => (env.RELINK_KILL ? d.kill() : d.stop().then(({ code }) => assert.equal(code, 0)));
		const receiver = await new Receiver().listen();
		const d = new Daemon({ mock: { ...fast, scan_ms: "20ms" }, more: { dropin: dropin(receiver) } });
		try {
			await d.start(env);
			await tell(d, receiver);
			await end(d);
			assert.deepEqual(receiver.refused, []);
		} catch (e) {
			throw withLog(e, d);
		} finally {
			await d.kill();
			await receiver.close();
		}
	};

	test("are those that were not delivered before", () => crash({}, async (d, receiver) => {
		const early = await open(d, 1);
		await receiver.has(() => receiver.namesOf(early.session).includes("session_ready"));
		await receiver.close();
		const late = await Promise.all([2, 3, 4].map((account) => open(d, account)));
		for (const seed of late) await d.reaches(seed.session, "connected");
		await d.kill();
		await receiver.listen();
		await d.start();
		await receiver.has(() => late.every((s) => receiver.namesOf(s.session).at(-1) === "session_ready"), 60);
		for (const seed of [early, ...late]) assert.deepEqual(receiver.namesOf(seed.session).slice(-2), ups.slice(-2));
		// once more than once at most: what came in the second before the kill
		for (const seed of late) assert.ok(receiver.of(seed.session).length <= 3);
	}));

	test("are not those from before it was switched on", async () => {
		const receiver = await new Receiver().listen();
		const d = new Daemon({ mock: { ...fast, scan_ms: "20ms" }, more: { dropin: { api_key: KEY } } });
		try {
			await d.start();
			const seed = await open(d, 1);
			await d.reaches(seed.session, "connected");
			await d.stop();
			d.config.dropin = dropin(receiver);
			d.writeConfig();
			await d.start();
			await d.kill(); // it has begun all the same
			await d.start();
			await d.reaches(seed.session, "connected");
			await seed.disconnect();
			await receiver.has((all) => all.some((e) => e.event === "session_disconnected"));
			assert.ok(!receiver.events.some((e) => ups.includes(e.event)), JSON.stringify(receiver.namesOf(seed.session)));
			await d.stop();
		} finally {
			await d.kill();
			await receiver.close();
		}
	});

	for (const [point, nths] of [["out.forward.answered", [1, 2, 3]], ["out.forward.saved", [1, 2]], ["store.group.applied", [2, 4, 6]]])
		for (const nth of nths)
			test(`at ${point}, the ${nth}. time: none is lost`, () => crash({ RELINK_KILL: `${point}:${nth}` }, async (d, receiver) => {
				const seed = new Seed(d), enough = Date.now() + 20000;
				seed.mint();
				for (let turn = 0; Date.now() < enough && d.running(); turn++)
					await (turn % 2 ? seed.disconnect() : seed.create()).catch(() => {});
				assert.ok(!d.running(), `${point} was not passed`);
				await d.exited;
				await d.start();
				await seed.create();
				await d.reaches(seed.session, "connected");
				let came, all;
				await until(async () => {
					[came, all] = [cameOf(receiver, seed.session), await due(d, seed.session)];
					return came.length >= all.length;
				}, { explain: () => JSON.stringify({ came, all }) });
				assert.deepEqual(came, all);
			}));
});

describe("forwarding: its configuration", () => {
	const refused = async (keys, status, pattern, others = { api_key: KEY }) => {
		const d = new Daemon({ more: { dropin: { ...others, ...keys } } });
		const end = await d.refused();
		assert.equal(end.code, status, end.said);
		assert.match(end.said, pattern);
		assert.ok(!end.said.includes(SECRET), end.said);
	};
	const url = "http://127.0.0.1:8000/api/whatsapp/webhooks/webjs";

	test("is refused in words when it cannot work", async () => {
		const dir = folder(), file = path.join(dir, "secret");
		const holds = (text, mode) => {
			writeFileSync(file, text);
			chmodSync(file, mode);
			return { webhook_url: url, webhook_secret_file: file };
		};
		await refused({ webhook_url: url }, 78, /dropin\.webhook_url: events are signed: set dropin\.webhook_secret/);
		await refused({ webhook_url: url, webhook_secret: SECRET, webhook_secret_file: file }, 78, /keep one of the two/);
		await refused({ webhook_url: url, webhook_secret: "" }, 78, /dropin\.webhook_secret/);
		for (const wrong of ["ftp://127.0.0.1/x", "http://user:pw@127.0.0.1/x", "http://127.0.0.1/x#y", "127.0.0.1:8000", "http:///x",
			"http://127.0.0.1:0/", "http://127.0.0.1:65536/", "http://127.0.0.1/a b"])
			await refused({ webhook_url: wrong, webhook_secret: SECRET }, 78, /dropin\.webhook_url: not a URL that events can be sent to/);
		await refused({ webhook_url: url, webhook_secret: SECRET }, 78, /dropin\.webhook_url: .*set dropin\.api_key, too/, {});
		await refused(holds("two\nlines\n", 0o600), 78, /webhook_secret_file\) must hold a key of 1 to 256 bytes in one line/);
		await refused(holds("", 0o600), 78, /must hold a key/);
		await refused(holds(SECRET, 0o604), 78, /others can use .*chmod o=/);
		await refused({ webhook_url: url, webhook_secret_file: path.join(dir, "none") }, 78, /cannot be read/);
	});

	test("takes the secret from a file", async () => {
		const file = path.join(folder(), "secret");
		writeFileSync(file, `${SECRET}\n`, { mode: 0o600 });
		const receiver = await new Receiver().listen();
		try {
			await withDaemon({ mock: { scan_ms: "20ms" }, more: { dropin:
				{ api_key: KEY, webhook_url: receiver.url, webhook_secret_file: file } } }, async (d) => {
				const seed = await open(d, 1);
				await receiver.has(() => receiver.namesOf(seed.session).includes("session_ready"));
			});
			assert.deepEqual(receiver.refused, []);
		} finally {
			await receiver.close();
		}
	});
});
