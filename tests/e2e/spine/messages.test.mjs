// Messages through the API: sent once, refused with a reason, told as events, whatever happens meanwhile.

import assert from "node:assert/strict";
import test, { after, before, describe } from "node:test";
import { Daemon, fast, until, withDaemon } from "../lib/daemon.mjs";
import { Stream } from "../lib/events.mjs";
import { Judge } from "../lib/judge.mjs";

const scanned = { ...fast, scan_ms: "20ms" };
const up = async (d, id, more = {}) => {
	await d.ok("POST", "/v1/accounts", { provider: "mock", id, connect: true, ...more });
	return d.reaches(id, "connected");
};
const send = (d, id, body, key) => d.request("POST", `/v1/accounts/${id}/messages`, body,
	key ? { "Idempotency-Key": key } : {});
// What the mock's service was asked to send, by result.
const asked = (d, id) => new Judge(d.journals()).lines.filter((l) => l.verb === "send" && l.account === id);
const sent = (d, id) => asked(d, id).filter((l) => l.result === "sent").length;
const hello = { to: "628111222333", text: "hello" };

describe("a message", { timeout: 120000 }, () => {
	let d, stream;
	const failed = (account) => stream.events.filter((e) => e.type === "message.failed" && e.data.account === account);
	before(async () => {
		d = new Daemon({ mock: scanned, policy: { send_deadline: "1s" } });
		await d.start();
		stream = new Stream(d);
		await stream.open();
		await up(d, "a");
	});
	after(() => d.kill());

	test("is sent, answered with its id, and told as message.sent", async () => {
		const answer = await send(d, "a", hello);
		assert.equal(answer.status, 200);
		assert.deepEqual(Object.keys(answer.body.message), ["id", "timestamp"]);
		assert.ok(Math.abs(answer.body.message.timestamp - Date.now() / 1000) < 60);
		const event = await until(() => stream.events.find((e) => e.type === "message.sent" && e.data.account === "a"));
		assert.equal(event.data.data.id, answer.body.message.id);
		assert.deepEqual([event.data.data.to, event.data.data.text], [hello.to, hello.text]);
	});

	test("may bring a file of 700 KiB; a larger one is told its limit and the other way", async () => {
		const file = (bytes) => ({ to: "1", media: { mimetype: "image/png", data: Buffer.alloc(bytes, 7).toString("base64"), filename: "x.png" } });
		const before = sent(d, "a");
		assert.equal((await send(d, "a", file(700 * 1024))).status, 200);
		assert.equal((await send(d, "a", { to: "1", media_url: "https://example.org/x.png", text: "see" })).status, 200);
		assert.equal(sent(d, "a"), before + 2);
		const large = await send(d, "a", file(760 * 1024));
		assert.deepEqual([large.status, large.body.code], [413, "body_too_large"]);
		assert.match(large.body.detail, /1024000|1048576/);
		assert.match(large.body.detail, /media_url/);
	});

	test("with an Idempotency-Key is sent once, and its repetition gets the first answer", async () => {
		const before = sent(d, "a");
		const [one, two] = await Promise.all([send(d, "a", hello, "k1"), send(d, "a", hello, "k1")]);
		const first = one.status === 200 ? one : two;
		const other = first === one ? two : one;
		assert.ok(other.status === 200 || other.body.code === "idempotency_in_progress", JSON.stringify(other.body));
		const again = await send(d, "a", hello, "k1");
		assert.deepEqual([again.status, again.body], [200, first.body]);
		assert.equal(again.headers["idempotency-replayed"], "true");
		assert.equal(sent(d, "a"), before + 1);
		assert.equal((await send(d, "a", { ...hello, text: "other" }, "k1")).body.code, "idempotency_key_reused");
	});

	test("that was surely not sent leaves its key free", async () => {
		await d.verb("a", "behave", { send: { fail: "refused", times: 1 } });
		const no = await send(d, "a", hello, "k2");
		assert.deepEqual([no.status, no.body.code], [422, "message_refused"]);
		const yes = await send(d, "a", hello, "k2");
		assert.equal(yes.status, 200);
	});

	test("is one of its own for each API key, whatever Idempotency-Keys they choose", async () => {
		const before = sent(d, "a");
		const keys = await Promise.all([1, 2].map(() => d.ok("POST", "/v1/keys", { role: "operator" })));
		const answers = [];
		for (const [i, { key }] of keys.entries())
			answers.push(await d.request("POST", "/v1/accounts/a/messages", { ...hello, text: `from ${i}` },
				{ Authorization: `Bearer ${key}`, "Idempotency-Key": "order-1" }));
		assert.deepEqual(answers.map((a) => a.status), [200, 200]);
		assert.notEqual(answers[0].body.message.id, answers[1].body.message.id);
		assert.equal(sent(d, "a"), before + 2);
	});

	test("is called the same at the backend when it is tried again, and only then", async () => {
		const names = () => asked(d, "a").map((l) => l.request);
		const from = names().length;
		const again = async (body, expected) => {
			await d.verb("a", "behave", { send: expected === 200 ? null : { fail: "provider_down", times: 1 } });
			assert.equal((await send(d, "a", body, "k9")).status, expected);
		};
		await again(hello, 503);
		await again(hello, 503);
		await again(hello, 503);
		await again({ ...hello, text: "another, with a key that is free" }, 200);
		const [first, second, third, other] = names().slice(from);
		assert.match(first, /^[0-9a-f]{32}$/);
		assert.deepEqual([second, third], [first, first]);
		assert.notEqual(other, first);
	});

	test("of which nobody knows is never repeated, and its key says so", async () => {
		for (const [key, behaviour] of [["k3", { unknown: 1 }], ["k4", { lose_reply: 1 }]]) {
			const before = asked(d, "a").length, told = failed("a").length;
			await d.verb("a", "behave", { send: behaviour });
			for (let i = 0; i < 2; i++) {
				const answer = await send(d, "a", hello, key);
				assert.deepEqual([answer.status, answer.body.code], [504, "outcome_unknown"]);
				assert.match(answer.body.detail, /nobody knows/);
			}
			assert.equal(asked(d, "a").length, before + 1, "the service was asked once");
			await until(() => failed("a").length === told + 1);
			assert.equal(failed("a").at(-1).data.data.outcome, "unknown");
		}
	});

	test("that fails is told with its cause and without its text", async () => {
		const cases = [
			["refused", 422, "message_refused"], ["throttled", 429, "throttled"], ["engine_crash", 502, "provider_error"],
			["provider_down", 503, "provider_unavailable"], ["gone", 409, "not_connected"],
		];
		for (const [cause, status, code] of cases) {
			const told = failed("a").length;
			await d.verb("a", "behave", { send: { fail: cause, times: 1, retry_after_ms: 6500 } });
			const answer = await send(d, "a", { ...hello, text: "a secret" });
			assert.deepEqual([answer.status, answer.body.code], [status, code]);
			assert.equal(answer.headers["retry-after"], status === 429 ? "7" : status === 503 ? "1" : undefined);
			const event = (await until(() => failed("a")[told])).data;
			assert.deepEqual([event.cause, event.data], [cause, { to: hello.to, outcome: "not_sent" }]);
		}
		const { entries } = await d.ok("GET", "/v1/accounts/a/timeline");
		assert.ok(entries.some((e) => e.type === "message.failed"));
		assert.doesNotMatch(JSON.stringify([entries, failed("a")]) + d.log, /a secret/);
		await d.reaches("a", "connected");
	});

	test("needs a connected account, and the refusal says what to do", async () => {
		await d.ok("POST", "/v1/accounts", { provider: "mock", id: "b" });
		const fresh = await send(d, "b", hello, "b1");
		assert.deepEqual([fresh.status, fresh.body.code], [409, "not_connected"]);
		assert.match(fresh.body.detail, /connect it first/);
		await d.ok("PATCH", "/v1/accounts/b", { metadata: { mock: { scan_ms: 0 } } });
		await d.ok("POST", "/v1/accounts/b/connect");
		await d.reaches("b", "qr_scanning");
		assert.match((await send(d, "b", hello)).body.detail, /scan its QR code/);
		assert.equal((await send(d, "nobody", hello)).status, 404);
		assert.equal(asked(d, "b").length, 0);
		await d.verb("b", "scan");
		await d.reaches("b", "connected");
		assert.equal((await send(d, "b", hello, "b1")).status, 200, "the key was not used up");
	});

	test("is one of few of its account at a time; others go on", async () => {
		await up(d, "c");
		await d.verb("c", "behave", { send: { lose_reply: true } });
		const answers = await Promise.all(Array.from({ length: 40 }, () => send(d, "c", hello)));
		const codes = answers.map((a) => a.body.code);
		assert.equal(codes.filter((c) => c === "throttled").length, 8, codes.join());
		assert.equal(codes.filter((c) => c === "outcome_unknown").length, 32);
		assert.equal((await send(d, "a", hello)).status, 200);
		await d.verb("c", "behave", { send: null });
		assert.equal((await send(d, "c", hello)).status, 200, "their room is free again");
	});

	test("is refused before too many bytes are on their way", async () => {
		await up(d, "e");
		await d.verb("e", "behave", { send: { lose_reply: true } });
		const data = Buffer.alloc(600 * 1024, 1).toString("base64");
		const answers = await Promise.all(Array.from({ length: 8 }, () => send(d, "e", { to: "1", media: { mimetype: "a/b", data } })));
		const codes = answers.map((a) => a.body.code);
		assert.deepEqual([...new Set(codes)].sort(), ["outcome_unknown", "overloaded"]);
		assert.equal((await send(d, "a", hello)).status, 200);
	});
});

test("the worker dies with a message on its way: nobody knows, and nothing is sent again", () => withDaemon(
	{ mock: { scan_ms: "20ms" }, errors: /worker/ }, async (d) => {
		await up(d, "a");
		await d.verb("a", "behave", { send: { lose_reply: 1 } });
		const answer = send(d, "a", hello, "k");
		await until(() => asked(d, "a").length === 1);
		process.kill((await d.ok("GET", "/v1/workers")).workers[0].pid, "SIGKILL");
		assert.deepEqual([(await answer).status, (await answer).body.code], [504, "outcome_unknown"]);
		await until(async () => (await d.request("GET", "/readyz")).status === 200);
		await d.reaches("a", "connected");
		assert.equal((await send(d, "a", hello, "k")).body.code, "outcome_unknown");
		assert.equal(asked(d, "a").length, 1);
	}));

test("the core is killed after a message was refused: tried again it is called the same at the backend", async () => {
	const d = new Daemon({ mock: scanned });
	await d.start();
	try {
		await up(d, "a");
		await d.verb("a", "behave", { send: { fail: "provider_down", times: 1 } });
		assert.equal((await send(d, "a", hello, "k")).status, 503);
		await d.kill();
		await d.start();
		await until(async () => (await send(d, "a", hello, "k")).status === 200); // when its worker serves
		const [first, second] = asked(d, "a").map((l) => l.request);
		assert.equal(second, first);
	} finally {
		await d.kill();
	}
});

test("the core is killed with a message on its way: the same key never sends it again", async () => {
	const d = new Daemon({ mock: scanned });
	await d.start();
	try {
		await up(d, "a");
		await d.ok("POST", "/v1/accounts/a/messages", hello, { "Idempotency-Key": "answered" });
		await d.verb("a", "behave", { send: { lose_reply: 1 } });
		const lost = send(d, "a", hello, "begun").catch(() => undefined);
		await until(() => asked(d, "a").length === 2);
		await d.kill();
		await lost;
		await d.start();
		await d.reaches("a", "connected");
		const begun = await send(d, "a", hello, "begun");
		assert.deepEqual([begun.status, begun.body.code], [504, "outcome_unknown"]);
		const answered = await send(d, "a", hello, "answered");
		assert.deepEqual([answered.status, answered.headers["idempotency-replayed"]], [200, "true"]);
		assert.equal(asked(d, "a").length, 2);
	} finally {
		await d.kill();
	}
});
