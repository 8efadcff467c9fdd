// Requests that are wrong: each is refused with the code and the remedy that belong to it, and changes
// nothing, not even when it is cut off in the middle.

import assert from "node:assert/strict";
import net from "node:net";
import path from "node:path";
import { describe, test } from "node:test";
import { Daemon, fast, until, withDaemon } from "../lib/daemon.mjs";

const account = (members) => ({ provider: "mock", ...members });
const raw = (text) => Buffer.from(text);
const json = (more) => ({ "Content-Type": "application/json", ...more });
const big = "x".repeat(1 << 20);

// method, path, status, code, words of the detail, body, headers
const wrong = {
	body: [
		["POST", "/v1/accounts", 400, "invalid_json", /not valid JSON: .*line 1, column \d+/, raw('{"provider":')],
		["POST", "/v1/accounts", 400, "invalid_json", /duplicate/, raw('{"provider":"mock","provider":"mock"}')],
		["POST", "/v1/accounts", 400, "invalid_json", /not valid JSON/, Buffer.from('{"provider":"\xff"}', "latin1")],
		["POST", "/v1/accounts", 400, "invalid_json", /must be a JSON object/, ["mock"]],
		["POST", "/v1/accounts", 400, "invalid_json", /nested deeper than \d+ levels/, raw("[".repeat(100000))],
		["POST", "/v1/accounts", 400, "unknown_field", /"provder"/, { provder: "mock" }],
		["POST", "/v1/accounts", 400, "invalid_field", /"provider" is required/, {}],
		["POST", "/v1/accounts", 400, "invalid_field", /"connect" must be true or false/, account({ connect: "yes" })],
		["POST", "/v1/accounts", 400, "invalid_field", /"id" must be 1 to 64 characters of a-z/, account({ id: "../etc" })],
		["POST", "/v1/accounts", 400, "invalid_field", /"id" must be/, account({ id: "a".repeat(65) })],
		["POST", "/v1/accounts", 400, "invalid_field", /"workspace" must be 1 to 32/, account({ workspace: "a_b" })],
		["POST", "/v1/accounts", 400, "invalid_field", /"label" must be text of at most 128/, account({ label: "a\nb" })],
		["POST", "/v1/accounts", 400, "invalid_field", /"metadata" must be an object of at most 4096/,
			account({ metadata: { x: "x".repeat(4096) } })],
		["POST", "/v1/accounts", 400, "invalid_field", /"priority" must be high, normal or low/, account({ priority: "urgent" })],
		["POST", "/v1/accounts", 422, "provider_not_found", /add it under "providers" in /, { provider: "telegram" }],
		["POST", "/v1/accounts", 409, "account_exists", /choose another id/, account({ id: "kept" })],
		["POST", "/v1/accounts", 415, "unsupported_media_type", /Content-Type: application\/json/, raw("provider=mock"),
			{ "Content-Type": "application/x-www-form-urlencoded" }],
		["PATCH", "/v1/accounts/kept", 400, "unknown_field", /"status"/, { status: "connected" }],
		["POST", "/v1/accounts/kept/qr", 400, "invalid_field", /"force" must be true or false/, { force: 1 }],
		["POST", "/v1/accounts/kept/connect", 400, "unknown_field", /"force"/, { force: true }],
		["DELETE", "/v1/accounts/kept", 400, "bad_request", /takes no body/, {}],
	],
	address: [
		["GET", "/v1/account", 404, "not_found", /GET \/ lists what there is/],
		["GET", "/v1/accounts/nobody", 404, "account_not_found", /List them with GET \/v1\/accounts/],
		["GET", "/v1/accounts/No%20Body", 404, "account_not_found", /ids are made of a-z/],
		["GET", "/v1/accounts/%2e%2e%2fkept", 400, "bad_request", /escaped slashes/],
		["POST", "/v1/accounts/nobody/reconnect", 404, "account_not_found", /list them with GET \/v1\/accounts/],
		["DELETE", "/v1/accounts/nobody", 404, "account_not_found", /list them with GET \/v1\/accounts/],
		["GET", "/v1/accounts/kept/timeline?before=0", 400, "invalid_field", /"before" must be a whole number from 1/],
		["GET", "/v1/accounts?cursor=next", 400, "invalid_field", /"cursor" must be a whole number/],
		["GET", "/v1/accounts?cursor=-1", 400, "invalid_field", /"cursor" must be a whole number/],
		["GET", "/v1/accounts?cursor=99999999999999999999", 400, "invalid_field", /"cursor" must be a whole number/],
		["GET", "/v1/accounts?limit=0", 400, "invalid_field", /"limit" must be a whole number from 1 to 1000/],
		["GET", "/v1/accounts?limit=1001", 400, "invalid_field", /from 1 to 1000/],
		["GET", "/v1/accounts?status=online", 400, "invalid_field", /"status" must be new, connecting,/],
		["GET", "/v1/accounts?provider=NOPE", 400, "invalid_field", /"provider" must be the name of a provider: 1 to 32 characters of a-z/],
		["GET", "/v1/accounts?instance=NOPE", 400, "invalid_field", /"instance" must be the id of an instance: 1 to 64 characters of a-z/],
		["GET", "/v1/accounts?limit=1&limit=2", 400, "bad_request", /"limit" is there twice/],
		["GET", "/v1/accounts?offset=3", 400, "unknown_field", /known ones: workspace provider status/],
		["GET", "/v1/accounts?label_prefix=%ff", 400, "bad_request", /percent-encoded UTF-8/],
	],
	size: [
		["POST", "/v1/accounts", 413, "body_too_large", /1048576 bytes|1 MiB|http\.body_limit/, account({ label: big })],
		["POST", "/v1/accounts/kept/verbs/behave", 413, "body_too_large", /at most 8192 bytes/, { x: "x".repeat(8192) }],
		["GET", `/v1/accounts?cursor=${"1".repeat(9000)}`, 414, "uri_too_long", /8192|8 KiB/],
		["POST", "/v1/accounts", 431, "headers_too_large", /16384|16 KiB/, account({}), { "X-Much": "x".repeat(20000) }],
	],
	method: [
		["PUT", "/v1/accounts/kept", 405, "method_not_allowed", /takes [A-Z, ]+ only/, { label: "x" }],
		["DELETE", "/v1/accounts", 405, "method_not_allowed", /takes [A-Z, ]+ only/],
		["GET", "/v1/accounts/kept/connect", 405, "method_not_allowed", /takes [A-Z, ]+ only/],
		["POST", "/v1/workers", 405, "method_not_allowed", /takes [A-Z, ]+ only/, {}],
	],
	key: [
		["GET", "/v1/accounts", 401, "unauthorized", /admin\.key/, undefined, { Authorization: "" }],
		["GET", "/v1/accounts", 401, "unauthorized", /admin\.key/, undefined, { Authorization: "Bearer wrong" }],
		["GET", "/v1/events", 401, "unauthorized", /admin\.key/, undefined, { Authorization: "Bearer wrong" }],
		["POST", "/v1/accounts", 401, "unauthorized", /admin\.key/, account({ id: "sneaked" }), { Authorization: "Bearer wrong" }],
		["DELETE", "/v1/accounts/kept", 401, "unauthorized", /admin\.key/, undefined, { Authorization: "", "X-API-Key": "wrong" }],
		["GET", "/v1/accounts/nobody", 401, "unauthorized", /admin\.key/, undefined, { Authorization: "Bearer wrong" }],
	],
};

// What a request could have changed.
const everything = async (d) => ({
	accounts: await d.accounts(),
	timeline: (await d.ok("GET", "/v1/accounts/kept/timeline")).entries,
});

// Bytes as they are; resolves with all that came back when the daemon has closed the connection.
function bytes(d, text, { half = false } = {}) {
	return new Promise((done, failed) => {
		let got = "";
		const s = net.connect(d.port, "127.0.0.1", () => (half ? s.end(text) : s.write(text)));
		s.setTimeout(10000, () => failed(new Error(`not closed within 10 s; it said: ${got}`)));
		s.setEncoding("latin1");
		s.on("data", (part) => (got += part));
		s.on("error", failed);
		s.on("close", () => done(got));
	});
}

describe("a request", { concurrency: 3 }, () => {
	for (const [what, requests] of Object.entries(wrong))
		test(`with a wrong ${what} is refused with the remedy, and nothing is changed`, () => withDaemon({}, async (d) => {
			await d.ok("POST", "/v1/accounts", account({ id: "kept", label: "as it was" }));
			const before = await everything(d);
			for (const [method, url, status, code, detail, body, headers] of requests) {
				const name = `${method} ${url.slice(0, 60)} ${code}`;
				const no = await d.request(method, url, body, Buffer.isBuffer(body) ? json(headers) : headers);
				assert.deepEqual([no.status, no.body.code], [status, code], `${name}: ${JSON.stringify(no.body)}`);
				assert.match(no.headers["content-type"], /^application\/problem\+json/, name);
				assert.equal(no.body.status, status, name);
				assert.match(no.body.detail, detail, name);
				assert.ok(no.body.detail.length < 400, `${name}: a sentence, not ${no.body.detail}`);
				if (status === 405) assert.match(no.headers.allow, /^[A-Z]+(, [A-Z]+)*$/, name);
				if (status === 401) assert.match(no.headers["www-authenticate"], /Bearer/, name);
			}
			assert.deepEqual(await everything(d), before);
		}));

	test("that changes nothing is answered with the account, and told to nobody", () => withDaemon({}, async (d) => {
		const is = { label: "x", metadata: { a: [1, { b: null }] }, priority: "high" };
		const made = await d.ok("POST", "/v1/accounts", account({ id: "kept", ...is }));
		const before = await everything(d);
		const key = { "Idempotency-Key": "k" };
		for (const [body, headers] of [[undefined, {}], [{}, {}], [is, {}], [{ label: "x" }, key], [{ label: "x" }, key]])
			assert.deepEqual(await d.ok("PATCH", "/v1/accounts/kept", body, headers), made);
		assert.deepEqual(await everything(d), before);
		await d.ok("PATCH", "/v1/accounts/kept", { ...is, label: "y" });
		await until(async () => (await everything(d)).timeline[0].type === "account.changed");
		assert.equal((await everything(d)).timeline.length, before.timeline.length + 1);
	}));

	test("that is none at all is refused, and the next one is served", () => withDaemon({}, async (d) => {
		await d.ok("POST", "/v1/accounts", account({ id: "kept" }));
		const before = await everything(d);
		const attacks = [
			["\x16\x03\x01\x02\x00\x01\x00\x01", /^HTTP\/1\.1 400 /], // TLS
			["GET / HTTP/1.1\r\n\r\n", /^HTTP\/1\.1 400 [^]*[Hh]ost/],
			["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", /^HTTP\/1\.1 (400|505) /],
			["BREW /v1/accounts HTTP/1.1\r\nHost: localhost\r\n\r\n", /^HTTP\/1\.1 (400|405|501) /],
			["POST /v1/accounts HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
				/^HTTP\/1\.1 400 /],
		];
		for (const [text, pattern] of attacks) {
			const said = await bytes(d, text);
			assert.match(said, pattern, JSON.stringify(text));
			assert.match(said, /application\/problem\+json/, JSON.stringify(text));
		}
		assert.deepEqual(await everything(d), before);
	}));

	test("that ends before its body does makes nothing, and one that comes too slowly is told so", () => withDaemon(
		{ more: { http: { listen: "127.0.0.1:0", header_timeout: "300ms", body_timeout: "300ms" } } }, async (d) => {
			const body = JSON.stringify(account({ id: "half" }));
			const head = `POST /v1/accounts HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${d.key}\r\n` +
				`Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
			await bytes(d, head + body.slice(0, -1), { half: true });
			for (const slow of [head + body.slice(0, -1), head.slice(0, 40)]) {
				const said = await bytes(d, slow);
				assert.match(said, /^HTTP\/1\.1 408 [^]*"request_timeout"[^]*send it again/);
			}
			assert.deepEqual(await d.accounts(), []);
			assert.match(await bytes(d, `${head}${body}`.replace("\r\n", "\r\nConnection: close\r\n")), /^HTTP\/1\.1 201 /);
		}));

	test("of one too many at once is turned away, and served when there is room", () => withDaemon(
		{ more: { http: { listen: "127.0.0.1:0", connections: 4 } } }, async (d) => {
			const held = Array.from({ length: 4 }, () => net.connect(d.port, "127.0.0.1").on("error", () => {}));
			try {
				await until(async () => (await d.request("GET", "/healthz").catch((e) => e)).status === 503);
				const no = await d.request("GET", "/v1/accounts");
				assert.equal(no.body.code, "too_many_connections");
				assert.ok(Number(no.headers["retry-after"]) > 0);
			} finally {
				for (const s of held) s.destroy();
			}
			await until(async () => (await d.request("GET", "/v1/accounts")).status === 200);
		}));

	test("on the unix socket needs no key from the daemon's own user, and a wrong one does no harm", async () => {
		const d = new Daemon({ mock: fast });
		try {
			await d.start();
			const at = (headers) => new Promise((done, failed) => {
				const s = net.connect(path.join(d.state, "relink.sock"), () =>
					s.write(`GET /v1/accounts HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${headers}\r\n`));
				let got = "";
				s.on("data", (part) => (got += part)).on("error", failed).on("close", () => done(got));
			});
			assert.match(await at(""), /^HTTP\/1\.1 200 /);
			assert.match(await at("Authorization: Bearer wrong\r\n"), /^HTTP\/1\.1 200 /);
			assert.equal((await d.stop()).code, 0);
		} finally {
			await d.kill();
		}
	});
});
