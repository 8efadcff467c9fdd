// life.test.mjs - a session's life, with the real library and the real Chromium: linked, used, lost, ended.
//
// The tests of this file follow each other on one service; each Chromium costs seconds.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { until } from "../lib/daemon.mjs";
import { KEY, Receiver, Service, VERSION, folder, noChromium } from "./service.mjs";
import { alive } from "./standin/processes.mjs";
import { Whatsapp } from "./standin/whatsapp.mjs";

const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

describe("a session's life", { skip: noChromium }, () => {
	let whatsapp, receiver, service;
	const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;

	before(async () => {
		const dir = folder();
		whatsapp = await Whatsapp.start({ dir, version: VERSION });
		receiver = await Receiver.start();
		service = await new Service({ dir, whatsapp, receiver }).start();
	});
	after(async () => {
		await service?.stop();
		whatsapp?.stop();
		receiver?.stop();
	});

	test("a create is answered at once, and the QR code comes by webhook and by the API", async (t) => {
		const begun = Date.now();
		const { status, body } = await service.create("s1", { account: "a1", workspace_id: "w1" });
		assert.equal(status, 202);
		assert.deepEqual(whatsapp.events, [], "the answer does not wait for Chromium");
		assert.deepEqual([body.session_id, body.account_id, body.profile, body.generation, body.state, body.status],
			["s1", "a1", "p-s1", 1, "starting", "qr_scanning"]);
		const { data, arrived } = await receiver.got("qr_code_generated", "s1");
		t.diagnostic(`create to QR webhook: ${seconds(arrived - begun)}`);
		const shown = await whatsapp.reported("s1", "qr");
		assert.equal(data.qr, shown.qr, "the raw text that the page shows");
		assert.deepEqual([data.workspace_id, data.account_id, data.generation, data.qr_count], ["w1", "a1", 1, 1]);
		assert.ok(data.expires_in > 50 && data.expires_in <= 60);
		const { body: metadata } = await service.call("GET", "/api/sessions/s1/metadata");
		assert.equal(metadata.metadata.qr, data.qr);
		const { body: list } = await service.call("GET", "/api/sessions");
		assert.deepEqual([list.boot_id, list.complete, list.total, list.sessions[0].qr], [service.boot, true, 1, data.qr]);
	});

	test("a new code can be asked for, and is when WhatsApp stops renewing it", async () => {
		const first = receiver.events.at(-1).data.qr;
		const { status, body } = await service.call("POST", "/api/sessions/s1/regenerate-qr", {});
		assert.equal(status, 200);
		assert.notEqual(body.qr, first);
		assert.deepEqual([body.qr_count, body.is_regeneration], [2, true]);
		await whatsapp.tell("s1", "set", { qrMax: 1 });
		await whatsapp.tell("s1", "qr");
		await whatsapp.reported("s1", "idle");
		await receiver.got("qr_code_generated", "s1", { where: (data) => data.qr_count === 3 });
		assert.equal(await service.state("s1"), "qr");
	});

	test("a scan leads to connected, with the phone number", async (t) => {
		const begun = Date.now();
		await whatsapp.scan("s1", { phone: "15551234567" });
		await receiver.got("session_authenticated", "s1");
		const { data, arrived } = await receiver.got("session_ready", "s1");
		t.diagnostic(`scan to ready webhook: ${seconds(arrived - begun)}`);
		assert.deepEqual([data.status, data.phone_number, data.state], ["connected", "15551234567", "connected"]);
		const { body } = await service.call("GET", "/api/sessions/s1/status");
		assert.deepEqual([body.state, body.status, body.phone_number, body.qr], ["connected", "connected", "15551234567", null]);
		t.diagnostic(`memory: ${JSON.stringify(body.memory)}`);
		assert.ok(body.memory.rss_bytes > 50e6 && body.memory.processes >= 3);
	});

	test("a message goes out, and its acknowledgements come back", async () => {
		const { status, body } = await service.call("POST", "/api/messages/send",
			{ session_id: "s1", recipient_phone: "+1 (555) 000-1111", message: "hello there" });
		assert.equal(status, 200, JSON.stringify(body));
		const sent = await whatsapp.reported("s1", "sent");
		assert.deepEqual([sent.id, sent.to, sent.body], [body.message_id, "15550001111@c.us", "hello there"]);
		for (const word of ["sent", "delivered", "read"])
			await receiver.got("message_status_updated", "s1",
				{ where: (data) => data.message_id === body.message_id && data.status === word });
	});

	test("a picture goes out with its caption", async () => {
		const { status, body } = await service.call("POST", "/api/messages/send", {
			session_id: "s1", recipient_phone: "15550001111", message: "look",
			media: { mimetype: "image/png", data: PNG, filename: "dot.png" },
		});
		assert.equal(status, 200, JSON.stringify(body));
		const sent = await whatsapp.reported("s1", "sent", { where: ({ id }) => id === body.message_id });
		assert.deepEqual([sent.caption, sent.mimetype], ["look", "image/png"]);
	});

	test("a message that is asked for twice under one name is sent once", async () => {
		const send = (message, request_id) => service.call("POST", "/api/messages/send",
			{ session_id: "s1", recipient_phone: "15550001111", message, request_id });
		const answers = [...await Promise.all([send("once", "r1"), send("once", "r1")]), await send("once", "r1")];
		assert.equal(new Set(answers.map(({ body }) => body.message_id)).size, 1);
		const late = await service.call("POST", "/api/messages/send",
			{ session_id: "s1", recipient_phone: "15550001111", media_url: "http://127.0.0.1:1/gone.png", request_id: "r1" });
		assert.equal(late.body.message_id, answers[0].body.message_id, "its file is not fetched again");
		await send("behind it", "r2");
		await whatsapp.reported("s1", "sent", { where: ({ body }) => body === "behind it" });
		assert.equal(whatsapp.events.filter((one) => one.type === "sent" && one.body === "once").length, 1);
	});

	test("an unknown recipient is told, and is no failure of the session", async () => {
		const { status, body } = await service.call("POST", "/api/messages/send",
			{ session_id: "s1", recipient_phone: "99912345678", message: "anybody?" });
		assert.deepEqual([status, body.code], [422, "no_recipient"]);
		assert.equal(await service.state("s1"), "connected");
	});

	test("messages come in, in order, and a picture with its data", async () => {
		await whatsapp.tell("s1", "message", { from: "15559998888", pushname: "Ann", body: "hi", n: 5 });
		const first = await receiver.got("message_received", "s1", { where: ({ message }) => message.body === "hi #1" });
		await receiver.got("message_received", "s1", { where: ({ message }) => message.body === "hi #5" });
		const { message } = first.data;
		assert.deepEqual([message.from, message.from_me, message.chat_type, message.sender_name],
			["15559998888@c.us", false, "private", "Ann"]);
		const bodies = receiver.events.filter((one) => one.event === "message_received").map((one) => one.data.message.body);
		assert.deepEqual(bodies, ["hi #1", "hi #2", "hi #3", "hi #4", "hi #5"]);
		await whatsapp.tell("s1", "message", { body: "see", media: { mimetype: "image/png", data: PNG, filename: "dot.png" } });
		const { data } = await receiver.got("message_received", "s1", { where: (one) => one.message.has_media });
		assert.deepEqual([data.message.media.mimetype, data.message.media.data], ["image/png", PNG]);
	});

	test("Chromium is killed while connected: down is pushed", async (t) => {
		const [{ pid }] = service.browsers("s1");
		const killed = Date.now();
		process.kill(pid, "SIGKILL");
		const { data, arrived } = await receiver.got("session_disconnected", "s1");
		t.diagnostic(`Chromium's death to webhook: ${arrived - killed} ms`);
		assert.deepEqual([data.cause, data.state, data.generation], ["engine_crash", "down", 1]);
		assert.equal(await service.state("s1"), "down");
		await until(() => service.browsers("s1").length === 0);
	});

	test("a new session on the same profile is connected again without a scan", async (t) => {
		const begun = Date.now();
		assert.equal((await service.create("s2", { account: "a1", profile: "p-s1", generation: 2 })).status, 202);
		const { data, arrived } = await receiver.got("session_ready", "s2");
		t.diagnostic(`create to connected on a kept login: ${seconds(arrived - begun)}`);
		assert.equal(data.phone_number, "15551234567");
		assert.ok(!receiver.events.some((one) => one.event === "qr_code_generated" && one.data.session_id === "s2"));
		assert.deepEqual(await service.ids(), ["s2"], "the life before it is no longer listed");
	});

	test("logged out on the phone: down with that cause, the browser ends, nothing is deleted", async () => {
		await whatsapp.tell("s2", "logout");
		const { data } = await receiver.got("session_disconnected", "s2");
		assert.deepEqual([data.cause, data.reason], ["logged_out", "LOGOUT"]);
		const profiles = await until(async () => {
			const { body } = await service.call("GET", "/api/profiles");
			return body.profiles[0].session_id === null && body.profiles;
		});
		assert.deepEqual(profiles.map((one) => one.profile), ["p-s1"]);
		assert.ok(existsSync(path.join(service.data, "profiles", "session-p-s1", "Default")), "with what is in it");
		assert.deepEqual(service.browsers("s2"), []);
		assert.ok(!receiver.events.some((one) => one.event === "qr_code_generated" && one.data.session_id === "s2"));
	});

	test("a logout that was asked for unlinks at WhatsApp and deletes the profile", async () => {
		await service.create("s3", { account: "a1", profile: "p-new", generation: 3 });
		await whatsapp.scan("s3");
		await receiver.got("session_ready", "s3");
		const [{ pid }] = service.browsers("s3");
		assert.equal((await service.call("POST", "/api/sessions/s3/logout", {})).status, 200);
		await whatsapp.reported("s3", "logout");
		assert.ok(!alive(pid), "Chromium is gone when the answer comes");
		assert.equal(await service.state("s3"), "gone");
		const { data } = await receiver.got("session_disconnected", "s3");
		assert.equal(data.cause, "by_request");
		const { body } = await service.call("GET", "/api/profiles");
		assert.deepEqual(body.profiles.map((one) => one.profile), ["p-s1"]);
		assert.equal((await service.call("DELETE", "/api/profiles/p-s1")).status, 200);
		assert.equal((await service.call("DELETE", "/api/profiles/p-s1")).status, 404);
	});

	test("the old service's calls work, with neither account nor generation", async () => {
		const old = { workspace_id: "w1", api_key: KEY };
		const ask = (method, route, body) => service.call(method, route, body, { headers: {} });
		const made = await ask("POST", "/api/sessions", { session_id: "old", account_id: "o1", ...old });
		assert.deepEqual([made.status, made.body.success, made.body.status], [202, true, "qr_scanning"]);
		await receiver.got("qr_code_generated", "old");
		const mark = receiver.events.length, [{ pid }] = service.browsers("old");
		assert.equal((await ask("POST", "/api/sessions/old/reconnect", { account_id: "o1", ...old })).status, 202);
		assert.ok(!alive(pid));
		await receiver.got("qr_code_generated", "old", { after: mark });
		const { body } = await ask("GET", `/api/messages/old/validate?api_key=${KEY}`);
		assert.deepEqual([body.success, body.can_send, body.profile], [true, false, "old"]);
		const gone = await ask("DELETE", "/api/sessions/old", old);
		assert.deepEqual([gone.status, gone.body.success], [200, true]);
	});

	test("every webhook was signed, numbered without a gap, and came in order", () => {
		assert.equal(receiver.unsigned, 0);
		assert.deepEqual(receiver.events.map((one) => one.sequence), receiver.events.map((_, i) => i + 1));
		assert.equal(new Set(receiver.events.map((one) => one.id)).size, receiver.events.length);
		assert.ok(receiver.events.every((one) => one.boot_id === service.boot));
	});

	test("SIGTERM ends it with status 0", async () => {
		assert.deepEqual(await service.stop(), { code: 0, signal: null });
		assert.deepEqual(service.browsers(), []);
		assert.doesNotMatch(service.log, / error /);
	});
});
