// Webhooks out: endpoints by the API, and what they are told.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Daemon, fast, until, withDaemon, withLog } from "../lib/daemon.mjs";
import { withSmallDisk } from "../lib/disk.mjs";
import { Receiver } from "../dropin/receiver.mjs";
import { KEY, Seed } from "../dropin/seed.mjs";
import { Judge } from "./judge.mjs";

const near = (judges, more = {}) => ({ allow_private: judges.map((j) => `127.0.0.1:${j.port}`).join(" "), retry_base: "10ms", ...more });
const make = async (d, judge, wish = {}) => {
	const made = await d.ok("POST", "/v1/webhooks", { url: judge.url, events: ["account.*"], ...wish });
	judge.secrets.push(made.secret);
	return made;
};
const account = (d, id, workspace = "default") =>
	d.ok("POST", "/v1/accounts", { provider: "mock", id, workspace, connect: true });
const told = async (d, id) => (await d.ok("GET", `/v1/accounts/${id}/timeline?limit=1000`)).entries
	.filter((e) => /^account\./.test(e.type) && e.type !== "account.step").map((e) => `evt_${e.seq}`).reverse();

// A daemon and its judges, for the length of a story.
const story = (n, tell, { webhooks = {}, more = {}, mock = { scan_ms: "20ms" }, errors } = {}) => async () => {
	const judges = await Promise.all(Array.from({ length: n }, () => new Judge().listen()));
	try {
		await withDaemon({ mock, errors, more: { webhooks: near(judges, webhooks), ...more } }, (d) => tell(d, ...judges));
		for (const j of judges) assert.deepEqual(j.wrong, []);
	} finally {
		await Promise.all(judges.map((j) => j.close()));
	}
};

describe("webhooks", { concurrency: 4 }, () => {
	test("tell an account's life, signed by Standard Webhooks, in order", story(1, async (d, judge) => {
		const made = await make(d, judge, { label: "crm" });
		assert.match(made.secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
		assert.equal(Buffer.from(made.secret.slice(6), "base64").length, 32);
		await account(d, "a");
		await d.reaches("a", "connected");
		await judge.has(() => judge.of("a").at(-1)?.data.status === "connected"); // so the journal has it, too
		const all = await told(d, "a");
		assert.deepEqual(judge.of("a").map((e) => e.id), all);
		const e = judge.of("a").at(-1);
		assert.equal(e.type, "account.status");
		assert.equal(e.data.status, "connected");
		assert.equal(e.id, `evt_${e.data.seq}`);
		const seen = await until(async () => {
			const w = await d.ok("GET", `/v1/webhooks/${made.id}`);
			return w.backlog === 0 && w;
		});
		assert.equal(seen.secret, undefined);
		assert.deepEqual([seen.label, seen.events, seen.workspace, seen.form, seen.enabled], ["crm", ["account.*"], null, "standard", true]);
		assert.ok(seen.delivered >= all.length && seen.last_success_at && seen.last_failure === null);
		d.keepsSecrets({ list: JSON.stringify(await d.ok("GET", "/v1/webhooks")) });
		assert.ok(!d.log.includes(made.secret));
	}));

	test("are changed, tested, disabled and deleted", story(1, async (d, judge) => {
		const { id } = await make(d, judge);
		assert.deepEqual(await d.ok("POST", `/v1/webhooks/${id}/test`).then(({ ms, ...rest }) => rest),
			{ delivered: true, status: 200, error: null });
		assert.equal(judge.got[0].type, "webhook.test");
		judge.answer = () => 503;
		assert.deepEqual(await d.ok("POST", `/v1/webhooks/${id}/test`).then(({ ms, ...rest }) => rest),
			{ delivered: false, status: 503, error: "it was answered 503" });
		judge.answer = () => 307;
		judge.elsewhere = judge.url;
		assert.match((await d.ok("POST", `/v1/webhooks/${id}/test`)).error, /no redirect is followed/);
		judge.answer = () => 200;
		await d.ok("PATCH", `/v1/webhooks/${id}`, { enabled: false, events: ["account.created"] });
		await account(d, "while-off");
		await d.reaches("while-off", "connected");
		assert.equal((await d.request("POST", `/v1/webhooks/${id}/replay`, { from: 1 })).body.code, "webhook_disabled");
		await d.ok("PATCH", `/v1/webhooks/${id}`, { enabled: true });
		await judge.has(() => judge.of("while-off").length === 1);
		assert.equal(judge.of("while-off")[0].type, "account.created");
		await d.ok("DELETE", `/v1/webhooks/${id}`);
		assert.equal((await d.request("GET", `/v1/webhooks/${id}`)).status, 404);
		const n = judge.requests;
		await account(d, "after");
		await d.reaches("after", "connected");
		assert.equal(judge.requests, n);
		for (const [wish, code] of [[{ url: judge.url, events: [] }, "invalid_field"], [{ url: judge.url, events: ["nothing.*"] }, "invalid_field"],
			[{}, "invalid_field"], [{ url: judge.url, form: "seed" }, "invalid_field"], [{ url: judge.url, secret: "mine" }, "unknown_field"]])
			assert.equal((await d.request("POST", "/v1/webhooks", wish)).body.code, code, JSON.stringify(wish));
	}));

	test("a slow endpoint delays no other", story(2, async (d, slow, quick) => {
		slow.answer = () => "hang";
		await make(d, slow);
		await make(d, quick);
		const ids = Array.from({ length: 20 }, (_, i) => `a${i}`);
		await Promise.all(ids.map((id) => account(d, id)));
		for (const id of ids) await d.reaches(id, "connected");
		await quick.has(() => ids.every((id) => quick.of(id).at(-1)?.data.status === "connected"));
		assert.ok(slow.held.length >= 1 && slow.got.length === 0);
	}, { webhooks: { timeout: "1m" } }));

	test("nor does it on the same server", story(1, async (d, judge) => {
		judge.answer = (e, request) => (request.url === "/slow" ? "hang" : 200);
		await make(d, judge, { url: judge.url.replace("/hook", "/slow") });
		await make(d, judge);
		const ids = Array.from({ length: 20 }, (_, i) => `a${i}`);
		await Promise.all(ids.map((id) => account(d, id)));
		await judge.has(() => judge.held.length > 1);
		await judge.has(() => ids.every((id) => judge.of(id).at(-1)?.data.status === "connected"));
	}, { webhooks: { timeout: "1m" } }));

	test("a new one hears what happens after it was made", story(1, async (d, judge) => {
		await account(d, "before");
		await d.reaches("before", "connected");
		await make(d, judge, { events: ["account.created"] });
		await account(d, "after");
		await judge.has(() => judge.of("after").length === 1);
		assert.deepEqual(judge.of("before"), []);
	}));

	test("410 disables it, and says so as an event", story(2, async (d, gone, other) => {
		gone.answer = () => 410;
		const { id } = await make(d, gone);
		await make(d, other, { events: ["webhook.disabled"] });
		await account(d, "a");
		await other.has((all) => all.length === 1);
		assert.equal(other.got[0].data.data.webhook, id);
		assert.match(other.got[0].data.text, /410/);
		const w = await d.ok("GET", `/v1/webhooks/${id}`);
		assert.deepEqual([w.enabled, w.disabled_because], [false, "it was answered 410: its receiver is gone"]);
		gone.answer = () => 200;
		await d.ok("PATCH", `/v1/webhooks/${id}`, { enabled: true });
		assert.equal((await d.ok("GET", `/v1/webhooks/${id}`)).disabled_because, null);
		await gone.has(() => gone.of("a").at(-1)?.data.status === "connected");
		const all = await told(d, "a");
		assert.deepEqual(gone.of("a").map((e) => e.id), all); // none is lost by it
	}));

	test("who waits for a test is answered when the daemon stops", story(1, async (d, judge) => {
		judge.answer = () => "hang";
		const { id } = await make(d, judge);
		const asked = d.request("POST", `/v1/webhooks/${id}/test`);
		await judge.has(() => judge.held.length > 0);
		assert.equal((await d.stop()).code, 0);
		const { status, body } = await asked;
		assert.deepEqual([status, body.code], [503, "stopping"]);
	}, { webhooks: { timeout: "1m" } }));

	// The 410 comes while nothing can be stored, so it cannot be disabled; later it must not be left alone.
	test("410 on a full disk disables it when there is room again", async (t) => {
		const judge = await new Judge({ answer: () => "hang" }).listen();
		try {
			await withSmallDisk(t, { mock: { scan_ms: "20ms" }, more: { webhooks: near([judge], { timeout: "1m" }) } }, async (d, disk) => {
				await d.start();
				const { id } = await make(d, judge);
				await account(d, "a");
				await d.reaches("a", "connected");
				await judge.has(() => judge.held.length > 0);
				disk.fill();
				await until(async () => (await d.request("PATCH", "/v1/accounts/a", { label: String(Math.random()) })).status === 507);
				await until(async () => (await d.request("GET", "/readyz")).status === 503);
				judge.answer = () => 410;
				for (const response of judge.held) response.writeHead(410).end();
				await d.logs(/webhook\.not_disabled/);
				disk.free();
				await d.logs(/store\.recovered/);
				await until(async () => (await d.ok("GET", `/v1/webhooks/${id}`)).enabled === false);
				assert.match((await d.ok("GET", `/v1/webhooks/${id}`)).disabled_because, /410/);
			});
		} finally {
			await judge.close();
		}
	});

	test("a new secret signs, and the old one for a time", story(1, async (d, judge) => {
		const { id } = await make(d, judge);
		await d.ok("POST", `/v1/webhooks/${id}/test`);
		const rotated = await d.ok("POST", `/v1/webhooks/${id}/rotate`);
		judge.secrets.push(rotated.secret);
		await until(async () => {
			await d.ok("POST", `/v1/webhooks/${id}/test`);
			return judge.got.at(-1).by.length === 2;
		});
		assert.deepEqual(judge.got.at(-1).by, [1, 0]);
		assert.deepEqual(judge.got[0].by, [0]);
		assert.ok(Date.parse(rotated.old_secret_until) > Date.now() + 23 * 3600e3);
		const last = await d.ok("POST", `/v1/webhooks/${id}/rotate`, { at_once: true });
		judge.secrets.push(last.secret);
		await until(async () => {
			await d.ok("POST", `/v1/webhooks/${id}/test`);
			return judge.got.at(-1).by.length === 1;
		});
		assert.deepEqual(judge.got.at(-1).by, [2]);
	}));

	test("an old secret ends with its overlap", story(1, async (d, judge) => {
		const { id } = await make(d, judge);
		const rotated = await d.ok("POST", `/v1/webhooks/${id}/rotate`, { overlap: 1 });
		judge.secrets.push(rotated.secret);
		await until(async () => {
			await d.ok("POST", `/v1/webhooks/${id}/test`);
			return judge.got.at(-1).by.length === 1 && judge.got.at(-1).by[0] === 1;
		});
		assert.ok(Date.now() >= Date.parse(rotated.old_secret_until), "it ended too soon");
	}));

	test("the form of the seed tells what the old service told, signed as it did", async () => {
		const receiver = await new Receiver().listen();
		try {
			await withDaemon({ more: { dropin: { api_key: KEY }, webhooks: near([receiver]) } }, async (d) => {
				const seed = new Seed(d), made = await d.ok("POST", "/v1/webhooks", { url: receiver.url, form: "seed" });
				receiver.secret = made.secret;
				assert.equal(made.form, "seed");
				assert.equal((await d.ok("POST", `/v1/webhooks/${made.id}/test`)).delivered, true);
				assert.deepEqual([receiver.events[0].event, receiver.events[0].data], ["webhook_test", {}]);
				await account(d, "no-session");
				seed.mint();
				assert.equal((await seed.create()).status, 200);
				await receiver.has((all) => all.length === 2); // a code that is over is not told
				await d.verb(seed.session, "scan");
				await receiver.has(() => receiver.of(seed.session).length === 3);
				assert.deepEqual(receiver.namesOf(seed.session), ["qr_code_generated", "session_authenticated", "session_ready"]);
				const ready = receiver.of(seed.session).at(-1);
				assert.deepEqual([ready.data.workspace_id, ready.data.status, ready.more], [1, "connected", {}]);
				assert.equal(ready.headers["x-instance-url"], `http://127.0.0.1:${d.port}`);
				assert.equal(ready.headers["webhook-signature"], undefined);
				assert.equal(receiver.events.length, 4, "who is no session of the old service is not told of");
			});
			assert.deepEqual(receiver.refused, []);
		} finally {
			await receiver.close();
		}
	});

	test("there are 100 at most, and a deleted one makes room", story(1, async (d, judge) => {
		const wish = { url: judge.url, enabled: false }, all = [];
		for (let i = 0; i < 100; i++) all.push((await d.ok("POST", "/v1/webhooks", wish)).id);
		const refused = await d.request("POST", "/v1/webhooks", wish);
		assert.deepEqual([refused.status, refused.body.code], [409, "too_many_webhooks"]);
		assert.match(refused.body.detail, /100 webhooks/);
		assert.equal((await d.ok("GET", "/v1/webhooks")).webhooks.length, 100);
		await d.ok("DELETE", `/v1/webhooks/${all[0]}`);
		await d.ok("POST", "/v1/webhooks", wish);
	}));

	// Taken by its text, as a name that leads inside is; so the address has to be looked at each time.
	test("what is refused when it is connected to is told nothing: no event, no test, no dead letter", async () => {
		const judge = await new Judge({ answer: () => 500 }).listen();
		const d = new Daemon({ mock: fast, more: { webhooks: near([judge], { give_up_after: "100ms" }) } });
		try {
			await d.start();
			const { id } = await make(d, judge, { events: ["account.created"] });
			await d.ok("POST", "/v1/accounts", { provider: "mock", id: "a" });
			await until(async () => (await d.ok("GET", `/v1/webhooks/${id}/dead`)).dead.length === 1);
			await d.stop();
			judge.answer = () => 200;
			judge.requests = 0;
			delete d.config.webhooks.allow_private;
			d.writeConfig();
			await d.start();
			const failures = async () => (await d.ok("GET", `/v1/webhooks/${id}`)).failed;
			const more = async (n) => until(async () => (await failures()) > n);
			const { delivered, status, error } = await d.ok("POST", `/v1/webhooks/${id}/test`);
			assert.deepEqual([delivered, status], [false, null]);
			assert.match(error, /webhooks\.allow_private/);
			await until(async () => (await d.request("POST", `/v1/webhooks/${id}/replay`, { dead: true })).status === 202);
			await more(0);
			const before = await failures();
			await d.ok("POST", "/v1/accounts", { provider: "mock", id: "b" });
			await more(before);
			assert.match((await d.ok("GET", `/v1/webhooks/${id}`)).last_failure, /webhooks\.allow_private/);
			assert.equal(judge.requests, 0);
			await d.stop();
		} catch (e) {
			throw withLog(e, d);
		} finally {
			await d.kill();
			await judge.close();
		}
	});

	test("what is not public is refused, and the refusal names the key", async () => {
		const judge = await new Judge().listen(), port = judge.port;
		try {
			await withDaemon({ more: { webhooks: { allow_private: "127.0.0.9" } } }, async (d) => {
				for (const url of [judge.url, `https://127.0.0.1:${port}/`, `http://[::1]:${port}/`, `http://0x7f.1:${port}/`,
					"https://10.0.0.1/", "https://169.254.169.254/latest/meta-data", `https://localhost:${port}/`]) {
					const { status, body } = await d.request("POST", "/v1/webhooks", { url });
					assert.deepEqual([status, body.code], [422, "url_not_allowed"], url);
					assert.match(body.detail, /webhooks\.allow_private/, url);
				}
				// a name that leads to what is not allowed is found out when it is connected to
				const { id } = await d.ok("POST", "/v1/webhooks", { url: `http://127.0.0.9:${port}/` });
				assert.equal((await d.request("PATCH", `/v1/webhooks/${id}`, { url: "https://127.0.0.1/" })).status, 422);
			});
			assert.equal(judge.requests, 0);
		} finally {
			await judge.close();
		}
	});

	test("a key of one workspace sees that workspace's, and events of it go there only", story(2, async (d, acme, all) => {
		const mine = await make(d, acme, { workspace: "acme" }), theirs = await make(d, all);
		const { key } = await d.ok("POST", "/v1/keys", { role: "operator", workspace: "acme" });
		const as = { Authorization: `Bearer ${key}` };
		assert.deepEqual((await d.ok("GET", "/v1/webhooks", undefined, as)).webhooks.map((w) => w.id), [mine.id]);
		for (const [method, url, body] of [["GET", ""], ["POST", "/test"], ["GET", "/dead"], ["POST", "/replay", { from: 1 }]]) {
			assert.equal((await d.request(method, `/v1/webhooks/${theirs.id}${url}`, body, as)).status, 404);
			assert.ok((await d.request(method, `/v1/webhooks/${mine.id}${url}`, body, as)).status < 300, url);
		}
		assert.equal((await d.request("POST", "/v1/webhooks", { url: acme.url }, as)).status, 403);
		await account(d, "in-acme", "acme");
		await account(d, "elsewhere");
		await d.reaches("in-acme", "connected");
		await d.reaches("elsewhere", "connected");
		await all.has(() => all.of("elsewhere").at(-1)?.data.status === "connected" && all.of("in-acme").at(-1)?.data.status === "connected");
		await acme.has(() => acme.of("in-acme").at(-1)?.data.status === "connected");
		assert.deepEqual(acme.of("elsewhere"), []);
	}));

	test("what is given up is kept, listed and sent again", story(1, async (d, judge) => {
		judge.answer = (e) => (e.type === "account.created" ? 500 : 200);
		const { id } = await make(d, judge);
		await account(d, "a");
		await d.reaches("a", "connected");
		const { dead } = await until(async () => {
			const page = await d.ok("GET", `/v1/webhooks/${id}/dead`);
			return page.dead.length === 1 && page;
		});
		assert.deepEqual([dead[0].event.type, dead[0].event.account, dead[0].error], ["account.created", "a", "it was answered 500"]);
		assert.ok(dead[0].tries >= 8);
		await until(async () => (await d.ok("GET", `/v1/webhooks/${id}`)).dead_letters === 1);
		await judge.has(() => judge.of("a").at(-1)?.data.status === "connected"); // it holds up nothing
		const metrics = await d.ok("GET", "/metrics");
		assert.match(metrics, new RegExp(`relink_webhook_dead_letters\\{webhook="${id}"\\} 1`));
		assert.match(metrics, new RegExp(`relink_webhook_deliveries_total\\{webhook="${id}",outcome="given_up"\\} 1`));
		const { failed } = await d.ok("GET", `/v1/webhooks/${id}`);
		await d.ok("POST", `/v1/webhooks/${id}/replay`, { dead: true });
		await until(async () => {
			const w = await d.ok("GET", `/v1/webhooks/${id}`);
			return w.failed > failed && !w.resending;
		});
		assert.deepEqual((await d.ok("GET", `/v1/webhooks/${id}/dead`)).dead, dead, "what is refused again stays");
		judge.answer = () => 200;
		await d.ok("POST", `/v1/webhooks/${id}/replay`, { dead: true });
		await judge.has((all) => all.some((e) => e.id === `evt_${dead[0].seq}`));
		await until(async () => (await d.ok("GET", `/v1/webhooks/${id}`)).dead_letters === 0);
		assert.deepEqual((await d.ok("GET", `/v1/webhooks/${id}/dead`)).dead, []);
		// from a number on: everything comes once more, with the ids of before
		const before = judge.got.length, first = judge.of("a").find((e) => e.data.seq > dead[0].seq).data.seq;
		await d.ok("POST", `/v1/webhooks/${id}/replay`, { from: first });
		const all = await told(d, "a");
		await judge.has((got) => got.length >= before + all.length - 1);
		const again = judge.got.slice(before).map((e) => e.id);
		assert.deepEqual([...new Set(again)], all.filter((e) => Number(e.slice(4)) >= first));
	}, { webhooks: { give_up_after: "100ms" }, errors: /forward\.given_up/ }));
});
