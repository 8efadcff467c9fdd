// Each view as it is seen: no markup comes from a text, a keyboard is enough, nothing is wrong for who
// cannot see it, and it fits a phone.  Pictures go to $RELINK_BUILD/dashboard.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { fast } from "../lib/daemon.mjs";
import { browser, fits, inside, isAccessible, logIn, open, sizes, visit, withDashboard } from "./browser.mjs";
import { fill, views } from "./shop.mjs";

const pictures = path.join(process.env.RELINK_BUILD ?? "build", "dashboard");
let chrome;
before(async () => {
	chrome = await browser();
	mkdirSync(pictures, { recursive: true });
});
after(() => chrome.close());

const payload = `"><img src=x onerror="globalThis.pwned=1"><script>globalThis.pwned=2</script><svg onload=globalThis.pwned=3>'{{7*7}}`;
const fleet = { mock: { ...fast, scan_ms: "5ms" }, policy: { qr_deadline: "5m" }, instances: 2, workers: 2, errors: /./ };

// Words of closed lists, which decide what is shown; everything else that is a text is the payload's.
const closed = new Set(["status", "state", "band", "verdict", "user_action", "role", "phase", "type", "next_cursor", "kind"]);
const isTime = (text) => /^\d{4}-\d\d-\d\dT/.test(text);
const poison = (value, key) => (typeof value === "string" ? (closed.has(key) || isTime(value) ? value : `${value}${payload}`)
	: Array.isArray(value) ? value.map((item) => poison(item, key))
	: value !== null && typeof value === "object" ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, poison(v, k)])) : value);

// For the views that may be empty.
const incident = { id: 1, scope: "provider", provider: "mock", instance: null, state: "probing", opened_at: "2026-01-01T00:00:00.000Z",
	changed_at: null, closed_at: null, next_probe_at: null, starts_per_minute: null, accounts: 7, failed_rounds: 1, logouts_believed: false,
	causes: { [payload]: 1 }, text: "Many fail." };
const at = "2026-01-01T00:00:00.000Z";
const webhook = { id: "wh_1", label: "Shop", workspace: null, url: "https://shop.example/events", events: ["account.*"], form: "standard",
	enabled: true, disabled_at: null, disabled_because: null, created_at: at, changed_at: at, old_secret_until: null, seq: 4711, backlog: 12,
	accounts_behind: 2, oldest_waiting_at: at, last_success_at: at, last_failure_at: at, last_failure: "it answered 500", delivered: 4699,
	failed: 3, dead_letters: 1, resending: false };
const dead = { seq: 17, died_at: at, tries: 20, error: "it answered 500", event: { seq: 17, type: "account.status", account: "a" } };

async function isHarmless(page, where) {
	const found = await page.evaluate(() => ({
		pwned: globalThis.pwned, scripts: document.querySelectorAll("script").length,
		strange: [...document.querySelectorAll("iframe, object, embed, form[action], [onerror], [onload], [onclick], [style*='url']")].length,
		pictures: [...document.images].filter((i) => !/\/dashboard\/icon\.svg$|^data:image\/svg/.test(i.src)).length,
		links: [...document.links].filter((a) => !a.href.startsWith(location.origin)).length,
	}));
	assert.deepEqual(found, { pwned: undefined, scripts: 1, strange: 0, pictures: 0, links: 0 }, where);
	assert.deepEqual(page.faults, [], where);
}

describe("each view", { concurrency: 3, timeout: 300000 }, () => {
	test("shows texts as texts: those that the API takes", () => withDashboard(fleet, async (d) => {
		await d.ok("POST", "/v1/accounts", { provider: "mock", id: "a", label: payload.slice(0, 128), connect: true,
			metadata: { [payload]: payload } });
		await d.reaches("a", "connected");
		const page = await inside(chrome, d);
		await page.getByText(payload.slice(0, 128)).first().waitFor();
		await visit(page, "#/accounts/a", payload.slice(0, 128));
		await page.getByRole("button", { name: "Disconnect" }).click(); // and a notice with it
		await page.getByRole("region", { name: "Notices" }).getByText(payload.slice(0, 40)).waitFor();
		await page.getByRole("button", { name: "Log out and delete" }).click(); // and a dialog
		await page.getByRole("dialog").getByText(payload.slice(0, 40)).waitFor();
		await isHarmless(page, "account");
	}));

	test("shows texts as texts: whatever the API may say", () => withDashboard(fleet, async (d) => {
		await fill(d);
		const page = await open(chrome, d);
		await page.route("**/openapi.json", async (route) => {
			const doc = await (await route.fetch()).json();
			return route.fulfill({ json: { ...doc, paths: { "/v1/webhooks": {}, ...doc.paths } } });
		});
		await logIn(page, d.key);
		await page.route(/\/v1\/(?!events)/, async (route) => {
			const answer = await route.fetch();
			const type = answer.headers()["content-type"] ?? "";
			if (!type.includes("json")) return route.fulfill({ response: answer });
			const body = await answer.json();
			if (route.request().url().endsWith("/v1/webhooks")) return route.fulfill({ json: { webhooks: [poison(webhook)] } });
			if (route.request().url().includes("/dead?")) return route.fulfill({ json: { dead: [poison(dead)], next_after: null } });
			if ("incidents" in body) body.incidents.push(incident);
			if ("bands" in body) body.statuses = { connected: 8, strange: 3, ...body.statuses };
			return route.fulfill({ response: answer, body: JSON.stringify(poison(body, "")) });
		});
		for (const [name, hash] of views) {
			await visit(page, hash, /./);
			await page.getByText("{{7*7}}").filter({ visible: true }).first().waitFor();
			await isHarmless(page, name);
		}
		await visit(page, "#/webhooks", "Webhooks");
		await page.getByRole("button", { name: "1 dead letter" }).click();
		await page.getByText("Given up after").waitFor({ state: "attached" });
		await page.locator(".deaths summary").click();
		await isHarmless(page, "webhooks");
		await isAccessible(page, "webhooks");
		await page.screenshot({ path: path.join(pictures, "webhooks.png") });
	}));

	test("shows alerts as they come and go, and where to act", () => withDashboard({ ...fleet, mock: { ...fast, scan_ms: "5ms" } }, async (d) => {
		await d.ok("POST", "/v1/accounts", { provider: "mock", id: "a", label: "Shop", workspace: "acme", connect: true });
		await d.reaches("a", "connected");
		const { key } = await d.ok("POST", "/v1/keys", { role: "viewer", workspace: "other" });
		const [page, elsewhere] = [await inside(chrome, d), await inside(chrome, d, { key })];
		for (const p of [page, elsewhere]) {
			await visit(p, "#/alerts", "Alerts");
			await p.getByText("Nobody needs to look at anything.").waitFor();
		}
		await d.verb("a", "logout");
		const card = page.getByRole("listitem").filter({ hasText: "Needs a person" });
		await card.getByText("Scan a QR code").waitFor();
		await page.getByRole("navigation").getByText("1 open").waitFor();
		await card.getByRole("link", { name: "a", exact: true }).click();
		await page.getByRole("heading", { level: 1, name: "Shop" }).waitFor();
		await visit(page, "#/alerts", "Alerts");
		await card.waitFor();
		await d.ok("POST", "/v1/accounts/a/qr", {});
		await page.getByText("Nobody needs to look at anything.").waitFor();
		assert.ok(await elsewhere.getByText("Nobody needs to look at anything.").isVisible());
		assert.deepEqual([page.faults, elsewhere.faults], [[], []]);
	}));

	test("is used by keyboard alone", () => withDashboard({ ...fleet, mock: { ...fast, scan_ms: 0 } }, async (d) => {
		await d.ok("POST", "/v1/accounts", { provider: "mock", id: "a", label: "Shop" });
		const page = await open(chrome, d);
		const focused = () => page.evaluate(() => document.activeElement.textContent.trim() || document.activeElement.name || document.activeElement.tagName);
		// Tab until what is wished has the focus, which must be seen.
		const tabTo = async (words, most = 30) => {
			for (let i = 0; i < most; i++) {
				await page.keyboard.press("Tab");
				const now = await focused();
				if (now !== "BODY") assert.notEqual(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), "none", now);
				if (now.startsWith(words)) return;
			}
			assert.fail(`Tab does not lead to ${words}`);
		};
		await page.getByLabel("API key").waitFor();
		assert.equal(await focused(), "key");
		await page.keyboard.type(d.key);
		await page.keyboard.press("Enter");
		await page.getByText("Nobody has asked").waitFor();
		assert.equal(await focused(), "Accounts");
		await page.reload();
		await page.getByText("Nobody has asked").waitFor();
		await page.keyboard.press("Tab");
		assert.equal(await focused(), "Skip to the content");
		await page.keyboard.press("Enter");
		assert.equal(await page.evaluate(() => document.activeElement.id), "main");
		await tabTo("Shop");
		await page.keyboard.press("Enter");
		await page.getByRole("heading", { level: 1, name: "Shop" }).waitFor();
		assert.equal(await focused(), "Shop"); // the new view's title
		await tabTo("Connect");
		await page.keyboard.press("Enter");
		await page.getByRole("img", { name: "QR code of Shop" }).waitFor();
		await page.keyboard.press("Escape");
		await page.getByRole("button", { name: "Show QR code" }).waitFor();
		await tabTo("Show QR code");
		await page.keyboard.press("Space");
		await page.getByRole("img", { name: "QR code of Shop" }).waitFor();
		for (let i = 0; i < 4; i++) await page.keyboard.press("Tab");
		assert.ok(await page.evaluate(() => document.activeElement === document.body || document.querySelector("dialog").contains(document.activeElement)), "the focus leaves the dialog");
		await d.verb("a", "scan");
		await page.getByRole("heading", { name: "Connected" }).waitFor();
		assert.equal(await focused(), "Done");
		await page.keyboard.press("Enter");
		await page.getByRole("dialog").waitFor({ state: "detached" });
		await tabTo("Log out and delete");
		await page.keyboard.press("Enter");
		assert.equal(await focused(), "Cancel");
		await page.keyboard.press("Tab");
		await page.keyboard.press("Enter");
		await page.getByText("There is no account yet.").waitFor();
		assert.deepEqual(page.faults, []);
	}));

	for (const [scheme, size] of [["light", "desk"], ["dark", "desk"], ["light", "phone"]]) {
		test(`has no fault and fits: ${scheme}, ${size}`, () => withDashboard(fleet, async (d) => {
			await fill(d);
			const page = await open(chrome, d, { scheme, size: sizes[size] });
			const look = async (name) => {
				await page.screenshot({ path: path.join(pictures, `${name}-${scheme}-${size}.png`) });
				if (size === "desk") await isAccessible(page, name);
				else await fits(page, name);
			};
			await page.getByLabel("API key").waitFor();
			await look("login");
			await page.getByLabel("API key").fill(d.key);
			await page.keyboard.press("Enter");
			for (const [name, hash, title, seen] of views) {
				await visit(page, hash, title);
				await page.getByText(seen).first().waitFor();
				await look(name);
			}
			await visit(page, "#/accounts/acct-5", "Sales, north");
			await page.getByRole("button", { name: "Show QR code" }).click();
			await page.getByRole("img", { name: /QR code/ }).waitFor();
			await look("qr");
			await page.keyboard.press("Escape");
			await page.getByRole("button", { name: "Log out and delete" }).click();
			await look("confirm");
			assert.deepEqual(page.faults, []);
		}));
	}
});
