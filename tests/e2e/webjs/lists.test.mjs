// lists.test.mjs - what connected sessions cost the service: one list for all, in each interval.

import assert from "node:assert/strict";
import test from "node:test";
import { Daemon, until, withLog } from "../lib/daemon.mjs";
import { FakeService } from "./fake.mjs";
import { fleet } from "./measure.mjs";
import { KEY } from "./service.mjs";

test("fifty connected sessions are one list in each interval, and no request of their own", { timeout: 120000 }, async (t) => {
	const service = await FakeService.start();
	const d = new Daemon({ policy: { list_interval: "500ms" }, more: { providers: fleet(service, KEY) } });
	t.after(async () => {
		await d.kill();
		service.stop();
	});
	await d.start();
	const ids = Array.from({ length: 50 }, (_, i) => `a${i}`);
	await Promise.all(ids.map((id) => d.ok("POST", "/v1/accounts", { provider: "webjs", id, connect: true })));
	try {
		for (const id of ids) await d.reaches(id, "connected");
		assert.equal(service.seen.filter(({ method }) => method === "POST").length, 50, "each was created once");
		const mark = service.seen.length, lists = service.lists.length;
		await until(() => service.lists.length >= lists + 8);
		const asked = service.seen.slice(mark);
		assert.deepEqual([...new Set(asked.map(({ method, path }) => `${method} ${path}`))], ["GET /api/sessions"]);
		// After one answer the next question waits for the interval; a busy machine makes it longer only.
		const gaps = asked.slice(2).map(({ at }, i) => at - asked[i + 1].at);
		assert.ok(Math.min(...gaps) >= 450, `${gaps}`);
		t.diagnostic(`between two lists: ${Math.min(...gaps)} to ${Math.max(...gaps)} ms, asked for 500`);
		assert.ok((await d.accounts()).every((a) => a.status === "connected" && a.generation === 1));
	} catch (e) {
		throw withLog(e, d);
	}
});
