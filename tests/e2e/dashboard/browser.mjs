// browser.mjs - Debian's Chromium with a dashboard in it.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { withDaemon } from "../lib/daemon.mjs";

const load = (name) => import(name).catch((e) => {
	throw new Error(`the browser's packages are missing (${e.code}); run tools/setup --test`);
});
const { chromium } = await load("playwright-core");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const executablePath = process.env.STANDIN_CHROMIUM ?? "/usr/bin/chromium";
export const sizes = { desk: { width: 1280, height: 860 }, phone: { width: 360, height: 740 } };

export async function browser() {
	if (!existsSync(executablePath)) throw new Error("Chromium is missing; run tools/setup --test");
	return chromium.launch({ executablePath, args: ["--disable-gpu", ...(process.getuid() === 0 ? ["--no-sandbox"] : [])] });
}

// A daemon for the length of a story; its pages end before it does.
export const withDashboard = (options, story) => withDaemon(options, async (d) => {
	d.pages = [];
	try {
		await story(d);
	} finally {
		await Promise.all(d.pages.map(async (page) => {
			await page.unrouteAll({ behavior: "ignoreErrors" });
			await page.context().close();
		}));
	}
});

// A page of its own, not yet logged in.  What goes wrong in it is collected in page.faults: errors, and
// whatever the policy for contents refused.
export async function open(chrome, d, { size = sizes.desk, scheme = "light", to = "/" } = {}) {
	const context = await chrome.newContext({ viewport: size, colorScheme: scheme, reducedMotion: "reduce", locale: "en-GB" });
	const page = await context.newPage();
	page.faults = [];
	d.pages?.push(page);
	page.on("pageerror", (e) => page.faults.push(`error: ${e.message}`));
	page.on("console", (m) => m.type() === "error" && !/Failed to load resource|ERR_/.test(m.text()) && page.faults.push(m.text()));
	page.setDefaultTimeout(60000);
	await page.goto(`http://127.0.0.1:${d.port}${to}`);
	return page;
}

export async function logIn(page, key) {
	await page.getByLabel("API key").fill(key);
	await page.getByRole("button", { name: "Log in" }).click();
	await page.getByRole("navigation").waitFor();
}

export async function inside(chrome, d, options = {}) {
	const page = await open(chrome, d, options);
	await logIn(page, options.key ?? d.key);
	await page.getByText("Live", { exact: true }).waitFor();
	return page;
}

export const visit = async (page, hash, heading) => {
	await page.evaluate((to) => (location.hash = to), hash);
	await page.getByRole("heading", { level: 1, name: heading }).waitFor();
};

// Serious and critical faults that axe finds on the page as it is.
export async function faultsOf(page) {
	await page.evaluate(axe);
	const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
	return violations.filter((v) => ["serious", "critical"].includes(v.impact))
		.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => `${n.target} ${n.failureSummary}`).join(" | ")}`);
}
export const isAccessible = async (page, where) => assert.deepEqual(await faultsOf(page), [], where);

// Nothing on the page is wider than it.
export const fits = async (page, where) => assert.ok(
	await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${where}: the page scrolls sideways`);
