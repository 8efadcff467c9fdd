// api.test.mjs - the HTTP side of the service: keys, errors and limits, without a Chromium.

import assert from "node:assert/strict";
import net from "node:net";
import { after, before, describe, test } from "node:test";
import { until } from "../lib/daemon.mjs";
import { KEY, Service, noPackages } from "./service.mjs";

describe("the API", { skip: noPackages }, () => {
	let service;
	before(async () => {
		service = await new Service({ settings: { "chromium": "/bin/false", "media-limit": "64KiB" } }).start();
	});
	after(() => service?.stop());

	const ask = (method, route, body, headers = { "X-API-Key": KEY }) => service.call(method, route, body, { headers });
	const send = { session_id: "none", recipient_phone: "15550001111", message: "hi" };

	for (const [what, method, route, body, headers] of [
		["in X-API-Key", "GET", "/api/sessions", undefined, { "X-API-Key": KEY }],
		["as a bearer token", "GET", "/api/sessions", undefined, { Authorization: `Bearer ${KEY}` }],
		["in the query of a GET", "GET", `/api/sessions?api_key=${KEY}`, undefined, {}],
		["in the body of a POST", "POST", "/api/messages/send", { ...send, api_key: KEY }, {}],
		["in the body of a DELETE", "DELETE", "/api/sessions/none", { api_key: KEY }, {}],
	]) test(`the key is taken ${what}`, async () => {
		const { status } = await ask(method, route, body, headers);
		assert.equal(status, method === "GET" ? 200 : 404);
	});

	for (const [what, method, route, body, headers] of [
		["none", "GET", "/api/sessions", undefined, {}],
		["none in a body", "POST", "/api/sessions", { session_id: "x" }, {}],
		["a wrong one in the header, whatever the body says", "POST", "/api/sessions", { session_id: "x", api_key: KEY }, { "X-API-Key": "no" }],
		["a wrong one in the query", "GET", "/api/sessions?api_key=no", undefined, {}],
		["in the query of what is no GET", "DELETE", `/api/sessions/none?api_key=${KEY}`, undefined, {}],
		["two in the query", "GET", `/api/sessions?api_key=${KEY}&api_key=${KEY}`, undefined, {}],
		["an object", "POST", "/api/sessions", { session_id: "x", api_key: {} }, {}],
		["a large body with the key in it", "POST", "/api/messages/send", { ...send, api_key: KEY, caption: "x".repeat(65536) }, {}],
		["none, and the details of health", "GET", "/health/detailed", undefined, {}],
	]) test(`refused, the key: ${what}`, async () => {
		const { status, body: said } = await ask(method, route, body, headers);
		assert.deepEqual([status, said], [401, { error: "Invalid API key", code: "unauthorized" }]);
	});

	for (const [what, method, route, body, code, status = 400] of [
		["a session id with a path in it", "POST", "/api/sessions", { session_id: "../x" }, "bad_request"],
		["a profile with a path in it", "POST", "/api/sessions", { session_id: "x", profile: "../../x" }, "bad_request"],
		["no session id", "POST", "/api/sessions", {}, "bad_request"],
		["a list for a body", "POST", "/api/sessions", [], "bad_request"],
		["a generation below 0", "POST", "/api/sessions", { session_id: "x", account_id: "a", generation: -1 }, "bad_request"],
		["a generation without an account", "POST", "/api/sessions", { session_id: "x", generation: 1 }, "bad_request"],
		["a recipient that is no number", "POST", "/api/messages/send", { ...send, session_id: "none", recipient_phone: "nobody" }, "gone", 404],
		["an unknown session's status", "GET", "/api/sessions/none/status", undefined, "gone", 404],
		["an unknown session's logout", "POST", "/api/sessions/none/logout", {}, "gone", 404],
		["an unknown route", "GET", "/api/metrics", undefined, "no_such_route", 404],
		["a body that is too large", "POST", "/api/sessions", { session_id: "x", workspace_id: "x".repeat(70000) }, "bad_request", 413],
	]) test(`an error has a sentence and a code: ${what}`, async () => {
		const { status: got, body: said } = await ask(method, route, body);
		assert.deepEqual([got, said.code], [status, code]);
		assert.ok(said.error.length > 5);
	});

	test("an unknown session has the old service's text, which clients look for", async () => {
		assert.equal((await ask("GET", "/api/sessions/none/status")).body.error, "Session not found");
		assert.equal((await ask("DELETE", "/api/sessions/none", {})).body.error, "Session not found");
	});

	test("garbage on the line is answered or cut, and the service goes on", async () => {
		const { hostname, port } = new URL(service.url);
		for (const text of ["nonsense\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02\x00",
			`POST /api/sessions HTTP/1.1\r\nHost: x\r\nX-API-Key: ${KEY}\r\nContent-Type: application/json\r\nContent-Length: 3\r\n\r\n{"a`])
			await new Promise((done) => {
				const line = net.connect(port, hostname, () => line.end(text));
				line.on("error", done).on("close", done).resume();
			});
		assert.equal((await ask("GET", "/health/live", undefined, {})).status, 200);
	});

	test("it goes on when whoever started it no longer reads its log", async () => {
		const alone = await new Service({ settings: { "chromium": "/bin/false", "log-level": "debug" } }).start();
		for (const pipe of [alone.child.stdout, alone.child.stderr]) pipe.destroy();
		await alone.create("x1");
		await until(async () => await alone.state("x1") === "down"); // and lines were written
		assert.equal((await alone.call("GET", "/health/live")).status, 200);
		assert.deepEqual(await alone.stop(), { code: 0, signal: null });
	});

	test("no key and no text gets into the log", async () => {
		await ask("GET", `/api/sessions?api_key=${KEY}`, undefined, {});
		await ask("POST", "/api/messages/send", { ...send, message: "a secret text" });
		assert.ok(!service.log.includes(KEY) && !service.log.includes("a secret text"));
	});
});
