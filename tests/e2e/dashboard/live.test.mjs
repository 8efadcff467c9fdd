// The dashboard against the real daemon: log-in, what changes by itself, QR codes, what people do.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { fast, pooled, until } from "../lib/daemon.mjs";
import { browser, fits, inside, isAccessible, logIn, open, sizes, visit, withDashboard } from "./browser.mjs";

let chrome;
before(async () => (chrome = await browser()));
after(() => chrome.close());

const make = (d, id, members) => d.ok("POST", "/v1/accounts", { provider: "mock", id, ...members });
const scans = { mock: { ...fast, scan_ms: "5ms" } };
const codes = { mock: { ...fast, scan_ms: 0 } };
// The page is the one that was loaded: nothing was hidden by loading it anew.
const mark = (page) => page.evaluate(() => (globalThis.mark = "same"));
const isSame = async (page) => assert.equal(await page.evaluate(() => globalThis.mark), "same", "the page was loaded anew");
const row = (page, id) => page.locator(`tr[data-key="${id}"]`);
// Seen in time.  On a machine so busy that a page's next picture is late, as much later as twenty of them.
async function within(ms, what, page, shown) {
	const begun = Date.now();
	await shown;
	const took = Date.now() - begun;
	if (took < ms) return;
	const picture = await page.evaluate(() => new Promise((done) => {
		const from = performance.now();
		requestAnimationFrame(() => requestAnimationFrame(() => done((performance.now() - from) / 2)));
	}));
	assert.ok(picture > 50 && took < ms + 20 * picture, `${what}: seen after ${took} ms, pictures take ${picture} ms`);
}
const clean = (page) => assert.deepEqual(page.faults, []);

describe("the dashboard", { concurrency: 3, timeout: 300000 }, () => {
	test("log-in with a key, and out again", () => withDashboard({ ...scans, errors: /key/ }, async (d) => {
		await make(d, "a", { connect: true, label: "Shop" });
		const page = await open(chrome, d);
		await page.getByLabel("API key").fill("relink_00000000_wrong");
		await page.keyboard.press("Enter");
		await page.getByRole("alert").getByText("This key is not valid").waitFor();
		await logIn(page, d.key);
		await page.getByRole("link", { name: "Shop" }).waitFor();
		const [cookie] = await page.context().cookies();
		assert.deepEqual([cookie.name, cookie.httpOnly, cookie.sameSite, cookie.secure], ["relink_session", true, "Strict", false]);
		// nothing of the key is kept where scripts can read it, or in the address
		assert.equal(await page.evaluate((key) => JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }, location.href, document.documentElement.outerHTML])
			.includes(key), d.key), false);
		await page.reload();
		await page.getByRole("link", { name: "Shop" }).waitFor();
		await page.getByRole("button", { name: "Log out" }).click();
		await page.getByLabel("API key").waitFor();
		assert.equal((await d.request("GET", "/v1/session", undefined, { Authorization: "", Cookie: `relink_session=${cookie.value}` })).status, 401);
		await page.reload();
		await page.getByLabel("API key").waitFor();
		clean(page);
	}));

	test("a page of another port of this machine cannot use the cookie", () => withDashboard(scans, (d) => withDashboard(scans, async (other) => {
		await make(d, "a", { connect: true });
		await d.reaches("a", "connected");
		const page = await inside(chrome, d);
		await page.goto(`http://127.0.0.1:${other.port}/dashboard/icon.svg`); // a page without our policy would be worse
		const said = await page.context().request.fetch(`http://127.0.0.1:${d.port}/v1/accounts/a/disconnect`, {
			method: "POST", data: {}, headers: { Origin: `http://127.0.0.1:${other.port}`, "Sec-Fetch-Site": "same-site", "X-Relink-Request": "dashboard" },
		});
		assert.equal(said.status(), 403);
		assert.equal((await d.account("a")).status, "connected");
	})));

	test("200 accounts change before one's eyes", () => withDashboard(scans, async (d) => {
		await pooled(Array.from({ length: 200 }, (_, i) => i), 8, (i) => make(d, `a-${String(i).padStart(3, "0")}`, { label: `Shop ${i}` }));
		const page = await inside(chrome, d);
		await mark(page);
		await page.getByText("Nobody has asked").first().waitFor();
		assert.equal(await page.locator("tbody tr").count(), 50); // and no more than a page
		await pooled(await d.accounts(), 8, (a) => d.ok("POST", `/v1/accounts/${a.id}/connect`, {}));
		await until(async () => await page.locator("tbody .tag", { hasText: "Connected" }).count() === 50);
		await page.getByRole("region", { name: "Health of all accounts" }).getByText("Excellent 200").waitFor();
		const seen = new Set();
		for (let n = 1; ; n++) {
			for (const id of await page.locator("tbody tr").evaluateAll((all) => all.map((r) => r.dataset.key))) seen.add(id);
			if (n === 4) break;
			await page.getByRole("button", { name: "Next" }).click();
			await page.getByText(`${50 * n + 1} to ${50 * n + 50}`).waitFor();
		}
		assert.equal(seen.size, 200);
		assert.ok(await page.getByRole("button", { name: "Next" }).isDisabled());
		// search, which both ways of the API find
		await page.getByRole("searchbox").first().fill("Shop 17");
		await until(async () => await page.locator("tbody tr").count() === 11);
		await page.getByRole("searchbox").first().fill("");
		await until(async () => await page.locator("tbody tr").count() === 50);
		// filters: by status, kept in the address, and live
		await page.getByRole("combobox", { name: "Status" }).selectOption("disconnected");
		await page.getByText("No account is like that.").waitFor();
		assert.match(page.url(), /#\/accounts\?status=disconnected$/);
		await d.ok("POST", "/v1/accounts/a-007/disconnect", {});
		await row(page, "a-007").waitFor();
		assert.equal(await page.locator("tbody tr").count(), 1);
		await isSame(page);
		clean(page);
	}));

	test("a QR code is shown, renewed and scanned", () => withDashboard({ mock: { ...fast, scan_ms: 0, qr_refresh: "700ms" } }, async (d) => {
		await make(d, "a", { label: "Shop" });
		const page = await inside(chrome, d);
		await mark(page);
		await page.getByRole("button", { name: "Connect: Shop" }).click(); // a new one: it is asked for a code at once
		const picture = page.getByRole("img", { name: "QR code of Shop" });
		await picture.waitFor();
		assert.ok(await picture.evaluate((img) => img.decode().then(() => img.naturalWidth > 50)));
		await page.getByText(/This code is good for/).waitFor();
		const first = await picture.getAttribute("src");
		await until(async () => await picture.getAttribute("src") !== first);
		await page.locator("#said", { hasText: "A new QR code is shown." }).waitFor({ state: "attached" });
		await d.verb("a", "scan");
		await within(1000, "connected", page, page.getByRole("heading", { name: "Connected" }).waitFor());
		await page.keyboard.press("Enter"); // the focus is on Done
		await page.getByRole("dialog").waitFor({ state: "detached" });
		await row(page, "a").getByText("Connected", { exact: true }).waitFor();
		await isSame(page);
		clean(page);
	}));

	test("a link for who has the phone: made, opened by one browser, scanned, told", () => withDashboard(
		{ mock: { ...fast, scan_ms: 0, qr_refresh: "700ms" } }, async (d) => {
			await make(d, "a", { label: "Shop" });
			const page = await inside(chrome, d);
			await page.getByRole("button", { name: "Connect: Shop" }).click();
			await page.getByRole("img", { name: "QR code of Shop" }).waitFor();
			await page.getByText("Somebody else has the phone?").click();
			await page.getByRole("button", { name: "Make a link" }).click();
			const field = page.getByLabel("Link", { exact: true });
			const withdrawn = await field.inputValue();
			assert.match(withdrawn, new RegExp(`^http://127\\.0\\.0\\.1:${d.port}/qr/[\\w-]{43}$`));
			assert.ok(await field.evaluate((f) => f.readOnly && document.activeElement === f));
			await isAccessible(page, "the dialog with a link");
			await page.getByRole("button", { name: "Withdraw" }).click();
			await page.getByRole("button", { name: "Make a link" }).waitFor();
			const gone = await open(chrome, d, { to: new URL(withdrawn).pathname });
			await gone.getByRole("heading", { name: "This link was withdrawn" }).waitFor();
			await page.getByRole("button", { name: "Make a link" }).click();
			const url = await field.inputValue();
			assert.notEqual(url, withdrawn);

			const phone = await open(chrome, d, { size: sizes.phone, to: new URL(url).pathname });
			assert.equal(await phone.getByRole("img").filter({ visible: true }).count(), 0, "nothing is shown before somebody asks");
			await phone.getByRole("button").click();
			await phone.getByRole("img").waitFor();
			assert.ok(await phone.getByRole("img").evaluate((img) => img.decode().then(() => img.naturalWidth > 50)));
			await fits(phone, "the page behind a link");
			await isAccessible(phone, "the page behind a link");
			const late = await open(chrome, d, { to: new URL(url).pathname });
			await late.getByRole("heading", { name: "This link was opened already" }).waitFor();
			assert.equal(await late.getByRole("img").filter({ visible: true }).count(), 0);

			await d.verb("a", "scan");
			await phone.getByRole("heading", { name: "Done: it is connected" }).waitFor();
			await page.getByRole("heading", { name: "Connected" }).waitFor();
			assert.equal(await page.getByText("Somebody else has the phone?").count(), 0);
			for (const p of [page, phone, late, gone]) clean(p);
		}));

	test("an account that lost its login gets a new code within 5 s; one that has it, after a warning", () => withDashboard(codes, async (d) => {
		for (const id of ["lost", "good"]) {
			await make(d, id, { connect: true });
			await d.reaches(id, "qr_scanning");
			await d.verb(id, "scan");
			await d.reaches(id, "connected");
		}
		await d.verb("lost", "logout");
		await d.reaches("lost", "disconnected");
		const page = await inside(chrome, d);
		await page.getByRole("button", { name: "New QR code: lost" }).click();
		await within(5000, "a code", page, page.getByRole("img", { name: "QR code of lost" }).waitFor());
		await page.getByRole("button", { name: "Close", exact: true }).click();
		await visit(page, "#/accounts/good", "good");
		const again = page.getByRole("button", { name: "New QR code" });
		await again.click();
		const question = page.getByRole("dialog", { name: "Give up the present login?" });
		await question.getByText("This costs a scan").waitFor();
		assert.equal(await page.evaluate(() => document.activeElement.textContent), "Cancel");
		await page.keyboard.press("Escape");
		await question.waitFor({ state: "detached" });
		assert.equal(await page.evaluate(() => document.activeElement.textContent), "New QR code"); // the focus is back
		assert.equal((await d.account("good")).generation, 1);
		await again.click();
		await question.getByRole("button", { name: "Give it up and show a code" }).click();
		await page.getByRole("img", { name: "QR code of good" }).waitFor();
		assert.equal((await d.account("good")).generation, 2);
		clean(page);
	}));

	test("an account tells what killed its worker, and does what it is told", () => withDashboard({ ...scans, errors: /worker/ }, async (d) => {
		await make(d, "a", { connect: true, label: "Shop" });
		await d.reaches("a", "connected");
		const page = await inside(chrome, d);
		await visit(page, "#/accounts/a", "Shop");
		await d.request("POST", "/v1/accounts/a/verbs/wreck", { kind: "segv" });
		const happened = page.getByRole("region", { name: "What happened" });
		await happened.getByText("A worker died").waitFor();
		await happened.getByText(/worker process died while/).first().waitFor();
		await d.reaches("a", "connected");
		await page.getByRole("region", { name: "Send a test message" }).getByLabel("To").fill("4912345678");
		await page.getByRole("button", { name: "Send" }).click();
		await page.getByRole("region", { name: "Notices" }).getByText("The message was sent.").waitFor();
		await happened.getByText("Sent", { exact: true }).waitFor();
		await page.getByRole("button", { name: "Disconnect" }).click();
		await page.getByRole("button", { name: "Connect", exact: true }).waitFor();
		await d.reaches("a", "disconnected");
		await page.getByRole("button", { name: "Connect", exact: true }).click();
		await page.locator(".title .tag", { hasText: "Connected" }).waitFor();
		const tried = page.getByRole("region", { name: "What was tried" }).getByText(/^Session \d$/);
		await until(async () => await tried.count() === (await d.account("a")).generation);
		await visit(page, "#/workers", "Workers");
		await page.getByRole("button", { name: "1 death" }).click();
		await page.locator(".deaths summary", { hasText: "killed by signal 11" }).click();
		await page.getByRole("region", { name: "Its own report" }).waitFor();
		await visit(page, "#/instances", "Instances");
		await page.getByRole("button", { name: "Drain" }).click();
		await page.getByRole("dialog").getByRole("button", { name: "Drain" }).click();
		await page.getByRole("button", { name: "Resume" }).waitFor();
		await page.getByRole("button", { name: "Resume" }).click();
		await page.getByRole("button", { name: "Drain" }).waitFor();
		await visit(page, "#/accounts", "Accounts");
		await d.ok("PUT", "/v1/pauses/account/a", { reason: "somebody looks at it" });
		await page.getByText("Automation is paused for the account a").waitFor();
		await visit(page, "#/accounts/a", "Shop");
		await page.getByText("somebody looks at it").first().waitFor();
		await visit(page, "#/accounts", "Accounts");
		await page.getByRole("button", { name: "Go on" }).click();
		await page.getByText("Automation is paused").waitFor({ state: "detached" });
		assert.equal((await d.account("a")).paused, null);
		await visit(page, "#/accounts/a", "Shop");
		await page.getByRole("button", { name: "Log out and delete" }).click();
		const question = page.getByRole("dialog", { name: "Log out and delete?" });
		await question.getByText("This costs a scan").waitFor();
		await question.getByRole("button", { name: "Log out and delete" }).click();
		await page.getByText("There is no account yet.").waitFor();
		assert.equal((await d.request("GET", "/v1/accounts/a")).status, 404);
		clean(page);
	}));

	test("a key sees what it may, until it is revoked", () => withDashboard(scans, async (d) => {
		await make(d, "mine", { workspace: "acme", connect: true });
		await make(d, "yours", { workspace: "other" });
		const viewer = await d.ok("POST", "/v1/keys", { role: "viewer", workspace: "acme" });
		const page = await inside(chrome, d, { key: viewer.key });
		await row(page, "mine").waitFor();
		assert.equal(await row(page, "yours").count(), 0);
		assert.equal(await page.locator("tbody button").count(), 0);
		assert.deepEqual((await page.getByRole("navigation").getByRole("link").allTextContents()).map((s) => s.trim()), ["Accounts", "Alerts"]);
		await visit(page, "#/accounts/mine", "mine");
		await page.getByText("It is connected.").first().waitFor();
		assert.equal(await page.getByRole("button", { name: "Disconnect" }).count(), 0);
		await visit(page, "#/accounts/yours", "yours");
		await page.getByRole("alert").getByText("There is no account").waitFor();
		await d.ok("DELETE", `/v1/keys/${viewer.id}`);
		await page.getByLabel("API key").waitFor();
		clean(page);
	}));

	test("a daemon that starts anew is noticed, and one logs in again", () => withDashboard(scans, async (d) => {
		await make(d, "a", { connect: true });
		const page = await inside(chrome, d);
		await row(page, "a").waitFor();
		const port = d.port;
		await d.stop();
		await page.getByText("Connecting again…").waitFor();
		d.config.http.listen = `127.0.0.1:${port}`;
		d.writeConfig();
		await d.start();
		await page.getByLabel("API key").waitFor();
		await logIn(page, d.key);
		await row(page, "a").getByText("Connected", { exact: true }).waitFor();
		clean(page);
	}));
});
