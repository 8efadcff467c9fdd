// ends.chain.test.mjs - each way in which WhatsApp, a page or a browser ends a session, seen at Relink: the
// status, the cause, what a person is to do, and what Relink does by itself.
//
// The service alone is in ends.test.mjs.

import assert from "node:assert/strict";
import test, { after, before, describe } from "node:test";
import { Chain } from "./chain.mjs";
import { noChromium } from "./service.mjs";
import { childrenOf } from "./standin/processes.mjs";

const state = (value, more) => (chain, id) => chain.tell(id, "state", { value, ...more });
const browserOf = async (chain, id) => chain.service.browsers(await chain.session(id))[0];

// What happens to a connected account, with the cause that it then has.  These heal: it is connected again on
// the old login, without a scan.
const healing = [
	["without WhatsApp for too long", state("TIMEOUT"), "network"],
	["hung, its page", (chain, id) => chain.tell(id, "hang"), "engine_hang"],
	["frozen, its Chromium", async (chain, id) => process.kill(-(await browserOf(chain, id)).group, "SIGSTOP"), "engine_hang"],
	["crashed, its page", async (chain, id) => {
		for (const { pid } of childrenOf(await browserOf(chain, id), "renderer")) process.kill(pid, "SIGKILL");
	}, "engine_crash"],
	["on another page", (chain, id) => chain.tell(id, "go", { url: "https://gone.invalid/" }), "network"],
];
// These need a person, who is told what to do; until then they cost no browser, and nothing is tried.
const lasting = [
	["unpaired by WhatsApp", state("UNPAIRED", { forget: true }), "unpaired", "disconnected", "parked", "scan_qr"],
	["blocked for its terms", state("TOS_BLOCK"), "tos_block", "failed", "held", "unblock"],
	["refused as outdated", state("DEPRECATED_VERSION"), "client_outdated", "failed", "held", "check_provider"],
];

describe("what ends a connected session", { skip: noChromium, concurrency: 3, timeout: 1200000 }, () => {
	let chain, phones = 0;
	const phone = () => `6281112230${String(phones++).padStart(2, "0")}`;
	const told = (id, status, cause) => chain.event("account.status", id, (e) => e.status === status && e.cause === cause);
	const rest = async (id) => {
		await chain.wish(id, "disconnect");
		await chain.reaches(id, "disconnected");
	};

	before(async () => {
		chain = await Chain.start({ settings: { "probe-deadline": "3s", "offline-deadline": "1s", "ready-deadline": "20s" } });
	});
	after(() => chain?.stop());

	test("a page that is logged in and never gets ready: ended at its deadline, and connected on that login", async () => {
		await chain.add("unready");
		await chain.qr("unready");
		const old = await chain.account("unready");
		await chain.whatsapp.scan(old.session_id, { phone: phone(), ready: false });
		await told("unready", "authenticated", "none");
		assert.equal((await chain.event("account.status", "unready", (e) => e.cause === "engine_hang")).data.user_action, "none");
		await chain.resumes(old);
		await rest("unready");
	});

	describe("and is put right by Relink", { concurrency: 1 }, () => {
		const id = "healing";
		before(() => chain.link(id, phone()));
		after(() => rest(id));

		for (const [what, act, cause] of healing) {
			test(`${what}: reconnecting, ${cause}, then connected`, async () => {
				const old = await chain.account(id), mark = chain.whatsapp.mark();
				chain.stream.events = chain.stream.events.filter((e) => e.data.account !== id);
				await act(chain, id);
				assert.equal((await told(id, "reconnecting", cause)).data.user_action, "none");
				const up = await chain.resumes(old);
				assert.deepEqual([up.reason.cause, up.user_action], ["none", "none"]);
				assert.ok(!chain.whatsapp.events.slice(mark).some((e) => e.type === "qr" && e.session === up.session_id));
				await chain.until(() => chain.service.browsers(old.session_id).length === 0);
			});
		}
	});

	for (const [i, [what, act, cause, status, phase, action]] of lasting.entries()) {
		test(`${what}: ${status}, ${cause}, to do: ${action}`, async () => {
			const id = `lasting-${i}`, old = await chain.link(id, phone());
			await act(chain, id);
			assert.equal((await told(id, status, cause)).data.user_action, action);
			const end = await chain.becomes(id, (a) => a.phase === phase);
			assert.deepEqual([end.status, end.reason.cause, end.user_action, end.next_attempt_at, end.generation],
				[status, cause, action, null, old.generation]);
			await chain.until(() => chain.service.browsers(old.session_id).length === 0);
		});
	}

	test("opened elsewhere: resumed once, then failed and left to a person", async () => {
		const old = await chain.link("elsewhere", phone());
		await state("CONFLICT")(chain, "elsewhere");
		assert.equal((await told("elsewhere", "reconnecting", "replaced")).data.user_action, "none");
		const again = await chain.resumes(old);
		await state("CONFLICT")(chain, "elsewhere");
		const end = await chain.becomes("elsewhere", (a) => a.phase === "held");
		assert.deepEqual([end.status, end.reason.cause, end.user_action, end.generation],
			["failed", "replaced", "unblock", again.generation]);
		await chain.until(() => chain.service.browsers(again.session_id).length === 0);
	});

	test("refused for now: tried again on the slow ladder, in minutes", async () => {
		const old = await chain.link("refused", phone());
		await state("PROXYBLOCK")(chain, "refused");
		const end = await chain.becomes("refused", (a) => a.phase === "waiting");
		assert.deepEqual([end.status, end.reason.cause, end.user_action], ["reconnecting", "refused", "none"]);
		const minutes = (Date.parse(end.next_attempt_at) - Date.now()) / 60000;
		assert.ok(minutes > 4 && minutes < 6, `${minutes}`);
		await chain.until(() => chain.service.browsers(old.session_id).length === 0);
	});

	test("a login that the library missed, of a phone that does not tell its number: connected all the same", async () => {
		await chain.add("missed");
		await chain.qr("missed");
		await chain.whatsapp.scan(await chain.session("missed"), { phone: phone(), early: true, noWid: true });
		assert.equal((await chain.reaches("missed", "connected")).phone, null);
		await rest("missed");
	});

	test("a Chromium that is killed while it starts: the next one shows the code", async () => {
		await chain.add("killed");
		const first = await chain.session("killed");
		const [{ pid }] = await chain.until(() => {
			const found = chain.service.browsers(first);
			return found.length > 0 && found;
		}, { every: 5 });
		process.kill(pid, "SIGKILL");
		await chain.event("account.status", "killed", (e) => e.cause === "engine_crash");
		await chain.qr("killed");
		assert.notEqual(await chain.session("killed"), first);
		await rest("killed");
	});
});

describe("starts that come to nothing", { skip: noChromium, concurrency: 2, timeout: 1200000 }, () => {
	test("a QR code that nobody scans: parked, and Chromium is gone", async (t) => {
		const chain = await Chain.start({ policy: { qr_deadline: "2s" } });
		t.after(() => chain.stop());
		await chain.add("lonely");
		await chain.qr("lonely");
		assert.equal((await chain.account("lonely")).user_action, "scan_qr");
		const end = await chain.becomes("lonely", (a) => a.phase === "parked");
		assert.deepEqual([end.status, end.reason.cause, end.user_action, end.next_attempt_at],
			["disconnected", "qr_expired", "scan_qr", null]);
		await chain.until(() => chain.service.browsers().length === 0);
		assert.deepEqual(await chain.service.ids(), []);
		assert.equal((await chain.d.request("GET", "/v1/accounts/lonely/qr")).status, 404);
		assert.equal((await chain.account("lonely")).generation, 1, "nothing is retried");
	});

	for (const [whose, options] of Object.entries({
		"the service's": { settings: { "start-deadline": "12s" } },
		"Relink's": { policy: { start_deadline: "12s" } },
	})) {
		test(`a page that never loads: ended at ${whose} deadline, and its slot is free for the next`, async (t) => {
			const chain = await Chain.start({ ...options, instance: { concurrent_starts: 1 } });
			t.after(() => chain.stop());
			await chain.add("stuck");
			const stuck = await chain.session("stuck");
			chain.whatsapp.configure({ boot: "nodebug" }, stuck); // its next try loads
			await chain.add("next");
			assert.deepEqual([(await chain.account("next")).phase, (await chain.account("stuck")).phase], ["queued", "starting"]);
			const ended = await chain.event("account.status", "stuck", (e) => e.cause !== "none");
			assert.deepEqual([ended.data.status, ended.data.cause, ended.data.user_action], ["connecting", "engine_hang", "none"]);
			await chain.until(() => chain.service.browsers(stuck).length === 0);
			await chain.until(async () => chain.service.browsers(await chain.session("next")).length === 1);
			await chain.becomes("stuck", (a) => a.generation >= 2);
			assert.ok(!chain.whatsapp.events.some((e) => e.type === "qr" && e.session === stuck));
		});
	}

	test("WhatsApp that cannot be reached: tried again at no cost, until it can", async (t) => {
		const chain = await Chain.start({ policy: { max_attempts: 2 } });
		t.after(() => chain.stop());
		chain.whatsapp.mode = "close";
		chain.service.settings["web-cache"] = chain.whatsapp.emptyCache;
		await chain.service.kill();
		await chain.service.start();
		await chain.add("away");
		const down = await chain.event("account.status", "away", (e) => e.cause !== "none");
		assert.deepEqual([down.data.status, down.data.cause, down.data.user_action], ["connecting", "network", "none"]);
		await chain.becomes("away", (a) => a.generation >= 3);
		chain.whatsapp.mode = "page";
		await chain.qr("away");
		assert.equal((await chain.account("away")).attempts, 0);
	});

	test("a Chromium that cannot be run: told as the provider's fault, tried again until it can", async (t) => {
		const chain = await Chain.start({ settings: { chromium: "/bin/false" }, policy: { max_attempts: 2 } });
		t.after(() => chain.stop());
		await chain.add("stillborn");
		const down = await chain.event("account.status", "stillborn", (e) => e.cause !== "none");
		assert.deepEqual([down.data.status, down.data.cause, down.data.user_action], ["connecting", "provider_down", "none"]);
		assert.match(down.data.text, /Chromium cannot be used/);
		chain.service.settings.chromium = chain.whatsapp.chromium;
		await chain.service.kill();
		await chain.service.start();
		await chain.qr("stillborn");
	});
});
