// ends.test.mjs - sessions that come to nothing: each is ended, told with its cause, and leaves no browser.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { until } from "../lib/daemon.mjs";
import { Receiver, Service, VERSION, folder, noChromium } from "./service.mjs";
import { childrenOf } from "./standin/processes.mjs";
import { Whatsapp } from "./standin/whatsapp.mjs";

// Three at a time, as two cores allow.
describe("sessions that come to nothing", { skip: noChromium, concurrency: 3 }, () => {
	let whatsapp, receiver, service;

	before(async () => {
		const dir = folder();
		whatsapp = await Whatsapp.start({ dir, version: VERSION });
		receiver = await Receiver.start();
		const settings = { "qr-deadline": "6s", "ready-deadline": "10s", "offline-deadline": "1s", "call-deadline": "1500ms" };
		service = await new Service({ dir, whatsapp, receiver, settings }).start();
	});
	after(async () => {
		await service?.stop();
		whatsapp?.stop();
		receiver?.stop();
	});

	// Resolves with the event that tells of the end, once no process is left.
	async function ended(session, at = service) {
		const { data } = await receiver.got("session_disconnected", session);
		await until(() => at.browsers(session).length === 0, { explain: () => `a browser of ${session} is left` });
		const { body } = await at.call("GET", `/api/sessions/${session}/status`);
		assert.deepEqual([body.state, body.cause, body.generation], ["down", data.cause, 1], "the list says it too");
		return data;
	}
	async function connected(session) {
		await service.create(session);
		await whatsapp.scan(session);
		await receiver.got("session_ready", session);
	}

	test("a QR code that nobody scans ends at its deadline", async () => {
		await service.create("lonely");
		await receiver.got("qr_code_generated", "lonely");
		const end = await ended("lonely");
		assert.deepEqual([end.cause, end.reason], ["qr_expired", "DEADLINE"]);
		assert.match(end.text, /nobody scanned the QR code within 6 s/);
	});

	for (const [boot, what] of [["nodebug", "never becomes WhatsApp"], ["opening", "never gets past OPENING"]]) {
		test(`a page that ${what} ends at the start's deadline, and its place is free`, async (t) => {
			const short = new Service({ whatsapp, receiver, settings: { "start-deadline": "4s", "capacity": 1 } });
			await short.start();
			t.after(() => short.kill());
			whatsapp.configure({ boot }, boot);
			await short.create(boot);
			assert.deepEqual(await short.create("next").then(({ status, body }) => [status, body.code]), [503, "capacity"]);
			const end = await ended(boot, short);
			assert.equal(end.cause, "engine_hang");
			assert.match(end.text, /no QR code and no login came within 4 s|auth timeout/);
			assert.equal((await short.create("next")).status, 202);
			assert.deepEqual(await short.stop(), { code: 0, signal: null });
			assert.deepEqual(short.browsers(), []);
		});
	}

	test("a page that hangs while connected is noticed and ended", async () => {
		await connected("hung");
		await whatsapp.tell("hung", "hang");
		assert.deepEqual([(await ended("hung")).cause], ["engine_hang"]);
	});

	test("a frozen Chromium is noticed and killed, and a stop of it says so when it is gone", async () => {
		await connected("frozen");
		for (const { pid } of service.browsers("frozen")) process.kill(pid, "SIGSTOP");
		const sent = await service.call("POST", "/api/messages/send",
			{ session_id: "frozen", recipient_phone: "15550001111", message: "anybody?" });
		assert.deepEqual([sent.status, sent.body.code], [504, "outcome_unknown"]);
		const { status } = await service.call("DELETE", "/api/sessions/frozen", {});
		assert.equal(status, 200);
		assert.equal(service.browsers("frozen").length, 0);
		assert.equal(await service.state("frozen"), "gone");
	});

	test("a Chromium that is killed while it starts is noticed, and is no fault of the machine", async () => {
		await service.create("killed");
		const [{ pid }] = await until(() => {
			const found = service.browsers("killed");
			return found.length > 0 && found;
		}, { every: 5 });
		process.kill(pid, "SIGKILL");
		assert.equal((await ended("killed")).cause, "engine_crash");
	});

	test("a page that crashes ends its session", async () => {
		await service.create("crashed");
		await receiver.got("qr_code_generated", "crashed");
		for (const { pid } of childrenOf(service.browsers("crashed")[0], "renderer")) process.kill(pid, "SIGKILL");
		assert.equal((await ended("crashed")).cause, "engine_crash");
	});

	for (const [value, cause] of [["CONFLICT", "replaced"], ["UNPAIRED", "unpaired"], ["TIMEOUT", "network"]]) {
		test(`WhatsApp's state ${value} ends a connected session: ${cause}`, async () => {
			const session = `at-${value}`;
			await connected(session);
			await whatsapp.tell(session, "state", { value });
			assert.equal((await ended(session)).cause, cause);
		});
	}

	test("a login that the library missed is noticed", async () => {
		await service.create("early");
		await whatsapp.scan("early", { early: true });
		await receiver.got("session_ready", "early");
		assert.equal((await service.call("DELETE", "/api/sessions/early", {})).status, 200);
	});

	test("WhatsApp that cannot be reached is a fault of the network", async (t) => {
		const offline = new Service({ whatsapp, receiver, settings: { "web-cache": whatsapp.emptyCache } });
		whatsapp.mode = "close";
		await offline.start();
		t.after(() => offline.kill());
		await offline.create("away");
		assert.equal((await ended("away", offline)).cause, "network");
		whatsapp.mode = "page";
		assert.deepEqual(await offline.stop(), { code: 0, signal: null });
	});

	test("a Chromium that cannot be started: the session says so, and /health", async (t) => {
		const broken = await new Service({ receiver, settings: { chromium: "/bin/false" } }).start();
		t.after(() => broken.kill());
		await broken.create("stillborn");
		const end = await ended("stillborn", broken);
		assert.deepEqual([end.cause, end.reason], ["provider_down", "NOT_STARTED"]);
		assert.match(end.text, /Chromium cannot be used: it ended with status 1/);
		const { status, body } = await broken.call("GET", "/health", undefined, { headers: {} });
		assert.deepEqual([status, body.status, body.browser.usable], [503, "unhealthy", false]);
		assert.equal((await broken.call("GET", "/health/ready")).status, 503);
		assert.deepEqual(await broken.stop(), { code: 0, signal: null });
	});
});
