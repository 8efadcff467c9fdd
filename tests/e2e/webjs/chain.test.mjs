// The whole chain: relinkctl's daemon, the plugin, our service, whatsapp-web.js, Chromium, and a page that
// stands in for WhatsApp Web.  The service tells Relink by webhooks, as an installation does.

import assert from "node:assert/strict";
import net from "node:net";
import { once } from "node:events";
import test, { after, before, describe } from "node:test";
import { Daemon, until } from "../lib/daemon.mjs";
import { Stream } from "../lib/events.mjs";
import { KEY, SECRET, Service, VERSION, folder, noChromium } from "./service.mjs";
import { Whatsapp } from "./standin/whatsapp.mjs";

const PHONE = "628111222333", FRIEND = "628999000111";

async function freePort() {
	const server = net.createServer();
	await once(server.listen(0, "127.0.0.1"), "listening");
	const { port } = server.address();
	server.close();
	await once(server, "close");
	return port;
}

describe("webjs, end to end", { skip: noChromium, timeout: 240000 }, () => {
	let whatsapp, service, d, stream;
	const account = (id) => d.account(id);
	const session = async (id) => (await account(id)).session_id;
	const qr = (id, not) => until(async () => {
		const answer = await d.request("GET", `/v1/accounts/${id}/qr`);
		return answer.status === 200 && answer.body.code !== not && answer.body;
	}, { explain: async () => JSON.stringify(await account(id)) + d.log.slice(-1500) });
	const link = async (id, phone = PHONE) => {
		await qr(id);
		await whatsapp.scan(await session(id), { phone });
		return d.reaches(id, "connected");
	};

	before(async () => {
		const dir = folder(), port = await freePort();
		whatsapp = await Whatsapp.start({ dir, version: VERSION });
		d = new Daemon({
			policy: { start_deadline: "60s", qr_deadline: "2m", list_interval: "5s", settle: "1s",
				operation_deadline: "20s", stable_after: "1m", backoff_base: "200ms", backoff_cap: "2s" },
			more: { providers: { webjs: { workers: 1, instances: [{ id: "webjs-1", config: {
				url: `http://127.0.0.1:${port}`, api_key: KEY, webhook_secret: SECRET } }] } } },
		});
		await d.start();
		service = await new Service({ dir, whatsapp, receiver: { url: `http://127.0.0.1:${d.port}/webhooks/webjs` },
			settings: { listen: `127.0.0.1:${port}` } }).start();
		stream = new Stream(d);
		await stream.open();
		await until(async () => (await d.request("GET", "/readyz")).status === 200);
	});
	after(async () => {
		await d?.kill();
		await service?.stop();
		whatsapp?.stop();
	});

	test("the checklist: reconnect, QR within 5 s, scan, connected, sent, received, no errors in the logs", async (t) => {
		await d.ok("POST", "/v1/accounts", { provider: "webjs", id: "shop" });
		const clicked = Date.now();
		await d.ok("POST", "/v1/accounts/shop/reconnect");
		const code = await qr("shop");
		t.diagnostic(`request to QR: ${Date.now() - clicked} ms`);
		const shown = await whatsapp.reported(await session("shop"), "qr");
		assert.equal(code.code, shown.qr, "it is what the page shows");
		assert.equal((await account("shop")).status, "qr_scanning");

		await whatsapp.scan(await session("shop"), { phone: PHONE });
		const up = await d.reaches("shop", "connected");
		assert.equal(up.phone, PHONE);

		const sent = await d.ok("POST", "/v1/accounts/shop/verbs/send", { to: `+${FRIEND}`, text: "hello" });
		assert.ok(sent.result.message_id);
		await whatsapp.tell(await session("shop"), "message", { from: FRIEND, body: "hello yourself" });
		const event = (await until(() => stream.events.find((e) => e.type === "message.received"))).data;
		assert.deepEqual([event.account, event.data.text, event.data.chat], ["shop", "hello yourself", `${FRIEND}@c.us`]);
		await until(() => stream.events.find((e) => e.type === "message.sent" && e.data.data.text === "hello"));
		assert.doesNotMatch(d.log, / error /);
		assert.doesNotMatch(d.log + JSON.stringify(stream.events), new RegExp(`${KEY}|${SECRET}`));
	});

	test("Chromium is SIGKILLed while connected: connected again without a scan", async (t) => {
		const before = await account("shop");
		const [browser] = service.browsers(before.session_id);
		const killed = Date.now();
		process.kill(browser.pid, "SIGKILL");
		await until(async () => (await account("shop")).status !== "connected");
		t.diagnostic(`noticed after ${Date.now() - killed} ms`);
		const up = await d.reaches("shop", "connected");
		t.diagnostic(`connected again after ${Date.now() - killed} ms`);
		assert.equal(up.profile, before.profile);
		assert.notEqual(up.session_id, before.session_id);
		assert.equal(up.generation, before.generation + 1);
	});

	test("two clicks on reconnect at once are one session", async () => {
		const before = await account("shop");
		await Promise.all([1, 2].map(() => d.ok("POST", "/v1/accounts/shop/reconnect")));
		await until(async () => (await account("shop")).generation > before.generation);
		const up = await d.reaches("shop", "connected");
		assert.equal(up.generation, before.generation + 1);
		assert.deepEqual(await service.ids(), [up.session_id]);
		assert.equal(service.browsers().length, 1);
	});

	test("the core is SIGKILLed in the middle of a create: adopted, never doubled", async () => {
		const shop = await session("shop");
		await d.ok("POST", "/v1/accounts", { provider: "webjs", id: "second", connect: true });
		await until(async () => (await service.ids()).length === 2);
		const [id] = (await service.ids()).filter((s) => s !== shop);
		const port = d.port;
		await d.kill();
		d.config.http.listen = `127.0.0.1:${port}`; // where the service's webhooks go
		d.writeConfig();
		await d.start();
		await qr("second");
		const now = await account("second");
		assert.equal(now.generation, 1);
		assert.equal(now.session_id, id);
		assert.deepEqual((await service.ids()).sort(), [shop, id].sort());
		await d.reaches("shop", "connected");
		await link("second", "628111222444");
	});

	test("logged out on the phone: parked, nothing is retried, and the next reconnect shows a QR under a new id", async () => {
		const before = await account("second");
		await whatsapp.tell(before.session_id, "logout");
		const parked = await until(async () => {
			const a = await account("second");
			return a.phase === "parked" && a;
		}, { seconds: 30, explain: async () => JSON.stringify(await account("second")) });
		assert.deepEqual([parked.status, parked.reason.cause, parked.user_action], ["disconnected", "logged_out", "scan_qr"]);
		assert.equal(parked.generation, before.generation);
		await d.ok("POST", "/v1/accounts/second/reconnect");
		await qr("second");
		const fresh = await account("second");
		assert.notEqual(fresh.session_id, before.session_id);
		assert.notEqual(fresh.profile, before.profile);
		await d.ok("POST", "/v1/accounts/second/disconnect");
		await d.reaches("second", "disconnected");
		await until(() => service.browsers().length === 1);
	});

	test("the service is SIGKILLed: all are connected again without a scan", async (t) => {
		const before = await account("shop");
		const killed = Date.now();
		await service.kill();
		await service.start();
		await until(async () => {
			const a = await account("shop");
			return a.generation > before.generation && a.status === "connected";
		}, { seconds: 60, explain: async () => JSON.stringify(await account("shop")) + d.log.slice(-1500) });
		t.diagnostic(`connected again after ${Date.now() - killed} ms`);
		assert.equal((await account("shop")).profile, before.profile);
		assert.equal(service.browsers().length, 1, "the orphan was swept");
	});

	test("webhooks that do not come: the state is right all the same", async () => {
		const stop = await fetch(`http://127.0.0.1:${d.port}/webhooks/webjs`, { method: "POST",
			headers: { "Content-Type": "application/json" }, body: "{}" });
		assert.equal(stop.status, 401);
		assert.match((await stop.json()).detail, /X-Timestamp/);
		service.settings["webhook-url"] = "http://127.0.0.1:9/nobody";
		await service.kill();
		await service.start();
		const before = (await account("shop")).generation;
		await until(async () => {
			const a = await account("shop");
			return a.status === "connected" && !a.checking && a.generation >= before && (await service.ids()).includes(a.session_id);
		}, { seconds: 60, explain: async () => JSON.stringify(await account("shop")) + d.log.slice(-1500) });
	});
});
