// many.mjs - how the dashboard is with very many accounts.
//
// usage: node tests/e2e/dashboard/many.mjs [ACCOUNTS]      (100000)
//
// Prints how long the first view and each filter take, and what the page keeps; fails when the first view
// takes 1 s, a filter 200 ms, or the page grows with the accounts.  Take it on a machine that is idle.
// many.test.mjs is its short form, without a clock.

import assert from "node:assert/strict";
import { fast, pooled, withDaemon } from "../lib/daemon.mjs";
import { browser, inside } from "./browser.mjs";

export const LIMITS = { first_ms: 1000, filter_ms: 200, rows: 50, nodes: 6000, heap_mib: 40 };

// Every thousandth is of the workspace "rare" and has a label of its own.
const members = (i) => ({ provider: "mock", id: `a-${String(i).padStart(6, "0")}`, ...(i % 1000 === 999
	? { workspace: "rare", label: `Rare ${i}` } : { workspace: `w-${i % 7}`, label: `Shop ${i}` }) });

export async function measure(accounts) {
	const found = { accounts };
	await withDaemon({ mock: fast, log: { level: "warn" } }, async (d) => {
		d.agent = undefined; // connections are kept
		await pooled(Array.from({ length: accounts }, (_, i) => i), 32, (i) => d.ok("POST", "/v1/accounts", members(i)));
		const chrome = await browser();
		try {
			const page = await inside(chrome, d);
			const rows = page.locator("tbody tr");
			await rows.first().waitFor();
			await page.reload({ waitUntil: "commit" });
			await rows.first().waitFor();
			found.first_ms = await page.evaluate(() => performance.getEntriesByName("first-view")[0].startTime);
			const session = await page.context().newCDPSession(page);
			await session.send("Performance.enable");
			const metrics = async () => {
				await session.send("HeapProfiler.collectGarbage");
				const all = Object.fromEntries((await session.send("Performance.getMetrics")).metrics.map((m) => [m.name, m.value]));
				return { nodes: all.Nodes, heap_mib: all.JSHeapUsedSize / 1048576, rows: await rows.count() };
			};
			// set a control as a person would, and see when the list shows what was asked for
			found.filters = {};
			const filter = async (name, control, value, text) => {
				found.filters[name] = await page.evaluate(({ control, value, text }) => {
					const node = document.querySelector(`.filters [name=${control}]`), begun = performance.now();
					const shown = () => [...document.querySelectorAll("tbody tr, .empty")].some((n) => n.textContent.includes(text));
					node.value = value;
					node.dispatchEvent(new Event("input", { bubbles: true }));
					return new Promise((done) => {
						const look = () => (shown() ? done(performance.now() - begun) : setTimeout(look, 2));
						look();
					});
				}, { control, value, text });
			};
			await filter("nobody is connected", "status", "connected", "No account is like that.");
			await filter("all again", "status", "", "Shop 1");
			await filter("a rare workspace", "workspace", "rare", "Rare 999");
			await filter("all again, too", "workspace", "", "Shop 1");
			found.before = await metrics();
			for (let n = 1; n <= 20; n++) {
				await page.getByRole("button", { name: "Next" }).click();
				await page.getByText(`${(50 * n + 1).toLocaleString("en-GB")} to`).waitFor();
			}
			found.after = await metrics();
			assert.deepEqual(page.faults, []);
		} finally {
			await chrome.close();
		}
	});
	return found;
}

// The page does not grow with what there is.
export function isBounded({ before, after }) {
	for (const now of [before, after]) {
		assert.equal(now.rows, LIMITS.rows);
		assert.ok(now.nodes < LIMITS.nodes, `${now.nodes} nodes`);
		assert.ok(now.heap_mib < LIMITS.heap_mib, `${now.heap_mib} MiB`);
	}
}

if (process.argv[1]?.endsWith("many.mjs")) {
	const found = await measure(Number(process.argv[2] ?? 100000));
	console.log(JSON.stringify(found, null, 1));
	isBounded(found);
	assert.ok(found.first_ms < LIMITS.first_ms, `the first view took ${found.first_ms} ms`);
	for (const [name, ms] of Object.entries(found.filters)) assert.ok(ms < LIMITS.filter_ms, `${name} took ${ms} ms`);
	process.exit(0);
}
