// Random kills of core and workers while a fleet is being used, in both classes of provider.
//
// Short form: 8 seconds a class.  RELINK_LONG=1: 10 minutes.  RELINK_SECONDS and RELINK_SEED choose;
// the seed is printed, and decides when and whom to kill and what is asked for.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { Client, until } from "../lib/daemon.mjs";
import { Judge } from "../lib/judge.mjs";
import { anySeed, generator } from "../lib/random.mjs";
import { Keeper } from "./story.mjs";

const seconds = Number(process.env.RELINK_SECONDS ?? (process.env.RELINK_LONG ? 600 : 8));
const firstSeed = anySeed();
const n = 60;

function childrenOf(pid) {
	try {
		return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
	} catch {
		return [];
	}
}

async function chaos(provider, seed, t) {
	const random = generator(seed), pick = (list) => list[Math.floor(random() * list.length)];
	const keeper = new Keeper({ provider });
	const ids = Array.from({ length: n }, (_, i) => `a${i}`);
	const wants = new Map();
	const tally = { core: 0, worker: 0, wishes: 0 };
	const end = Date.now() + seconds * 1000;
	const pause = (ms) => new Promise((go) => setTimeout(go, ms));

	await keeper.start({});
	const client = new Client(keeper.daemon, () => keeper.alive());
	await Promise.all(ids.map((id) => client.ok("POST", "/v1/accounts",
		{ provider, id, connect: true, metadata: { mock: { scan_ms: 20 } } })));
	ids.forEach((id) => wants.set(id, true));

	const killer = (async () => {
		while (Date.now() < end) {
			await pause(50 + random() * 700);
			const workers = childrenOf(keeper.daemon.child.pid);
			const core = random() < 0.4 || workers.length === 0;
			try {
				process.kill(core ? keeper.daemon.child.pid : pick(workers), "SIGKILL");
				tally[core ? "core" : "worker"]++;
			} catch {
				// it has died already
			}
		}
	})();
	// one wish at a time for each account, so that the last one answered is the last one wished
	const people = ids.filter((_, i) => i % 3 === 0).map(async (id) => {
		while (Date.now() < end) {
			await pause(random() * 900);
			const verb = pick(["connect", "disconnect", "reconnect", "connect"]);
			await client.ok("POST", `/v1/accounts/${id}/${verb}`);
			wants.set(id, verb !== "disconnect");
			tally.wishes++;
		}
	});
	await Promise.all([killer, ...people]);

	let accounts;
	await until(async () => {
		await keeper.alive();
		accounts = await keeper.daemon.accounts().catch(() => undefined);
		return accounts?.length === n && accounts.every((a) => !a.checking &&
			a.status === (wants.get(a.id) ? "connected" : "disconnected"));
	}, { seconds: 60, explain: () => JSON.stringify(accounts?.filter((a) => a.checking ||
		a.status !== (wants.get(a.id) ? "connected" : "disconnected")).map((a) => [a.id, wants.get(a.id), a.status, a.phase, a.reason])) });
	await until(() => ids.every((id) => new Judge(keeper.daemon.journals()).liveAt(id).length === (wants.get(id) ? 1 : 0)),
		{ explain: () => "somebody lives who should not, or does not who should" });
	await keeper.stop();

	const truth = new Judge(keeper.daemon.journals());
	assert.deepEqual(truth.repeatedCreates(), [], "a (session, generation) is created at most once");
	assert.equal(truth.doubles.length, 0);
	assert.deepEqual(truth.lostLogins(), [], "no login is given up");
	for (const a of accounts) {
		if (provider === "mock") assert.equal(truth.overlap(a.id), 0, `${a.id}: never two live`);
		if (a.status === "connected") assert.equal(truth.liveAt(a.id)[0].session, a.session_id);
		// who was never asked for again was started exactly once, whoever died
		if (ids.indexOf(a.id) % 3 !== 0) assert.equal(truth.livesOf(a.id).length, 1, `${a.id}: a crash costs no start`);
	}
	t.diagnostic(`${provider}, seed ${seed}: ${tally.core} core kills, ${tally.worker} worker kills, ` +
		`${tally.wishes} wishes, ${truth.lives.length} lives of ${n} accounts, 0 lost, 0 doubled`);
}

for (const [i, provider] of ["mock", "mock-listable"].entries())
	test(`${provider}: random kills for ${seconds} s, seed ${firstSeed + i}`, { timeout: (seconds + 120) * 1000 },
		(t) => chaos(provider, firstSeed + i, t));
