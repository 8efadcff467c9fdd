// One list of expectations for both contracts, ours and the old service's: run against the real service in
// front of real Chromium, against the double of it that misbehaves (here it does not), and against the
// double of the old one.  So no double drifts away from what it stands for.
//
// Where the contracts differ on purpose the row has a column for each.  What the old service does is what
// was recorded from it.

import assert from "node:assert/strict";
import { until } from "../lib/daemon.mjs";
import { after, before, describe, test } from "node:test";
import { Fake, KEY as FAKE_KEY } from "./hostile/fake.mjs";
import { SeedFake, KEY as SEED_KEY } from "./seed/fake.mjs";
import { KEY, Receiver, SECRET, Service, VERSION, folder, noChromium } from "./service.mjs";
import { Whatsapp } from "./standin/whatsapp.mjs";

const PHONE = "628111222333", FRIEND = "628999000111";
const S = "webjs_1_1763287200_0000c0de"; // of an account k1 on a profile p1

// A service to ask.  `place`: where its key is expected, "header" or "body".
class Subject {
	constructor(url, key, place, { scan, stop, receiver }) {
		Object.assign(this, { url, key, place, scan, stop, receiver });
	}

	// { status, json } with json undefined when it is none.  how: { key: null } sends none, and so on.
	async ask(method, route, body, { key = this.key, place = this.place, raw } = {}) {
		const inBody = place === "body" && key !== null, get = method === "GET";
		const text = raw ?? (get ? undefined : JSON.stringify({ ...body, ...(inBody && { api_key: key }) }));
		const url = this.url + route + ((place === "query" || (inBody && get)) && key !== null ? `?api_key=${key}` : "");
		const headers = { ...(text !== undefined && { "Content-Type": "application/json" }), ...(place === "header" && key !== null && { "X-API-Key": key }) };
		const response = await fetch(url, { method, headers, body: text });
		const got = await response.text();
		let json;
		try {
			json = JSON.parse(got);
		} catch {
			json = undefined;
		}
		return { status: response.status, json };
	}

	create(more = {}) {
		return this.ask("POST", "/api/sessions", { session_id: S, account_id: "k1", workspace_id: "1", ...(this.place === "header" && { profile: "p1", generation: 1 }), ...more });
	}

	async status() {
		const { status, json } = await this.ask("GET", `/api/sessions/${S}/status`);
		return status === 404 ? "404" : json.status;
	}

	told(event, from = 0) {
		return this.receiver.got(event, S, { after: from });
	}
}

const subjects = {
	"our service": { kind: "ours", skip: noChromium, async start(receiver) {
		const dir = folder(), whatsapp = await Whatsapp.start({ dir, version: VERSION });
		const service = await new Service({ dir, whatsapp, receiver }).start();
		return new Subject(service.url, KEY, "header", { receiver, scan: () => whatsapp.scan(S, { phone: PHONE }), stop: async () => {
			await service.stop();
			whatsapp.stop();
		} });
	} },
	"its double": { kind: "ours", async start(receiver) {
		const fake = await Fake.start({ webhook: receiver.url, secret: SECRET });
		return new Subject(fake.url, FAKE_KEY, "header", { receiver, scan: () => fake.scan(S, PHONE), stop: () => fake.stop() });
	} },
	"the old service's double": { kind: "seed", async start(receiver) {
		const seed = await SeedFake.start({ secret: SECRET });
		seed.laravel = new URL(receiver.url).origin;
		return new Subject(seed.url, SEED_KEY, "body", { receiver, scan: () => seed.scan(S, PHONE), stop: () => seed.stop() });
	} },
};

const said = ({ status, json }) => [status, json?.error];
const coded = ({ status, json }) => [status, json?.error, json?.code];
const NOBODY = [404, "Session not found"];

// [what, look, ours, the old service's: without it the same].  In order: one session's life.
const rows = [
	["a wrong key is 401", async (s) => said(await s.ask("GET", "/api/sessions", undefined, { key: "wrong" })), [401, "Invalid API key"]],
	["no key is 401", async (s) => said(await s.ask("POST", "/api/sessions", { session_id: S }, { key: null })), [401, "Invalid API key"]],
	["a key in a header", async (s) => (await s.ask("GET", "/api/sessions", undefined, { place: "header" })).status, 200, 401],
	["a key in the query of a GET", async (s) => (await s.ask("GET", "/api/sessions", undefined, { place: "query" })).status, 200],
	["a key in a body", async (s) => said(await s.ask("POST", "/api/messages/send", { session_id: S, recipient_phone: FRIEND, message: "x" }, { place: "body" })), NOBODY],
	["a key in the query of what is no GET", async (s) => (await s.ask("DELETE", `/api/sessions/${S}`, {}, { place: "query" })).status, 401],
	["health needs no key", async (s) => {
		const { status, json } = await s.ask("GET", "/health", undefined, { key: null });
		return [status, json.status === "healthy" || json.status === "starting"];
	}, [200, true]],
	["health/live", async (s) => (await s.ask("GET", "/health/live", undefined, { key: null })).status, 200, 503],
	["no session yet: an empty list that counts itself", async (s) => {
		const { json } = await s.ask("GET", "/api/sessions");
		return [json.success, json.total, json.sessions, json.complete, typeof json.boot_id];
	}, [true, 0, [], true, "string"], [true, 0, [], undefined, "undefined"]],
	["an unknown session's status", async (s) => said(await s.ask("GET", `/api/sessions/${S}/status`)), NOBODY],
	["an unknown session is ended", async (s) => {
		const { status, json } = await s.ask("DELETE", `/api/sessions/${S}`, {});
		return [status, json.error ?? json.alreadyDisconnected];
	}, NOBODY, [200, true]],
	["a message from an unknown session", async (s) => said(await s.ask("POST", "/api/messages/send", { session_id: S, recipient_phone: FRIEND, message: "x" })), NOBODY],
	["a route that is none", async (s) => said(await s.ask("GET", "/api/nothing")), [404, "Endpoint not found"]],
	["a body that is no JSON", async (s) => {
		const { status, json } = await s.ask("POST", "/api/sessions", undefined, { raw: "{" });
		return [status, json?.code];
	}, [400, "bad_request"], [400, undefined]], // HTML with a stack trace
	["an id that would be a path", async (s) => (await s.create({ session_id: "../x" })).status, 400, 500],
	["a generation without an account", async (s) => (await s.create({ account_id: undefined })).status, 400, null],

	["create is answered: at once, or when the page is up", async (s) => {
		const { status, json } = await s.create();
		return [status, json.success, json.session_id, json.status, json.state, json.generation];
	}, [202, true, S, "qr_scanning", "starting", 1], [200, true, S, "qr_scanning", undefined, undefined]],
	["create once more means the same session", async (s) => {
		const { status, json } = await s.create();
		return [status, json.success, json.session_id, json.generation];
	}, [200, true, S, 1], null], // it would destroy the first
	["the id belongs to its account", async (s) => coded(await s.create({ account_id: "k2" })), [409, "This session id belongs to another account", "conflict"], null],
	["one profile, one session", async (s) => {
		const { status, json } = await s.create({ session_id: "other", account_id: "k3" });
		return [status, json.code];
	}, [409, "profile_in_use"], null],
	["the code is told by a webhook", async (s) => {
		const { data } = await s.told("qr_code_generated");
		return [data.session_id, data.qr_count, data.is_regeneration, data.expires_in, typeof data.qr, /^data:image\/png;base64,/.test(data.qr_code)];
	}, [S, 1, false, 60, "string", false], [S, 1, false, 60, "undefined", true]],
	["and can be asked for", async (s) => {
		if (s.place === "body") return (await s.ask("GET", `/api/sessions/${S}/metadata`)).json.metadata.qrCode.slice(0, 22);
		const { json } = await s.ask("GET", `/api/sessions/${S}`);
		return [json.state, typeof json.qr, json.qr_count, (await s.ask("GET", `/api/sessions/${S}/metadata`)).json.metadata.qr === json.qr];
	}, ["qr", "string", 1, true], "data:image/png;base64,"],
	["it is in the list, and waits for a scan", async (s) => {
		const { json } = await s.ask("GET", "/api/sessions");
		const [row] = json.sessions;
		return [json.total, row.session_id, row.workspace_id, row.status, row.phone_number, row.state, row.generation, row.account_id];
	}, [1, S, "1", "qr_scanning", null, "qr", 1, "k1"], [1, S, "1", "qr_scanning", null, undefined, undefined, undefined]],
	["a message has to wait for the login", async (s) => coded(await s.ask("POST", "/api/messages/send", { session_id: S, recipient_phone: FRIEND, message: "x" })),
		[400, "Session not connected. Please check session status.", "not_connected"], [400, "Session not connected. Please check session status.", undefined]],
	["it cannot send yet, and says so", async (s) => (await s.ask("GET", `/api/messages/${S}/validate`)).json.can_send, false],
	["nothing can be logged out yet", async (s) => (await s.ask("POST", `/api/sessions/${S}/logout`, {})).json.code, "not_linked", null],
	["scanned: authenticated, then ready, by webhooks", async (s) => {
		await s.scan();
		const first = await s.told("session_authenticated"), second = await s.told("session_ready");
		return [first.data.status, second.data.status, second.data.phone_number, second.data.platform];
	}, ["authenticated", "connected", PHONE, "android"]],
	["connected, with a number", async (s) => {
		const { status, json } = await s.ask("GET", `/api/sessions/${S}/status`);
		return [status, json.session_id, json.status, json.phone_number, typeof json.connected_at];
	}, [200, S, "connected", PHONE, "string"]],
	["connected in the list", async (s) => (await s.ask("GET", "/api/sessions")).json.sessions.map((row) => [row.session_id, row.status, row.phone_number]), [[S, "connected", PHONE]]],
	["it can send, and says so", async (s) => {
		const { json } = await s.ask("GET", `/api/messages/${S}/validate`);
		return [json.success, json.can_send, json.is_healthy];
	}, [true, true, true]],
	["a message is sent, and told", async (s) => {
		const { status, json } = await s.ask("POST", "/api/messages/send", { session_id: S, recipient_phone: FRIEND, message: "hello" });
		const { data } = await s.told("message_sent");
		return [status, json.success, typeof json.message_id, typeof json.timestamp, data.message.body, data.message.id === json.message_id];
	}, [200, true, "string", "number", "hello", true]],
	["an empty message is refused", async (s) => (await s.ask("POST", "/api/messages/send", { session_id: S, recipient_phone: FRIEND })).status, 400],
	["who is connected has no code to renew", async (s) => coded(await s.ask("POST", `/api/sessions/${S}/regenerate-qr`, {}))[2], "no_qr", null], // it would start anew
	["an older generation is refused", async (s) => {
		await s.create({ session_id: `${S}b`, generation: 3, profile: "p1" });
		const { status, json } = await s.create({ session_id: `${S}c`, generation: 2 });
		return [status, json.code, json.generation, await s.status()];
	}, [409, "stale", 3, "404"], null],
	["the newer one takes over the login", async (s) => {
		await until(async () => (await s.ask("GET", `/api/sessions/${S}b/status`)).json.status === "connected", { explain: () => "not connected" });
		const { status } = await s.ask("DELETE", `/api/sessions/${S}b`, { account_id: "k1", generation: 3 });
		const again = await s.create({ session_id: `${S}b`, generation: 3 });
		return [status, again.status, again.json.code];
	}, [200, 409, "stale"], null],
	["it is ended: off the list, nothing told", async (s) => {
		if (s.place === "header") {
			await s.create({ generation: 4 });
			await until(async () => await s.status() === "connected", { explain: () => "not connected" });
		}
		const { status, json } = await s.ask("DELETE", `/api/sessions/${S}`, {});
		return [status, json.success, json.message, (await s.ask("GET", "/api/sessions")).json.total, await s.status()];
	}, [200, true, "Session disconnected successfully", 0, "404"]],
	["its login is kept: opened again without a scan", async (s) => {
		const from = s.receiver.events.length;
		const { status } = await s.create({ generation: 5 });
		await s.told("session_ready", from);
		return [status, await s.status(), s.receiver.events.slice(from).some((one) => one.event === "qr_code_generated")];
	}, [202, "connected", false], [200, "connected", false]],
	["profiles can be listed", async (s) => {
		const { status, json } = await s.ask("GET", "/api/profiles");
		return [status, json.profiles];
	}, [200, [{ profile: "p1", session_id: S }]], [404, undefined]],
	["logged out: the session and its login are gone", async (s) => {
		const { status } = await s.ask("POST", `/api/sessions/${S}/logout`, {});
		return [status, await s.status()];
	}, [200, "404"], [404, "connected"]],
	["restore", async (s) => said(await s.ask("POST", `/api/sessions/${S}/restore`, { workspace_id: "1" })), null, [500, "workspaceId is not defined"]],
	["regenerate-qr of the connected starts it anew, and never returns a code", async (s) => {
		const { status, json } = await s.ask("POST", `/api/sessions/${S}/regenerate-qr`, { workspace_id: "1" });
		return [status, json];
	}, null, [200, { expires_in: 300 }]],
	["each webhook was signed; ours can be told apart", async (s) => [
		s.receiver.unsigned, s.receiver.events.every((one) => typeof one.id === "string" && typeof one.sequence === "number" && typeof one.boot_id === "string"),
		new Set(s.receiver.events.map((one) => one.id)).size === s.receiver.events.length,
	], [0, true, true], [0, false, false]],
];

for (const [name, { kind, skip = false, start }] of Object.entries(subjects))
	describe(name, { skip, timeout: 120000 }, () => {
		let receiver, subject;
		before(async () => {
			receiver = await Receiver.start();
			subject = await start(receiver);
		});
		after(async () => {
			await subject?.stop();
			receiver?.stop();
		});
		for (const [what, look, ours, seed = ours] of rows) {
			const expected = kind === "seed" ? seed : ours;
			if (expected !== null) test(what, async () => assert.deepEqual(await look(subject), expected));
		}
	});
