// chain.test.mjs - what becomes of accounts when a part of the chain fails, or a person does something odd.
//
// Beside it: the way from reconnect to a message is checklist.test.mjs, the ends that WhatsApp, a page or
// a browser make are ends.chain.test.mjs, the time to a code is code.test.mjs.

import assert from "node:assert/strict";
import test, { after, before, describe } from "node:test";
import { Chain } from "./chain.mjs";
import { noChromium } from "./service.mjs";
import { alive } from "./standin/processes.mjs";

const PHONE = "628111222333", OTHER = "628111222444";
const seconds = (from) => `${((Date.now() - from) / 1000).toFixed(1)} s`;

// A describe with a chain of its own, which ends with it. Two at a time, as two cores allow.
function withChain(name, options, story) {
	describe(name, { timeout: 1200000, concurrency: 1 }, () => {
		const it = {};
		before(async () => (it.chain = await Chain.start(options)));
		after(() => it.chain?.stop());
		story(it);
	});
}

describe("the chain", { skip: noChromium, concurrency: 2 }, () => {
	withChain("one account, and then two", {}, (it) => {
		test("it is linked by a scan, sends and receives", async () => {
			const { chain } = it;
			const up = await chain.link("shop", PHONE);
			assert.deepEqual([up.phone, up.generation, up.attempts], [PHONE, 1, 0]);
			const id = await chain.send("shop", { to: "628999000111", text: "hello" });
			for (const word of ["server", "device", "read"])
				await chain.event("message.ack", "shop", (e) => e.data.ack === word && e.data.id === id);
			await chain.tell("shop", "message", { from: "628999000111", body: "hi", n: 3 });
			await chain.event("message.received", "shop", (e) => e.data.text === "hi #3");
			const texts = chain.stream.events.filter((e) => e.type === "message.received").map((e) => e.data.data.text);
			assert.deepEqual(texts, ["hi #1", "hi #2", "hi #3"]);
		});

		test("a message that is asked for again under its key is sent once; a file of 700 KiB is sent", async () => {
			const { chain } = it, to = "628999000111", key = { "Idempotency-Key": "k1" };
			const id = await chain.send("shop", { to, text: "once" }, key);
			assert.equal(await chain.send("shop", { to, text: "once" }, key), id);
			const data = Buffer.alloc(700 * 1024, 1).toString("base64");
			await chain.send("shop", { to, text: "a file", media: { mimetype: "image/png", data, filename: "x.png" } });
			await chain.event("message.sent", "shop", (e) => e.data.text === "a file");
			const told = chain.stream.events.filter((e) => e.type === "message.sent" && e.data.data.text === "once");
			assert.equal(told.length, 1);
		});

		test("Chromium is SIGKILLed while connected: connected again without a scan", async (t) => {
			const { chain } = it, old = await chain.account("shop");
			const [browser] = chain.service.browsers(old.session_id), killed = Date.now();
			process.kill(browser.pid, "SIGKILL");
			const { data } = await chain.event("account.status", "shop", (e) => e.status === "reconnecting");
			t.diagnostic(`noticed after ${seconds(killed)}`);
			assert.deepEqual([data.cause, data.user_action], ["engine_crash", "none"]);
			const up = await chain.resumes(old);
			t.diagnostic(`connected again after ${seconds(killed)}`);
			assert.equal(up.generation, old.generation + 1);
			assert.ok(!chain.whatsapp.events.some((e) => e.type === "qr" && e.session === up.session_id));
			assert.equal(chain.service.browsers().length, 1);
		});

		test("two clicks on reconnect at once are one session: of a connected account, and of a disconnected one", async () => {
			const { chain } = it;
			const click = async (old) => {
				const mark = chain.gate.seen.length;
				await Promise.all([1, 2].map(() => chain.wish("shop", "reconnect")));
				const up = await chain.resumes(old);
				assert.equal(up.generation, old.generation + 1);
				assert.deepEqual(await chain.service.ids(), [up.session_id]);
				assert.equal(chain.service.browsers().length, 1);
				const creates = chain.gate.seen.slice(mark).filter((r) => r.method === "POST" && r.path === "/api/sessions");
				assert.equal(creates.length, 1);
			};
			await click(await chain.account("shop"));
			await chain.wish("shop", "disconnect");
			await click(await chain.reaches("shop", "disconnected"));
		});

		test("logged out on the phone: parked, nothing is retried, and the next reconnect shows a QR under a new id", async () => {
			const { chain } = it, old = await chain.link("second", OTHER);
			await chain.tell("second", "logout");
			const parked = await chain.becomes("second", (a) => a.phase === "parked");
			assert.deepEqual([parked.status, parked.reason.cause, parked.user_action, parked.next_attempt_at],
				["disconnected", "logged_out", "scan_qr", null]);
			await chain.until(() => chain.service.browsers().length === 1);
			const lists = () => chain.gate.seen.filter((r) => r.path === "/api/sessions" && r.method === "GET").length;
			const mark = chain.gate.seen.length, listed = lists();
			await chain.until(() => lists() >= listed + 2);
			assert.equal((await chain.account("second")).generation, old.generation);
			assert.deepEqual(chain.gate.seen.slice(mark).filter((r) => r.method === "POST"), [], "nothing is retried");
			await chain.wish("second", "reconnect");
			await chain.qr("second");
			const fresh = await chain.account("second");
			assert.notEqual(fresh.session_id, old.session_id);
			assert.notEqual(fresh.profile, old.profile);
			await chain.wish("second", "disconnect");
			await chain.reaches("second", "disconnected");
		});

		// The moments of a create at which the core dies, and the life that the account then has.
		const moments = {
			"when the service gets it": (chain, kill) => {
				chain.gate.onRequest = (r) => r.method === "POST" && r.path === "/api/sessions" && kill();
				return 1;
			},
			"when the service has answered it": (chain, kill) => {
				chain.gate.onAnswer = (r) => r.method === "POST" && r.path === "/api/sessions" && kill();
				return 1;
			},
			"when it is on its way, and it comes only after the next life was made": (chain, kill) => {
				let first = true;
				chain.gate.onRequest = async (r) => {
					if (!first || r.method !== "POST" || r.path !== "/api/sessions") return;
					first = false;
					await kill();
					await chain.until(() => chain.service.browsers().length === 2);
				};
				return 2;
			},
		};
		for (const [moment, arm] of Object.entries(moments)) {
			test(`the core is SIGKILLed in a create, ${moment}: adopted, never doubled`, async () => {
				const { chain } = it, shop = await chain.account("shop"), mark = chain.whatsapp.mark();
				const id = `core-${Object.keys(moments).indexOf(moment)}`, from = chain.gate.seen.length;
				let dead, late;
				const generation = arm(chain, () => (dead ??= chain.d.kill()));
				await chain.add(id).catch(() => {}); // it may die before it has answered
				await chain.until(() => dead);
				await dead;
				await chain.d.start();
				await chain.follow();
				const { code } = await chain.qr(id);
				const now = await chain.account(id);
				assert.equal(now.generation, generation);
				chain.gate.onRequest = chain.gate.onAnswer = () => {};
				const creates = () => chain.gate.seen.slice(from).filter((r) => r.method === "POST" && r.path === "/api/sessions");
				await chain.until(() => creates().every((r) => r.status));
				late = creates().map((r) => r.status);
				assert.deepEqual(late.sort(), generation === 1 ? [202] : [202, 409], "the late one is refused");
				const shown = chain.whatsapp.events.slice(mark).filter((e) => e.type === "qr");
				assert.deepEqual([...new Set(shown.map((e) => e.session))], [now.session_id]);
				assert.equal(code, shown[0].qr);
				assert.deepEqual(await chain.service.ids(), [shop.session_id, now.session_id].sort());
				assert.equal(chain.service.browsers().length, 2);
				assert.equal((await chain.reaches("shop", "connected")).generation, shop.generation, "the other one is adopted too");
				await chain.wish(id, "disconnect");
				await chain.reaches(id, "disconnected");
				await chain.until(() => chain.service.browsers().length === 1);
			});
		}
	});

	withChain("five accounts", {}, (it) => {
		const ids = ["one", "two", "three", "four", "five"];

		test("the service is SIGKILLed with five sessions: all are back without a scan, and what it left is swept", async (t) => {
			const { chain } = it;
			const old = await Promise.all(ids.map((id, i) => chain.link(id, `62811122233${i}`)));
			const before = chain.service.browsers();
			assert.equal(before.length, 5);
			// Chromiums that cannot notice that their service is gone
			for (const { group } of before.slice(0, 2)) process.kill(-group, "SIGSTOP");
			const killed = Date.now(), mark = chain.whatsapp.mark();
			await chain.service.kill();
			assert.ok(chain.service.browsers().length >= 2, "orphans are there to be swept");
			await chain.service.start();
			assert.deepEqual(before.filter(({ pid }) => alive(pid)), [], "swept before it takes requests");
			const up = await Promise.all(old.map((a) => chain.resumes(a)));
			t.diagnostic(`five sessions connected again ${seconds(killed)} after the kill`);
			assert.ok(!chain.whatsapp.events.slice(mark).some((e) => e.type === "qr"), "without a scan");
			assert.deepEqual(await chain.service.ids(), up.map((a) => a.session_id).sort());
			assert.equal(chain.service.browsers().length, 5);
			assert.match(chain.service.log, /ending Chromium \d+, left over from boot/);
		});
	});

	// With relinkd's own intervals: a list every 15 s.
	withChain("webhooks that do not come", { policy: null, webhooks: false }, (it) => {
		test("the state is right by polling within 30 s, whatever happened", async (t) => {
			const { chain } = it;
			for (const id of ["dies", "leaves", "stays"]) await chain.add(id);
			const old = {};
			for (const [i, id] of ["dies", "leaves", "stays"].entries()) old[id] = await chain.scan(id, `62811122255${i}`);
			await chain.add("fresh");
			await chain.qr("fresh");
			const began = Date.now(), within = () => 30 - (Date.now() - began) / 1000;
			process.kill(chain.service.browsers(old.dies.session_id)[0].pid, "SIGKILL");
			await chain.tell("leaves", "logout");
			await chain.whatsapp.scan(await chain.session("fresh"), { phone: OTHER });
			const linked = chain.reaches("fresh", "connected", within()).then(() => seconds(began));
			const parked = chain.becomes("leaves", (a) => a.phase === "parked", within()).then((a) => [a, seconds(began)]);
			const noticed = chain.becomes("dies", (a) => a.reason.cause === "engine_crash", within()).then(() => seconds(began));
			t.diagnostic(`a scan is known after ${await linked}`);
			const [leaves, left] = await parked;
			t.diagnostic(`a log-out after ${left}, a dead Chromium after ${await noticed}`);
			assert.deepEqual([leaves.status, leaves.reason.cause, leaves.user_action], ["disconnected", "logged_out", "scan_qr"]);
			await chain.resumes(old.dies);
			assert.equal((await chain.account("stays")).since, old.stays.since, "and nothing was told that is not so");
			const { body } = await chain.service.call("GET", "/health");
			assert.ok(body.webhooks.failed > 0 && body.webhooks.sent === 0, JSON.stringify(body.webhooks));
		});

		test("a webhook that is not signed is refused, and says what is missing", async () => {
			const answer = await fetch(`http://127.0.0.1:${it.chain.d.port}/webhooks/webjs`, { method: "POST",
				headers: { "Content-Type": "application/json" }, body: "{}" });
			assert.equal(answer.status, 401);
			assert.match((await answer.json()).detail, /X-Timestamp/);
		});
	});
});
