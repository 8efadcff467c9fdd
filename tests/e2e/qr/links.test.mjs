// Links: the page behind one shows one account's code to one browser, and nothing to anybody else.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import http from "node:http";
import { execFileSync } from "node:child_process";
import path from "node:path";
import { describe, test } from "node:test";
import { bin, pooled, until, withDaemon } from "../lib/daemon.mjs";
import { cutRim, readCode } from "../relinkctl/qr-read.mjs";

// Someone with a browser and no key: it keeps cookies as one does, and follows redirects.
class Browser {
	jar = new Map();

	constructor(d) {
		this.d = d;
	}

	ask(method, url, headers = {}) {
		const cookie = [...this.jar].map(([k, v]) => `${k}=${v}`).join("; ");
		return new Promise((done, failed) => {
			const request = http.request({ host: "127.0.0.1", port: this.d.port, method, path: url, agent: false,
				headers: { ...(cookie ? { Cookie: cookie } : {}), ...headers } }, (answer) => {
				let body = "";
				answer.setEncoding("utf8");
				answer.on("data", (p) => (body += p));
				answer.on("end", () => {
					for (const line of answer.headers["set-cookie"] ?? []) {
						const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
						this.jar.set(name, value);
					}
					done({ status: answer.statusCode, headers: answer.headers, body });
				});
			});
			request.on("error", failed);
			request.end();
		});
	}

	get(url) {
		return this.ask("GET", url);
	}

	// The button: POST, and where it leads.
	async press(url) {
		const answer = await this.ask("POST", url);
		if (answer.status !== 303) return answer;
		return { ...await this.get(new URL(answer.headers.location, `http://x${url}`).pathname), set: answer.headers["set-cookie"] };
	}

	async state(url) {
		return JSON.parse((await this.get(`${url}/state`)).body);
	}

	async sees(url, state) {
		let last;
		return until(async () => (last = await this.state(url)).state === state && last, { explain: () => JSON.stringify(last) });
	}
}

const title = (answer) => /<h1[^>]*>([^<]*)</.exec(answer.body)[1];

function textOf(svg) {
	const side = Number(/viewBox="0 0 (\d+)/.exec(svg)[1]);
	const rows = Array.from({ length: side }, () => Array(side).fill(false));
	for (const [, x, y, n] of svg.matchAll(/M(\d+) (\d+)h(\d+)v1h-/g))
		for (let i = 0; i < n; i++) rows[y][Number(x) + i] = true;
	return readCode(cutRim(rows).code).toString();
}

async function makeLink(d, id, body, more = {}) {
	await d.ok("POST", "/v1/accounts", { provider: "mock", id, ...more });
	return d.ok("POST", `/v1/accounts/${id}/qr-link`, body);
}

describe("QR links", { concurrency: 2, timeout: 120000 }, () => {
	test("from the link to connected: a code is made, seen, renewed and scanned", () => withDaemon(
		{ policy: { qr_deadline: "1500ms" }, log: { level: "debug" } }, async (d) => {
			const label = `<img src=x onerror=alert(1)> "A" & 'B'`;
			const before = Date.now();
			const { url, expires_at } = await makeLink(d, "a", undefined, { label });
			assert.match(url, /^\/qr\/[A-Za-z0-9_-]{43}$/);
			assert.ok(Math.abs(Date.parse(expires_at) - before - 900000) < 5000, expires_at);
			const one = new Browser(d), two = new Browser(d);

			// what looks at it on its way does not use it up, and hears nothing but the label
			for (const method of ["HEAD", "GET", "GET", "HEAD"]) {
				const answer = await new Browser(d).ask(method, url);
				assert.equal(answer.status, 200);
				assert.equal(answer.headers["set-cookie"], undefined);
				assert.equal(answer.headers["referrer-policy"], "no-referrer");
				assert.equal(answer.headers["x-robots-tag"], "noindex, nofollow");
				assert.equal(answer.headers["cache-control"], "no-store");
				assert.match(answer.headers["content-security-policy"], /^default-src 'none'; script-src 'self'; style-src 'self';/);
				if (method === "HEAD") continue;
				assert.equal(title(answer), "Link WhatsApp on your phone");
				assert.ok(answer.body.includes("&lt;img src=x onerror=alert(1)&gt; &quot;A&quot; &amp; &#39;B&#39;"));
				assert.doesNotMatch(answer.body, /<img src=x|<script(?! src="page.js" defer>)|style=|<[^>]*\son\w+=/);
			}
			assert.equal((await one.state(url)).state, "offer");
			assert.equal((await one.get(`${url}/code.svg`)).status, 404);
			assert.equal((await d.account("a")).status, "new", "nobody has asked for a code");

			// the first who presses the button has it
			const opened = await one.press(url);
			assert.equal(opened.status, 200);
			assert.match(opened.set[0], /^relink_qr_[0-9a-f]{8}=[A-Za-z0-9_-]{43}; Path=\/qr\/; Max-Age=\d+; HttpOnly; SameSite=Strict$/);
			const { code, over_in_ms } = await one.sees(url, "code");
			assert.ok(over_in_ms > 0 && over_in_ms <= 1500);
			const page = await one.get(url);
			assert.equal(title(page), "Scan this code with WhatsApp");
			assert.ok(page.body.includes(`src="${url.slice(4)}/code.svg?n=${code}"`));
			assert.match(page.body, /<noscript><meta http-equiv="refresh"/);
			assert.equal(textOf((await one.get(`${url}/code.svg?n=${code}`)).body), (await d.ok("GET", "/v1/accounts/a/qr")).code);
			assert.equal((await one.get("/qr/page.js")).headers["content-type"], "text/javascript; charset=utf-8");
			assert.equal((await one.get("/qr/page.css")).headers["content-type"], "text/css; charset=utf-8");

			// a second one is told, by whatever way it comes
			for (const answer of [await two.get(url), await two.press(url), await two.get(`${url}/code.svg`)]) {
				assert.equal(answer.status, 403);
				assert.equal(title(answer), "This link was opened already");
				assert.ok(!answer.body.includes("&lt;img"), "not even the label");
				assert.equal(answer.headers["set-cookie"], undefined);
			}
			assert.equal((await two.state(url)).state, "used");
			two.jar.set([...one.jar.keys()][0], randomBytes(32).toString("base64url"));
			assert.equal((await two.get(url)).status, 403, "a guessed cookie");

			// nobody asks: the code ends and the account is parked; one click renews it
			const over = await one.sees(url, "over");
			assert.equal(over.renews, true);
			assert.equal((await d.account("a")).reason.cause, "qr_expired");
			assert.equal(title(await one.get(url)), "No code is shown now");
			await one.press(url);
			assert.notEqual((await one.sees(url, "code")).code, code);

			await d.verb("a", "scan");
			assert.equal((await one.sees(url, "connected")).live, false);
			const done = await one.get(url);
			assert.equal(title(done), "Done: it is connected");
			assert.doesNotMatch(done.body, /page\.js|refresh|<form/);
			// it was for this login: it opens nothing when that is lost
			assert.equal((await two.get(url)).status, 410);
			await d.verb("a", "logout");
			await until(async () => (await d.account("a")).user_action === "scan_qr");
			assert.equal((await one.state(url)).state, "connected");
			await one.press(url);
			assert.notEqual((await d.account("a")).status, "qr_scanning");

			const told = (await d.ok("GET", "/v1/accounts/a/timeline?limit=200")).entries.filter((e) => e.type === "account.qr_link");
			assert.deepEqual(told.reverse().map((e) => e.says), [
				"A link to its QR code: it was made.", "A link to its QR code: somebody opened it.",
				"A link to its QR code: it has done its work: the account is connected."]);
			const token = url.slice(4);
			await one.get(`${url}/x`);
			await one.get(`/%71r/${token}/x`);
			await one.get(`/%71r/${token}`);
			assert.match(d.log, /http\.request/);
			assert.ok(!d.log.includes(token) && ![...one.jar.values()].some((v) => d.log.includes(v)), "the log opens links");
			assert.ok(!JSON.stringify(await d.ok("GET", "/v1/accounts/a/timeline?limit=200")).includes(token));
		}));

	test("what opens nothing: expired, revoked, replaced, deleted, of another account, malformed", () => withDaemon({}, async (d) => {
		const b = new Browser(d), gone = [];
		const short = await makeLink(d, "short", { expires_in: 1 });
		await b.press(short.url);
		await b.sees(short.url, "code");

		const one = await makeLink(d, "one"), two = await makeLink(d, "two", {}, { label: "Two" });
		await b.press(one.url);
		await b.sees(one.url, "code");
		// the cookie of one link opens no other, under whatever name
		const other = new Browser(d);
		await other.press(two.url);
		for (const value of b.jar.values()) for (const name of other.jar.keys()) b.jar.set(name, value);
		assert.equal((await b.get(two.url)).status, 403);
		assert.ok(!(await b.get(two.url)).body.includes("Two"));

		const again = await d.ok("POST", "/v1/accounts/one/qr-link", {});
		assert.equal((await b.get(one.url)).status, 404, "another has taken its place");
		assert.equal((await new Browser(d).get(again.url)).status, 200);

		assert.equal((await d.request("DELETE", "/v1/accounts/two/qr-link")).status, 204);
		assert.equal((await d.request("DELETE", "/v1/accounts/two/qr-link")).status, 204);
		assert.equal(title(await other.get(two.url)), "This link was withdrawn");
		assert.equal((await other.press(two.url)).status, 410);
		assert.equal((await other.get(`${two.url}/code.svg`)).status, 410);

		await d.ok("DELETE", "/v1/accounts/one");
		assert.equal((await b.get(again.url)).status, 404);
		assert.equal((await d.request("DELETE", "/v1/accounts/one/qr-link")).status, 404);

		await b.sees(short.url, "expired");
		assert.equal((await b.get(short.url)).status, 410);
		assert.equal((await b.press(short.url)).status, 410);
		assert.equal((await b.get(`${short.url}/code.svg`)).status, 410);

		// what is no token of ours; these count
		const t = two.url.slice(4);
		for (const wrong of [t.slice(1), `${t}A`, t.replace(/.$/, (c) => c === "A" ? "B" : "A"), "A".repeat(43), `${t.slice(0, 42)}.`,
			`${t.slice(0, 42)}%41`, `%${t.charCodeAt(0).toString(16)}${t.slice(1)}`, "A".repeat(200), "%00"])
			gone.push([wrong, (await b.get(`/qr/${wrong}`)).status]);
		assert.deepEqual(gone.map(([, s]) => s), [404, 404, 404, 404, 404, 404, 404, 404, 400], JSON.stringify(gone));
		assert.equal((await b.get(`/qr/${"A".repeat(8000)}`)).status, 404);
		assert.ok([414, 400].includes((await b.get(`/qr/${"A".repeat(9000)}`)).status));
		for (const body of [{ expires_in: 0 }, { expires_in: 86401 }, { expires_in: -1 }, { expires_in: "60" }, { expires: 60 }])
			assert.equal((await d.request("POST", "/v1/accounts/two/qr-link", body)).status, 400, JSON.stringify(body));

		// whoever goes on guessing is told to stop, and who has a link is not
		const fresh = await makeLink(d, "fresh");
		await until(async () => (await b.get(`/qr/${randomBytes(32).toString("base64url")}`)).status === 429, { every: 1 });
		const limited = await b.get(`/qr/${"B".repeat(43)}`);
		assert.equal(limited.headers["retry-after"], "60");
		assert.equal((await b.state(`/qr/${"B".repeat(43)}`)).state, "limited");
		assert.equal((await new Browser(d).get(fresh.url)).status, 200);
		assert.equal((await d.request("GET", "/v1/accounts", undefined, { Authorization: "Bearer wrong" })).status, 429, "one count for both");
	}));

	test("of many who press its button at once one has it", () => withDaemon({}, async (d) => {
		for (let i = 0; i < 10; i++) {
			const { url } = await makeLink(d, `a${i}`), all = Array.from({ length: 16 }, () => new Browser(d));
			const answers = await Promise.all(all.map((b) => b.ask("POST", url)));
			const set = answers.filter((a) => a.headers["set-cookie"]);
			assert.equal(set.length, 1);
			for (const a of answers) assert.equal(a.status, a === set[0] ? 303 : 403);
		}
	}));

	test("a link outlives the core, and no living login is lost by one", () => withDaemon({ mock: { scan_ms: 0 } }, async (d) => {
		const b = new Browser(d);
		const { url } = await makeLink(d, "a");
		const offered = await makeLink(d, "b");
		const withdrawn = await makeLink(d, "withdrawn");
		await d.ok("DELETE", "/v1/accounts/withdrawn/qr-link");
		await b.press(url);
		await b.sees(url, "code");
		await d.kill();
		await d.start();
		assert.equal((await new Browser(d).state(withdrawn.url)).state, "revoked");
		assert.equal((await b.get(url)).status, 200, "the browser is known");
		assert.equal((await new Browser(d).get(url)).status, 403);
		assert.equal((await new Browser(d).state(offered.url)).state, "offer");
		await b.press(url);
		await b.sees(url, "code");
		await d.verb("a", "scan");
		await d.reaches("a", "connected");
		await b.sees(url, "connected");
		await d.kill();
		await d.start();
		assert.equal((await b.state(url)).state, "connected");

		// an account with a login has nothing to scan
		const refused = await d.request("POST", "/v1/accounts/a/qr-link", {});
		assert.equal(refused.status, 409);
		assert.equal(refused.body.code, "login_would_be_lost");

		// made for one without a login, which then got one from elsewhere: it is over, unused
		await d.ok("POST", "/v1/accounts/b/connect", undefined, { Prefer: "wait=20" });
		await d.verb("b", "scan");
		await d.reaches("b", "connected");
		assert.equal((await new Browser(d).get(offered.url)).status, 410);
		assert.equal((await b.press(offered.url)).status, 410);
		assert.equal((await d.account("b")).status, "connected");

		// once with an Idempotency-Key, since its answer is not kept
		const headers = { "Idempotency-Key": "k" };
		await d.ok("POST", "/v1/accounts", { provider: "mock", id: "c" });
		assert.equal((await d.request("POST", "/v1/accounts/c/qr-link", {}, headers)).status, 201);
		assert.equal((await d.request("POST", "/v1/accounts/c/qr-link", {}, headers)).body.code, "answer_not_kept");
	}));

	test("10,000 links may be open, and one that has ended makes room", () => withDaemon({}, async (d) => {
		const ids = Array.from({ length: 10001 }, (_, i) => `a${i}`), links = new Map(), last = ids.at(-1);
		d.agent = new http.Agent({ keepAlive: true });
		await pooled(ids, 64, (id) => d.ok("POST", "/v1/accounts", { provider: "mock", id }));
		await pooled(ids.slice(0, -1), 64, async (id) => links.set(id, (await d.ok("POST", `/v1/accounts/${id}/qr-link`)).url));
		const refused = await d.request("POST", `/v1/accounts/${last}/qr-link`);
		assert.deepEqual([refused.status, refused.body.code], [409, "too_many_links"]);
		links.set("a0", (await d.ok("POST", "/v1/accounts/a0/qr-link")).url); // in the place of its own
		assert.equal((await d.request("POST", `/v1/accounts/${last}/qr-link`)).status, 409);
		await d.ok("DELETE", "/v1/accounts/a1/qr-link");
		const b = new Browser(d), { url } = await d.ok("POST", `/v1/accounts/${last}/qr-link`);
		assert.equal((await b.state(url)).state, "offer");
		assert.equal((await b.get(links.get("a1"))).status, 404, "it is forgotten");
		for (const id of ["a0", "a2", "a9999"]) assert.equal((await b.state(links.get(id))).state, "offer", id);
		d.agent.destroy();
	}));
});
