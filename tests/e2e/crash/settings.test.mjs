// SIGKILL where something other than an account is changed: what was not answered is not there by halves,
// and asking again with the same Idempotency-Key does it once.

import assert from "node:assert/strict";
import http from "node:http";
import { describe, test } from "node:test";
import { until, withDaemon } from "../lib/daemon.mjs";
import { Judge } from "../lib/judge.mjs";

const mock = { scan_ms: "5ms" };
const again = { "Idempotency-Key": "the-same-wish" };

// The daemon dies when it comes by `point` for the nth time while it does this, and is started again.
async function dies(d, point, act, nth = 1) {
	await d.kill();
	await d.start({ RELINK_KILL: `${point}:${nth}` });
	await assert.rejects(act(), "who is killed does not answer");
	await d.exited;
	await d.start();
}

// Not there after the crash, since it was not answered; there once after it was asked for again, twice.
async function once(d, point, act, list) {
	await dies(d, point, act);
	assert.equal((await list()).length, 0, "not by halves");
	await act();
	await act().catch((e) => assert.match(e.message, /answer_not_kept/, "a secret is told once"));
	assert.equal((await list()).length, 1, "once");
	await d.kill();
	await d.start();
	assert.equal((await list()).length, 1, "and kept");
}

const post = (d, url, cookie) => new Promise((done, failed) => {
	const request = http.request({ host: "127.0.0.1", port: d.port, method: "POST", path: url, agent: false,
		headers: cookie ? { Cookie: cookie } : {} }, (answer) => {
		answer.resume().on("end", () => done(answer));
	});
	request.on("error", failed);
	request.end();
});

describe("a crash while something is changed", { concurrency: 3 }, () => {
	test("a pause", () => withDaemon({ mock }, (d) => once(d, "engine.pause.changed",
		() => d.ok("PUT", "/v1/pauses/workspace/acme", { reason: "their phones move" }),
		async () => (await d.ok("GET", "/v1/pauses")).pauses)));

	test("a webhook", () => withDaemon({ mock }, (d) => once(d, "engine.endpoint.changed",
		() => d.ok("POST", "/v1/webhooks", { url: "https://example.com/x", events: ["incident.*"] }, again),
		async () => (await d.ok("GET", "/v1/webhooks")).webhooks)));

	test("work on many, when it is asked for and while it is done", () => withDaemon(
		{ mock, policy: { join_window: "1ms" } }, async (d) => {
			const ids = ["a", "b", "c"];
			for (const id of ids) await d.ok("POST", "/v1/accounts", { provider: "mock", id, connect: true });
			for (const id of ids) await d.reaches(id, "connected");
			const jobs = async () => (await d.ok("GET", "/v1/bulk")).jobs;
			await once(d, "engine.bulk.changed", () => d.ok("POST", "/v1/bulk",
				{ action: "disconnect", selector: { everything: true }, rate_per_minute: 6000 }, again), jobs);
			for (const id of ids) await d.reaches(id, "disconnected");
			await dies(d, "engine.bulk.fed", async () => {
				await d.ok("POST", "/v1/bulk", { action: "connect", selector: { everything: true }, rate_per_minute: 300 });
				for (;;) await d.ok("GET", "/v1/bulk");
			}, 2);
			for (const id of ids) await d.reaches(id, "connected");
			let last;
			await until(async () => (last = await jobs()).length === 2 && last.every((j) => j.state === "done"),
				{ explain: () => JSON.stringify(last) });
			const judge = new Judge(d.journals());
			for (const id of ids) assert.equal(judge.livesOf(id).length, 2, `${id} was connected once more`);
		}));

	test("a link, when it is made and when it is opened", () => withDaemon({ mock: {} }, async (d) => {
		await d.ok("POST", "/v1/accounts", { provider: "mock", id: "a" });
		await dies(d, "engine.link.created", () => d.ok("POST", "/v1/accounts/a/qr-link"));
		const { url } = await d.ok("POST", "/v1/accounts/a/qr-link");
		await dies(d, "engine.link.opened", () => post(d, url));
		// nobody has it yet: who presses the button now gets it, and then nobody else
		const opened = await post(d, url);
		assert.equal(opened.statusCode, 303);
		assert.match(opened.headers["set-cookie"][0], /^relink_qr_/);
		assert.notEqual((await post(d, url)).statusCode, 303);
		await d.reaches("a", "qr_scanning");
	}));
});
