// Webhooks of backends: to which instance one belongs, and what its sender is told.  The backends
// themselves are not needed: the plugin knows a webhook by its signature.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import http from "node:http";
import test, { after, before, describe } from "node:test";
import { Daemon, until } from "../lib/daemon.mjs";

const secrets = ["the-first-secret-of-two", "the-second-secret-of-two"], old = "the-secret-of-the-old-service";

describe("a webhook", () => {
	let d;
	const post = (secret, { path = "/webhooks/webjs", body = "{}" } = {}) => new Promise((done, failed) => {
		const at = String(Math.floor(Date.now() / 1000));
		const request = http.request({ host: "127.0.0.1", port: d.port, method: "POST", path, agent: false, headers: {
			"Content-Type": "application/json", "Content-Length": Buffer.byteLength(body), "X-Timestamp": at,
			"X-HMAC-Signature": createHmac("sha256", secret).update(at + body).digest("hex"),
		} }, async (answer) => {
			let text = "";
			for await (const part of answer.setEncoding("utf8")) text += part;
			done({ status: answer.statusCode, ...JSON.parse(text) });
		});
		request.on("error", failed);
		request.end(body);
	});

	const first = async () => (await d.ok("GET", "/v1/workers")).workers.find((w) => w.provider === "webjs");

	before(async () => {
		d = new Daemon({
			policy: { operation_deadline: "500ms" }, worker: { ping_interval: "1m" },
			more: { providers: { mock: { instances: [{ id: "mock-1" }] }, webjs: { workers: 2, instances: secrets.map((webhook_secret, i) => ({
				id: `webjs-${i + 1}`, config: { url: "http://127.0.0.1:9", api_key: "nobody-asks", webhook_secret },
			})) }, "webjs-seed": { workers: 1, instances: [{
				id: "old-1", config: { url: "http://127.0.0.1:9", api_key: "nobody-asks", webhook_secret: old },
			}] } } },
		});
		await d.start();
		await until(async () => (await d.request("GET", "/readyz")).status === 200);
	});
	after(() => d.kill());

	test("goes to the instance whose secret it is signed with", async () => {
		for (const secret of secrets) assert.equal((await post(secret)).status, 200);
		assert.equal((await post(secrets[1], { path: "/api/whatsapp/webhooks/webjs" })).status, 200);
		assert.equal((await post(secrets[1], { path: "/webhooks/webjs/webjs-2" })).status, 200);
	});

	test("of the old service, which always writes webjs into its path, goes to webjs-seed", async () => {
		assert.equal((await post(old, { path: "/api/whatsapp/webhooks/webjs" })).status, 200);
		assert.equal((await post(old, { path: "/webhooks/webjs-seed" })).status, 200);
		assert.equal((await post(old, { path: "/webhooks/webjs/old-1" })).status, 200);
		assert.equal((await post(secrets[0], { path: "/webhooks/webjs-seed" })).status, 401);
	});

	test("that none of them has signed is refused, with the remedy", async () => {
		for (const path of ["/webhooks/webjs", "/webhooks/webjs/webjs-1"]) {
			const answer = await post("nobody's secret", { path });
			assert.deepEqual([answer.status, answer.code], [401, "webhook_refused"]);
			assert.match(answer.detail, /webhook_secret/);
		}
		assert.equal((await post(secrets[1], { path: "/webhooks/webjs/webjs-1" })).status, 401);
	});

	test("for nobody is told so", async () => {
		const provider = await post(secrets[0], { path: "/webhooks/nobody" });
		assert.deepEqual([provider.status, provider.code], [404, "not_found"]);
		const instance = await post(secrets[0], { path: "/webhooks/webjs/webjs-9" });
		assert.deepEqual([instance.status, instance.code], [404, "instance_not_found"]);
		assert.match(instance.detail, /"webjs-9"/);
		const deaf = await post(secrets[0], { path: "/webhooks/mock" });
		assert.deepEqual([deaf.status, deaf.code], [404, "not_found"]);
		assert.match(deaf.detail, /takes no webhooks/);
	});

	test("that is genuine and cannot be read is told so", async () => {
		const answer = await post(secrets[1], { body: "[]" });
		assert.deepEqual([answer.status, answer.code], [400, "bad_request"]);
	});

	test("does not wait behind an instance that hangs, and is not refused because of it", async () => {
		const worker = await first();
		process.kill(worker.pid, "SIGSTOP");
		assert.equal((await post(secrets[1])).status, 200);
		assert.equal((await post("nobody's secret")).status, 503, "it may have been for the one that hangs");
		process.kill(worker.pid, "SIGCONT");
		assert.equal((await post(secrets[0])).status, 200);
	});

	test("is one of few at a time: what is too much is told to come again", async () => {
		const worker = await first();
		process.kill(worker.pid, "SIGSTOP");
		const large = JSON.stringify({ event: "nothing", ballast: "x".repeat(700000) });
		const answers = await Promise.all(Array.from({ length: 8 }, () => post(secrets[1], { body: large })));
		process.kill(worker.pid, "SIGCONT");
		const codes = answers.map((a) => a.status);
		assert.ok(codes.includes(503) && codes.includes(200), codes.join());
		assert.ok(answers.some((a) => a.code === "overloaded"));
		await until(async () => (await post(secrets[1], { body: large })).status === 200);
	});
});
