// fence.test.mjs - at most one session of an account: through races, late creates and a killed service.
//
// The tests of this file follow each other on one data folder.

import assert from "node:assert/strict";
import { rmSync, symlinkSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { until } from "../lib/daemon.mjs";
import { Receiver, Service, VERSION, folder, noChromium } from "./service.mjs";
import { alive } from "./standin/processes.mjs";
import { Whatsapp } from "./standin/whatsapp.mjs";

describe("at most one session of an account", { skip: noChromium }, () => {
	const settings = { "close-deadline": "1s" };
	let dir, whatsapp, receiver, service;

	before(async () => {
		dir = folder();
		whatsapp = await Whatsapp.start({ dir, version: VERSION });
		receiver = await Receiver.start();
		service = await new Service({ dir, whatsapp, receiver, settings }).start();
	});
	after(async () => {
		await service?.stop();
		whatsapp?.stop();
		receiver?.stop();
	});

	test("two creates of the same id and generation at once make one session", async () => {
		const answers = await Promise.all([service.create("a1", { account: "a" }), service.create("a1", { account: "a" })]);
		assert.deepEqual(answers.map((one) => one.status).sort(), [200, 202]);
		assert.equal(answers[0].body.created_at, answers[1].body.created_at);
		await receiver.got("qr_code_generated", "a1");
		assert.equal(service.browsers().length, 1);
		assert.equal((await service.create("a1", { account: "a" })).status, 200, "and a third, later");
	});

	test("an older generation is refused with the highest that was seen", async () => {
		await service.create("b5", { account: "b", generation: 5 });
		const { status, body } = await service.create("b4", { account: "b", generation: 4 });
		assert.deepEqual([status, body.code, body.generation], [409, "stale", 5]);
		const other = await service.create("b5-again", { account: "b", generation: 5 });
		assert.deepEqual([other.status, other.body.code, other.body.generation], [409, "stale", 5]);
		const unfenced = await service.create("b0", { account: "b", generation: 0 });
		assert.deepEqual([unfenced.status, unfenced.body.code], [409, "stale"]);
		assert.deepEqual(await service.ids(), ["a1", "b5"]);
	});

	test("an id that belongs to another account and a profile that is open are refused", async () => {
		const { status, body } = await service.create("a1", { account: "z" });
		assert.deepEqual([status, body.code], [409, "conflict"]);
		const open = await service.create("z1", { account: "z", profile: "p-a1" });
		assert.deepEqual([open.status, open.body.code], [409, "profile_in_use"]);
		assert.equal((await service.call("DELETE", "/api/profiles/p-a1")).status, 409);
	});

	test("a higher generation ends the life before it, and starts when that is gone", async () => {
		const [{ pid }] = service.browsers("a1");
		const mark = whatsapp.mark();
		assert.equal((await service.create("a2", { account: "a", profile: "p-a1", generation: 2 })).status, 202);
		const { data } = await receiver.got("session_disconnected", "a1");
		assert.deepEqual([data.cause, data.reason], ["by_request", "SUPERSEDED"]);
		await until(() => service.browsers("a2").length === 1);
		assert.ok(!alive(pid));
		await whatsapp.reported("a2", "qr", { from: mark });
		assert.deepEqual(await service.ids(), ["a2", "b5"]);
	});

	test("what is not there cannot be stopped, and a stop fences a create that comes late", async () => {
		const stopped = await service.call("DELETE", "/api/sessions/c1", { account_id: "c", generation: 1 });
		assert.deepEqual([stopped.status, stopped.body.code], [404, "gone"]);
		const { status, body } = await service.create("c1", { account: "c", generation: 1 });
		assert.deepEqual([status, body.code, body.generation], [409, "stale", 1]);
		const another = await service.call("DELETE", "/api/sessions/b5", { account_id: "a", generation: 9 });
		assert.deepEqual([another.status, another.body.code], [409, "conflict"], "it is not that account's");
		const nameless = await service.call("DELETE", "/api/sessions/b5", { generation: 4 });
		assert.deepEqual([nameless.status, nameless.body.code], [409, "stale"]);
		const older = await service.call("DELETE", "/api/sessions/b5", { account_id: "b", generation: 4 });
		assert.deepEqual([older.status, older.body.generation], [409, 5], "a stop of an older life leaves the newer one");
		const again = await service.call("POST", "/api/sessions/b5/reconnect", {});
		assert.deepEqual([again.status, again.body.code], [409, "stale"], "and so does a reconnect without a generation");
		assert.deepEqual(await service.ids(), ["a2", "b5"]);
	});

	test("a stop in the middle of a start leaves no Chromium", async () => {
		await service.create("c2", { account: "c", generation: 2 });
		await until(() => service.browsers("c2").length > 0, { every: 5 });
		assert.equal((await service.call("DELETE", "/api/sessions/c2", {})).status, 200);
		assert.deepEqual(service.browsers("c2"), []);
		assert.equal((await service.create("c3", { account: "c", generation: 3 })).status, 202);
		assert.equal((await service.call("DELETE", "/api/sessions/c3", {})).status, 200, "also before it begins");
		assert.deepEqual(service.browsers("c3"), []);
	});

	test("a second service on the same folder refuses to start", async () => {
		const second = new Service({ dir, whatsapp, receiver });
		await assert.rejects(second.start(), /"code":2.*is in use by process \d+/s);
	});

	test("service killed with three sessions: what it left is swept, generations are kept, all resume", async (t) => {
		await service.create("c4", { account: "c", profile: "p-c", generation: 4 });
		for (const id of ["a2", "b5", "c4"]) {
			await whatsapp.scan(id);
			await receiver.got("session_ready", id);
		}
		const [frozen] = service.browsers("b5");
		process.kill(-frozen.group, "SIGSTOP"); // one that cannot even notice that its service is gone
		const before = service.boot;
		await service.kill();
		assert.ok(service.browsers("b5").length > 0, "an orphan is there to be swept");

		const lock = path.join(service.data, "profiles", "session-p-c", "SingletonLock");
		rmSync(lock, { force: true });
		symlinkSync("a-container-that-is-no-more-123", lock);

		const killed = Date.now();
		service = await new Service({ dir, whatsapp, receiver, settings }).start();
		assert.deepEqual(service.browsers(), [], "swept before it says that it is ready");
		const { body: list } = await service.call("GET", "/api/sessions");
		assert.deepEqual([list.sessions, list.complete, list.boot_id !== before], [[], true, true]);
		const { body } = await service.create("a2", { account: "a", profile: "p-a1", generation: 2 });
		assert.deepEqual([body.code, body.generation], ["stale", 2]);

		const mark = receiver.events.length;
		for (const [id, account, profile, generation] of [["a3", "a", "p-a1", 3], ["b6", "b", "p-b5", 6], ["c5", "c", "p-c", 5]])
			assert.equal((await service.create(id, { account, profile, generation })).status, 202);
		for (const id of ["a3", "b6", "c5"]) await receiver.got("session_ready", id, { after: mark });
		t.diagnostic(`three sessions connected again ${((Date.now() - killed) / 1000).toFixed(1)} s after the kill`);
		assert.ok(!receiver.events.slice(mark).some((one) => one.event === "qr_code_generated"), "without a scan");
		assert.equal(service.browsers().length, 3);
	});

	test("asked to end, it ends all sessions and says so, also one that is frozen", async () => {
		process.kill(-service.browsers("b6")[0].group, "SIGSTOP");
		assert.deepEqual(await service.stop(), { code: 0, signal: null });
		assert.deepEqual(service.browsers(), []);
		for (const id of ["a3", "b6", "c5"]) {
			const { data } = await receiver.got("session_disconnected", id);
			assert.deepEqual([data.cause, data.reason], ["provider_down", "SHUTDOWN"]);
		}
	});
});
