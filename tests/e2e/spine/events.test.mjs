// /v1/events: who listens misses nothing and hears nothing twice, whoever dies and however slow.

import assert from "node:assert/strict";
import http from "node:http";
import path from "node:path";
import { describe, test } from "node:test";
import { Keeper } from "../crash/story.mjs";
import { Client, until, withDaemon } from "../lib/daemon.mjs";
import { Follower, Stream } from "../lib/events.mjs";
import { anySeed, generator } from "../lib/random.mjs";

const ring = 4096; // BUS_RING of core/app/app.c: who is further behind reads from the store
const told = new Set(["account.status", "account.qr", "account.created", "account.changed", "account.deleted"]);

// Without its sentences, which streams do not have.
async function timeline(d, id) {
	const entries = [];
	for (let before = ""; before !== null;) {
		const page = await d.ok("GET", `/v1/accounts/${id}/timeline?limit=1000${before && `&before=${before}`}`);
		for (const { says, ...entry } of page.entries) {
			assert.match(says, /^[A-Z0-9].*\.$/);
			entries.push(entry);
		}
		before = page.next_before;
	}
	return entries.reverse();
}

function assertInOrder(events) {
	assert.ok(events.length > 0);
	for (const [i, e] of events.entries()) {
		assert.notEqual(e.type, "gap", JSON.stringify(e));
		assert.equal(e.data.seq, e.id);
		assert.equal(e.data.type, e.type);
		if (i > 0) assert.ok(e.id > events[i - 1].id, `${e.id} comes after ${events[i - 1].id}`);
	}
}

// Many events at little cost: `n` times the label of an account, over 50 connections.
async function patches(d, id, n) {
	let left = n;
	d.agent = new http.Agent({ keepAlive: true });
	await Promise.all(Array.from({ length: 50 }, async () => {
		while (left-- > 0) await d.ok("PATCH", `/v1/accounts/${id}`, { label: `label ${left}` });
	}));
	d.agent.destroy();
	d.agent = false;
}

const newest = async (d, id) => (await d.ok("GET", `/v1/accounts/${id}/timeline?limit=1`)).entries[0].seq;

// Random lives for `ids` until `over()`; a client repeats what was not answered.
async function live(client, ids, random, over) {
	const pick = (list) => list[Math.floor(random() * list.length)];
	await Promise.all(ids.map(async (id) => {
		await client.ok("POST", "/v1/accounts",
			{ provider: "mock", id, connect: true, metadata: { mock: { scan_ms: 5 } } });
		for (let n = 0; !over(); n++) {
			if (random() < 0.3) await client.ok("PATCH", `/v1/accounts/${id}`, { label: `label ${n}` });
			else await client.ok("POST", `/v1/accounts/${id}/${pick(["connect", "disconnect", "reconnect"])}`);
		}
		await client.ok("POST", `/v1/accounts/${id}/connect`);
	}));
}

describe("events", { concurrency: 4 }, () => {
	test("a subscriber hears everything exactly once and in order, however often the core is killed", async (t) => {
		const seed = anySeed(), random = generator(seed), kills = 8;
		const keeper = new Keeper({});
		const d = keeper.daemon;
		t.diagnostic(`seed ${seed}`);
		try {
			await keeper.start({});
			const alive = () => keeper.alive();
			const client = new Client(d, alive);
			const follower = new Follower(d, alive, 0);
			const ids = Array.from({ length: 8 }, (_, i) => `a${i}`);
			let over = false;
			const lives = live(client, [...ids, "deleted"], random, () => over);
			for (let n = 0; n < kills; n++) {
				// under load, and at any moment of it
				const heard = follower.events.length + 1 + Math.floor(random() * 40);
				await until(() => follower.events.length >= heard,
					{ explain: () => `heard only ${follower.events.length} events, not ${heard}` });
				const at = performance.now() + random() * 30;
				while (performance.now() < at) await new Promise(setImmediate);
				const { deaths } = keeper;
				d.child.kill("SIGKILL");
				await until(() => keeper.deaths > deaths);
			}
			over = true;
			await lives;
			await client.ok("DELETE", "/v1/accounts/deleted");
			for (const id of ids)
				await until(async () => (await client.ok("GET", `/v1/accounts/${id}`)).status === "connected",
					{ explain: () => `${id} is not connected` });

			await keeper.alive();
			const lines = await Promise.all(ids.map((id) => timeline(d, id)));
			await follower.reaches(Math.max(...lines.flat().filter((e) => told.has(e.type)).map((e) => e.seq)));
			await follower.stop();
			assertInOrder(follower.events);
			for (const [i, id] of ids.entries())
				assert.deepEqual(
					follower.events.filter((e) => e.data.account === id).map((e) => e.data),
					lines[i].filter((e) => told.has(e.type)), `${id}: the stream is its timeline`);
			assert.equal(follower.events.filter((e) => e.data.account === "deleted").at(-1).type,
				"account.deleted");
			assert.ok(follower.streams > kills, "it came back after each death");
			t.diagnostic(`${follower.events.length} events over ${follower.streams} streams, ${keeper.deaths} kills`);
			assert.equal((await keeper.stop()).code, 0);
		} finally {
			keeper.over = true;
			await d.kill();
		}
	});

	test("who is far behind, or reads slowly, or begins in the middle, gets all the same events", () => withDaemon(
		{}, async (d) => {
			const socket = path.join(d.state, "relink.sock");
			await d.ok("POST", "/v1/accounts", { provider: "mock", id: "a" });
			const first = await newest(d, "a");
			const slow = new Stream(d), quick = new Stream(d);
			assert.equal(await slow.open({ query: "?after=0", socket }), 200);
			assert.equal(await quick.open(), 200);
			slow.answer.pause();
			await patches(d, "a", ring + 1500);
			const last = await newest(d, "a");

			await quick.reaches(last);
			assert.equal(quick.events.length, ring + 1500, "without a place, a stream begins now");
			assert.ok(slow.events.length < 1500, "the slow one really is: it was not even sent to it");

			const late = new Stream(d);
			await late.open({ query: "?after=0" });
			await late.reaches(last);
			slow.answer.resume();
			await slow.reaches(last);
			assert.deepEqual(slow.events, late.events);
			assert.deepEqual(late.events.slice(1), quick.events);
			assertInOrder(late.events);
			assert.equal(late.events[0].id, first);
			assert.deepEqual(late.events.map((e) => e.data), await timeline(d, "a"));

			const middle = new Stream(d);
			await middle.open({ lastEventId: last - 100, query: "?after=1" });
			await middle.reaches(last);
			assert.deepEqual(middle.events, late.events.slice(-100), "Last-Event-ID goes before after");
			await d.ok("PATCH", "/v1/accounts/a", { label: "one more" });
			for (const s of [slow, quick, late, middle]) await s.reaches(last + 1);
			for (const s of [slow, quick, late, middle]) s.close();
		}));

	test("what the journal no longer holds is told as a gap, and everything after it comes", () => withDaemon(
		{ more: { store: { journal_rows: 1000 } } }, async (d) => {
			await d.ok("POST", "/v1/accounts", { provider: "mock", id: "a" });
			const first = await newest(d, "a");
			await patches(d, "a", 3000);
			const last = await newest(d, "a");
			await until(async () => (await timeline(d, "a"))[0].seq > last - 2000,
				{ explain: async () => `the journal begins at ${(await timeline(d, "a"))[0].seq} of ${last}` });

			await d.kill(); // the ring, too, has forgotten
			await d.start();
			const s = new Stream(d);
			await s.open({ query: `?after=${first}` });
			await s.reaches(last);
			const [gap, ...rest] = s.events;
			assert.equal(gap.type, "gap");
			assert.equal(gap.data.after, first);
			assert.equal(gap.data.next, rest[0].id);
			assert.equal(gap.id, gap.data.next - 1, "who comes back with it is not told again");
			assertInOrder(rest);
			assert.equal(rest.length, last - gap.id, "nothing is missing after it");

			const again = new Stream(d);
			await again.open({ lastEventId: gap.id });
			await again.reaches(last);
			assert.deepEqual(again.events, rest);
		}));

	test("a place that never was is answered with a gap, a place that is none with an error", () => withDaemon(
		{}, async (d) => {
			await d.ok("POST", "/v1/accounts", { provider: "mock", id: "a" });
			const last = await newest(d, "a");
			const s = new Stream(d);
			await s.open({ lastEventId: last + 1000 });
			await until(() => s.events.length > 0);
			assert.deepEqual(s.events, [{ id: last, type: "gap", data: { after: last + 1000, next: last + 1 } }]);
			await d.ok("PATCH", "/v1/accounts/a", { label: "x" });
			await s.reaches(last + 1);
			s.close();

			for (const url of ["/v1/events?after=-1", "/v1/events?after=soon", "/v1/events?since=3"])
				assert.equal((await d.request("GET", url)).status, 400, url);
			const wrong = await d.request("GET", "/v1/events", undefined, { "Last-Event-ID": "now" });
			assert.equal(wrong.status, 400);
			assert.match(wrong.body.detail, /Last-Event-ID/);
			assert.equal((await d.request("GET", "/v1/events", undefined, { Authorization: "Bearer x" })).status, 401);
		}));

	test("streams do not keep a daemon from stopping", () => withDaemon({}, async (d) => {
		const s = new Stream(d);
		await s.open();
		await d.stop();
		await s.ended;
	}));
});
