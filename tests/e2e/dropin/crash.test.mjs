// The core is killed in the middle of the application's calls; the application asks again, as it does
// when a request fails, and must find one account and one session.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Daemon, fast, until, withLog } from "../lib/daemon.mjs";
import { Judge } from "../lib/judge.mjs";
import { KEY, Seed } from "./seed.mjs";

const POINT = "api.dropin.submitted";

describe("drop-in over a crash", { concurrency: 3 }, () => {
	// visits: the account's CREATE, a CONNECT, a PATCH with the second id, the RECONNECT behind it
	for (let visit = 1; visit <= 4; visit++)
		test(`killed at command ${visit}`, async () => {
			const d = new Daemon({ mock: { ...fast, scan_ms: "20ms" }, more: { dropin: { api_key: KEY, wait: "10s" } } });
			let deaths = 0;
			const again = async (ask) => {
				for (;;) {
					const answer = await ask().catch(() => null);
					if (answer !== null && answer.status < 500) return answer;
					if (!d.running()) {
						assert.equal((await d.exited).signal, "SIGKILL");
						deaths++;
						await d.start();
					}
				}
			};
			await d.start({ RELINK_KILL: `${POINT}:${visit}` });
			try {
				const seed = new Seed(d);
				const first = seed.mint();
				assert.equal((await again(() => seed.create())).status, 200);
				assert.equal((await again(() => seed.create())).status, 200);
				await until(async () => (await again(() => seed.look())).body.status === "connected");
				assert.equal((await again(() => seed.disconnect())).status, 200);
				const second = seed.mint();
				const { status, body } = await again(() => seed.create());
				assert.deepEqual([status, body.session_id], [200, second]);
				await until(async () => (await again(() => seed.look())).body.status === "connected");
				assert.equal((await seed.look(first)).body.session_id, second);

				assert.equal(deaths, 1);
				const accounts = await d.accounts();
				assert.deepEqual(accounts.map((a) => [a.id, a.metadata.dropin.session_ids]), [[first, [second, first]]]);
				const judge = new Judge(d.journals());
				await until(() => new Judge(d.journals()).liveAt(first).length === 1);
				assert.deepEqual(judge.repeatedCreates(), []);
				await d.stop();
			} catch (e) {
				throw withLog(e, d);
			} finally {
				await d.kill();
			}
		});
});
