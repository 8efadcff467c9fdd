// Webhooks out: the receiver is down for the length of a story and the daemon dies again and again.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Daemon, fast, until, withLog } from "../lib/daemon.mjs";
import { Judge } from "./judge.mjs";

const told = async (d, id) => (await d.ok("GET", `/v1/accounts/${id}/timeline?limit=1000`)).entries
	.filter((e) => /^account\./.test(e.type) && e.type !== "account.step").map((e) => `evt_${e.seq}`).reverse();

const story = async (tell, webhooks = {}) => {
	const judge = await new Judge().listen();
	const d = new Daemon({ mock: { ...fast, scan_ms: "20ms" }, more: { webhooks: {
		allow_private: `127.0.0.1:${judge.port}`, retry_base: "10ms", ...webhooks } } });
	const ids = Array.from({ length: 6 }, (_, i) => `a${i}`);
	try {
		await d.start();
		const made = await d.ok("POST", "/v1/webhooks", { url: judge.url, events: ["account.*"] });
		judge.secrets.push(made.secret);
		for (const id of ids) await d.ok("POST", "/v1/accounts", { provider: "mock", id, connect: true });
		await tell(d, judge, ids, made.id);
		await d.stop();
		assert.deepEqual(judge.wrong, []);
	} catch (e) {
		throw withLog(e, d);
	} finally {
		await d.kill();
		await judge.close();
	}
};

// Every event of every account came, in order; what came twice had the id of before and the same content.
const judged = async (d, judge, ids) => {
	for (const id of ids) {
		let all;
		await until(async () => judge.of(id).length >= (all = await told(d, id)).length,
			{ explain: () => JSON.stringify({ id, came: judge.of(id).map((e) => e.id), all }) });
		assert.deepEqual(judge.of(id).map((e) => e.id), all, id);
	}
	const first = new Map();
	for (const e of judge.got) {
		assert.deepEqual(e.data, (first.get(e.id) ?? e).data);
		first.set(e.id, e);
	}
	// and what is told again goes on from there: per account the ids never go back by more than was told again
	for (const id of ids) {
		const seqs = judge.got.filter((e) => e.data.account === id).map((e) => e.data.seq);
		for (let i = 1; i < seqs.length; i++)
			assert.ok(seqs[i] > seqs[i - 1] || seqs.indexOf(seqs[i]) < i, `${id}: ${seqs} goes back to what was never told`);
	}
};

const busy = (d, ids) => Promise.all(ids.map((id, i) =>
	d.ok("POST", `/v1/accounts/${id}/${i % 2 ? "reconnect" : "disconnect"}`).catch(() => {})));

describe("webhooks after a crash", { concurrency: 3 }, () => {
	test("the receiver is down, and the daemon is killed five times: every event comes, in order", () => story(async (d, judge, ids) => {
		await d.reaches(ids[0], "connected");
		await judge.close();
		for (let kill = 0; kill < 5; kill++) {
			await busy(d, ids);
			await d.kill();
			await d.start();
			for (const id of ids) await d.ok("POST", `/v1/accounts/${id}/connect`).catch(() => {});
		}
		await judge.listen();
		for (const id of ids) await d.reaches(id, "connected");
		await judged(d, judge, ids);
	}));

	test("it is killed between a delivery and its mark, five times", () => story(async (d, judge, ids) => {
		for (const nth of [1, 3, 2, 5, 1]) {
			await d.kill();
			await d.start({ RELINK_KILL: `out.forward.answered:${nth}` }).catch(() => {});
			for (let turn = 0; turn < 500 && d.running(); turn++) await busy(d, ids).catch(() => {});
			await d.exited;
			await d.start();
		}
		for (const id of ids) await d.ok("POST", `/v1/accounts/${id}/connect`);
		for (const id of ids) await d.reaches(id, "connected");
		await judged(d, judge, ids);
	}));

	for (const [point, nth] of [["out.forward.buried", 1], ["api.dead.answered", 1], ["api.dead.forgotten", 1]])
		test(`at ${point}: a dead letter is kept until it is taken`, () => story(async (d, judge, ids, webhook) => {
			const isPoison = (e) => e.type === "account.created" && e.data.account === "poison";
			const letters = async () => (await d.ok("GET", `/v1/webhooks/${webhook}/dead`)).dead;
			const dies = async (act) => {
				await d.kill();
				await d.start({ RELINK_KILL: `${point}:${nth}` });
				await act().catch(() => {});
				await d.exited;
				await d.start();
			};
			const poison = () => d.ok("POST", "/v1/accounts", { provider: "mock", id: "poison" });
			judge.answer = (e) => (isPoison(e) ? 500 : 200);
			if (point === "out.forward.buried") await dies(poison);
			else await poison();
			await until(async () => (await letters()).length === 1);
			judge.answer = () => 200;
			const replay = () => d.ok("POST", `/v1/webhooks/${webhook}/replay`, { dead: true });
			if (point !== "out.forward.buried") await dies(replay);
			await until(async () => (await d.ok("GET", `/v1/webhooks/${webhook}`)).seq !== null);
			await replay();
			await judge.has((all) => all.some(isPoison));
			await until(async () => (await letters()).length === 0);
			assert.equal(new Set(judge.got.filter(isPoison).map((e) => e.id)).size, 1); // however often it came
		}, { give_up_after: "100ms" }));
});
