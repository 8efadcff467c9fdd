// The examples of the seed's own document, as curl sends them, against Relink.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { until, withDaemon } from "../lib/daemon.mjs";
import { KEY, picture, plain } from "./seed.mjs";

const curl = { "User-Agent": "curl/7.88.1", Accept: "*/*" };
const form = { ...curl, "Content-Type": "application/x-www-form-urlencoded" }; // what -d says without -H
const options = (more) => ({ more: { dropin: { api_key: KEY, wait: "10s" }, ...more } });

const ready = (d) => until(async () => (await d.request("GET", "/readyz")).status === 200);

describe("the seed's examples", { concurrency: 2 }, () => {
	// curl http://localhost:3001/health
	test("health", () => withDaemon(options(), async (d) => {
		await ready(d);
		const { status, body } = await plain(d.port, "GET", "/health", undefined, curl);
		assert.deepEqual([status, body.status], [200, "healthy"]);
		assert.deepEqual(body.sessions, { total: 0, connected: 0, disconnected: 0, waiting: 0 });
	}));

	// curl http://localhost:3001/api/sessions -H "X-API-Key: YOUR_API_KEY"
	test("the sessions, with X-API-Key", () => withDaemon(options(), async (d) => {
		const sessions = (key) => plain(d.port, "GET", "/api/sessions", undefined, { ...curl, "X-API-Key": key });
		assert.deepEqual(await sessions(KEY).then((a) => [a.status, a.body]), [200, { success: true, sessions: [], total: 0 }]);
		assert.deepEqual(await sessions("YOUR_API_KEY").then((a) => [a.status, a.body]), [401, { error: "Invalid API key" }]);
	}));

	// POST .../reconnect  "Should return: {"success":true,"message":"Session reconnection initiated","qr_code":"..."}"
	test("reconnect of a session that nobody knows", () => withDaemon(options(), async (d) => {
		const began = Date.now(), id = "webjs_1_1763287200_deadbeef";
		const { status, body } = await plain(d.port, "POST", `/api/sessions/${id}/reconnect`,
			{ workspace_id: 1, account_id: 11 }, { ...curl, "X-API-Key": KEY });
		assert.ok(Date.now() - began < 5000, "QR code within 5 seconds");
		assert.equal(status, 200);
		assert.deepEqual({ success: body.success, message: body.message }, { success: true, message: "Session reconnection initiated" });
		assert.ok(picture(body.qr_code).width >= 256);
		// "Node.js sessions: 1 (new healthy session)"
		const { sessions } = (await plain(d.port, "GET", "/api/sessions", undefined, { ...curl, "X-API-Key": KEY })).body;
		assert.deepEqual(sessions.map((s) => [s.session_id, s.status]), [[id, "qr_scanning"]]);
	}));

	// curl -X POST http://127.0.0.1:8000/api/whatsapp/webhooks/webjs -H "X-Timestamp: $(date +%s)"
	//   -H "X-HMAC-Signature: test" -d '{"event":"test"}'
	test("a webhook whose signature is \"test\" is refused in words", () => withDaemon(options({ providers: {
		mock: {},
		webjs: { config: { url: "http://127.0.0.1:9", api_key: "nobody-asks", webhook_secret: "a-secret-of-some-length" } },
	} }), async (d) => {
		await ready(d);
		const { status, body } = await plain(d.port, "POST", "/api/whatsapp/webhooks/webjs", '{"event":"test"}',
			{ ...form, "X-Timestamp": String(Math.floor(Date.now() / 1000)), "X-HMAC-Signature": "test" });
		assert.deepEqual([status, body.code], [401, "webhook_refused"]);
		assert.match(body.detail, /X-HMAC-Signature/);
	}));
});
