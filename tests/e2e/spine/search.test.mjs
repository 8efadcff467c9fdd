// Finding accounts and events: search and sort of lists, totals, filters of streams.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { until, withDaemon } from "../lib/daemon.mjs";
import { Stream } from "../lib/events.mjs";

const mock = { scan_ms: "20ms" };
const add = (d, id, more = {}) => d.ok("POST", "/v1/accounts", { provider: "mock", id, ...more });

async function pages(d, query, limit) {
	const ids = [];
	for (let cursor = ""; cursor !== null;) {
		const page = await d.ok("GET", `/v1/accounts?${query}&limit=${limit}${cursor && `&cursor=${cursor}`}`);
		assert.ok(page.accounts.length <= limit);
		ids.push(...page.accounts.map((a) => a.id));
		cursor = page.next_cursor;
	}
	return ids;
}

describe("finding", { concurrency: 2 }, () => {
	test("lists are searched and sorted, page by page", () => withDaemon({ mock }, async (d) => {
		await add(d, "shop-1", { label: "Berlin" });
		await add(d, "x-2", { label: "The SHOP in Hamburg" });
		await add(d, "x-3", { label: "Office", connect: true });
		await d.reaches("x-3", "connected");
		assert.deepEqual(await pages(d, "q=Shop", 1), ["shop-1", "x-2"]);
		assert.deepEqual(await pages(d, "q=hamb&sort=health", 10), ["x-2"]);
		assert.deepEqual(await pages(d, "q=100%25", 10), []);
		assert.deepEqual(await pages(d, "sort=health", 1), ["x-3", "shop-1", "x-2"]);
		assert.deepEqual(await pages(d, "sort=status", 2), ["shop-1", "x-2", "x-3"]);
		await d.ok("POST", "/v1/accounts/shop-1/connect");
		await d.reaches("shop-1", "connected");
		assert.deepEqual((await pages(d, "sort=changed", 1)).slice(0, 2), ["shop-1", "x-3"]);
		const all = await d.ok("GET", "/v1/health/summary");
		assert.equal(all.statuses.connected, 2);
		assert.deepEqual(all.providers.map((p) => [p.provider, p.accounts, p.statuses.new]), [["mock", 3, 1]]);
		assert.deepEqual(all.instances.map((i) => [i.provider, i.accounts, i.open]), [["mock", 3, 2]]);
	}));

	test("a stream tells what is asked for, from the ring and from the store, and its place moves on", () => withDaemon(
		{ mock }, async (d) => {
			await add(d, "a", { workspace: "one" });
			await add(d, "b", { workspace: "two" });
			const of = async (query, lastEventId, n) => {
				const s = new Stream(d);
				assert.equal(await s.open({ query: `?${query}`, lastEventId }), 200);
				await until(() => s.events.length >= n, { explain: () => JSON.stringify(s.events) });
				s.request.destroy();
				return s.events.map((e) => `${e.data.account} ${e.type}`);
			};
			assert.deepEqual(await of("account=b", 0, 1), ["b account.created"]);
			assert.deepEqual(await of("workspace=one&type=account.*", 0, 1), ["a account.created"]);
			for (let i = 0; i < 600; i += 50)
				await Promise.all(Array.from({ length: 50 }, (_, n) => d.ok("PATCH", "/v1/accounts/a", { label: `l${i + n}` })));
			await d.ok("PATCH", "/v1/accounts/b", { label: "new" });
			assert.deepEqual(await of("account=b&type=account.changed", 0, 1), ["b account.changed"]);
			await d.kill();
			await d.start(); // the ring is empty now
			assert.deepEqual(await of("account=b&type=account.changed,account.created", 0, 2), ["b account.created", "b account.changed"]);
			const raw = new Stream(d);
			let text = "";
			raw.take = (t) => { text += t; };
			await raw.open({ query: "?account=nobody", lastEventId: 0 });
			await until(() => /id: \d+\n\n/.test(text), { explain: () => text });
			assert.doesNotMatch(text, /event:/);
			raw.request.destroy();
			for (const [query, says] of [["type=account.colour", /none of "account.colour"/], ["account=A", /"account" must be/], ["workspace=", /"workspace" must be/]]) {
				const r = await d.request("GET", `/v1/events?${query}`);
				assert.equal(r.status, 400);
				assert.match(r.body.detail, says);
			}
		}));
});
