// checklist.test.mjs - the list by which the old reconnect was found broken, step by step, on the real thing.
//
// A person clicks reconnect on a disconnected session, sees a code within 5 seconds, scans it, sees it go
// to connected, sends a message, gets one, sees full health, and finds no error in the logs.

import assert from "node:assert/strict";
import test, { after, before, describe } from "node:test";
import { Chain } from "./chain.mjs";
import { KEY, SECRET, noChromium } from "./service.mjs";

const PHONE = "628111222333", FRIEND = "628999000111";

describe("the checklist", { skip: noChromium, timeout: 1200000 }, () => {
	let chain, clicked, old;
	const statuses = () => chain.stream.events.filter((e) => e.type === "account.status" && e.data.account === "shop")
		.map((e) => e.data.status);

	before(async () => {
		chain = await Chain.start();
		await chain.add("shop");
		await chain.qr("shop");
		await chain.wish("shop", "disconnect");
		old = await chain.reaches("shop", "disconnected");
		await chain.until(() => chain.service.browsers().length === 0);
	});
	after(() => chain?.stop());

	test("reconnect is clicked on a disconnected session: it is a new one", async () => {
		chain.stream.events.length = 0;
		clicked = Date.now();
		await chain.wish("shop", "reconnect");
		const fresh = await chain.account("shop");
		assert.equal(fresh.generation, old.generation + 1);
		assert.notEqual(fresh.session_id, old.session_id);
	});

	test("the QR code appears, and is the one of the page", async (t) => {
		const { code } = await chain.qr("shop");
		t.diagnostic(`from the click to the QR code: ${Date.now() - clicked} ms (asked for: 5000)`);
		const shown = await chain.whatsapp.reported(await chain.session("shop"), "qr");
		assert.equal(code, shown.qr);
		assert.equal((await chain.account("shop")).status, "qr_scanning");
	});

	test("it is scanned: from qr_scanning to connected", async () => {
		const up = await chain.scan("shop", PHONE);
		assert.deepEqual([up.phone, up.reason.cause, up.user_action], [PHONE, "none", "none"]);
		await chain.event("account.status", "shop", (e) => e.status === "connected");
		const all = statuses(), way = all.slice(all.lastIndexOf("connecting")); // "disconnected" may be told late
		assert.equal(way[0], "connecting", all.join(" "));
		assert.ok(way.indexOf("qr_scanning") > 0 && way.at(-1) === "connected", all.join(" "));
	});

	test("a message is sent", async () => {
		const id = await chain.send("shop", { to: `+${FRIEND}`, text: "hello" });
		const sent = await chain.whatsapp.reported(await chain.session("shop"), "sent");
		assert.deepEqual([sent.id, sent.to, sent.body], [id, `${FRIEND}@c.us`, "hello"]);
		await chain.event("message.sent", "shop", (e) => e.data.text === "hello");
	});

	test("a message is received", async () => {
		await chain.tell("shop", "message", { from: FRIEND, body: "hello yourself" });
		const { data } = await chain.event("message.received", "shop");
		assert.deepEqual([data.data.text, data.data.chat], ["hello yourself", `${FRIEND}@c.us`]);
	});

	test("health is 100", async () => {
		const account = await chain.account("shop");
		assert.equal(account.health.score, 100);
		const { body } = await chain.service.call("GET", `/api/messages/${account.session_id}/validate`);
		assert.deepEqual([body.is_healthy, body.can_send, body.send_failed], [true, true, 0]);
		assert.deepEqual((await chain.d.ok("POST", "/v1/accounts/shop/check")).state, "connected");
	});

	test("no error in the logs, and no secret", () => {
		assert.deepEqual(chain.errors(), []);
		assert.doesNotMatch(chain.d.log + chain.service.log + JSON.stringify(chain.stream.events), new RegExp(`${KEY}|${SECRET}`));
	});
});
