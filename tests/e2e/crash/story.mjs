// story.mjs - the workload of the crash tests, and what must be true after it.
//
// A story makes a dozen accounts and does to them what operators, phones and providers do, through a
// client that repeats what was not answered.  Whoever dies meanwhile is started again.  At the end
// the mock's journals say what really happened.

import assert from "node:assert/strict";
import { Client, Daemon, until } from "../lib/daemon.mjs";
import { Judge } from "../lib/judge.mjs";

const mock = {
	create_ms: "4ms", disconnect_ms: "4ms", list_ms: "2ms", qr_ms: "10ms",
	auth_ms: "8ms", resume_ms: "15ms",
};

// Starts the daemon, and again whenever it dies of SIGKILL.
export class Keeper {
	constructor(options) {
		this.daemon = new Daemon({ mock, instances: 2, workers: 2, ...options });
		this.deaths = 0;
		this.over = false;
	}

	async start(env) {
		await this.begin(env);
		this.watching = this.watch();
	}

	async begin(env) {
		this.up = this.daemon.start(env).then(() => true, (end) => {
			if (end.signal !== "SIGKILL") throw end;
			return false;
		});
		if (!(await this.up)) {
			this.deaths++;
			await this.begin({});
		}
	}

	async watch() {
		for (;;) {
			const end = await this.daemon.exited;
			if (this.over) return;
			if (end.signal !== "SIGKILL") {
				this.failed = new Error(`relinkd ended: ${JSON.stringify(end)}\n${this.daemon.log.slice(-4000)}`);
				return;
			}
			this.deaths++;
			await this.begin({});
		}
	}

	async alive() {
		await until(() => {
			if (this.failed) throw this.failed;
			return this.daemon.running() && this.up;
		});
	}

	async stop() {
		this.over = true;
		const end = await this.daemon.stop();
		await this.watching;
		return end;
	}
}

// How many lives each account has when nobody dies; a crash by itself must not add one.
const plan = {
	plain: 1, stopped: 1, again: 2, regenerated: 2, crashed: 2, forgotten: 2, unlinked: 1, removed: 1,
	patched: 1, late: 2, lied: 2, paused: 2,
};
const connected = ["plain", "again", "regenerated", "crashed", "forgotten", "patched", "late", "lied", "paused"];

// Each wish is asked for when the one before has had its effect, so that the number of lives is
// certain; the accounts run side by side.
export async function tell(keeper) {
	const client = new Client(keeper.daemon, () => keeper.alive());
	const url = (id, verb) => `/v1/accounts/${id}${verb ? `/${verb}` : ""}`;
	const post = (id, verb, body) => client.ok("POST", url(id, verb), body);
	const look = async (id) => (await client.send("GET", url(id))).body;
	const is = (id, good) => until(async () => good(await look(id)),
		{ seconds: 30, explain: async () => `${id}: ${JSON.stringify(await look(id))}\n${keeper.daemon.log.slice(-2500)}` });
	const up = (id) => is(id, (a) => a.status === "connected" && !a.checking);
	// A verb is carried out by the worker; when that or the core dies nobody knows whether it was, and the
	// same key is told so. The journal has it.
	const verb = async (id, name, args = {}) => {
		const happened = () => new Judge(keeper.daemon.journals()).lines.some((l) => l.account === id &&
			(l.verb === name ? l.from !== "metadata" : l.verb === "end" && l.why === name));
		for (;;) {
			const answer = await client.send("POST", url(id, `verbs/${name}`), args);
			const unknown = answer.body?.code === "outcome_unknown";
			if (answer.status < 300 || (unknown && happened())) return;
			// the client asked again after the core had died: it was done, and what it said is not kept
			if (answer.body?.code === "answer_not_kept") return;
			if (!unknown && answer.status !== 502) throw new Error(`${name} ${id}: ${JSON.stringify(answer)}`);
		}
	};
	// Sent once or, when somebody died with it on its way, perhaps: whatever happens, the service is asked
	// once for each key, though the client asks again and again.
	const message = async (id) => {
		for (let left = 100; ; left--) {
			const { status, body } = await client.send("POST", url(id, "messages"), { to: "628111222333", text: "hello" });
			const requests = new Judge(keeper.daemon.journals()).lines.filter((l) => l.verb === "send").map((l) => l.request);
			if (new Set(requests).size !== requests.length) throw new Error(`a message was asked for twice: ${requests}`);
			if (status === 200 || body.code === "outcome_unknown") return;
			if (body.code !== "not_connected" || left === 0) throw new Error(`message ${id}: ${JSON.stringify(body)}`);
			await up(id);
		}
	};
	const newer = async (id, generation) => is(id, (a) => a.status === "connected" && a.generation > generation && !a.checking);

	const stories = {
		async plain(id) {
			for (let i = 0; i < 5; i++) await message(id);
		},
		async stopped(id) {
			await post(id, "disconnect");
			await is(id, (a) => a.phase === "idle");
		},
		async again(id) {
			const { generation } = await look(id);
			await until(async () => Date.now() - Date.parse((await look(id)).connected_since) > 400);
			await post(id, "reconnect");
			await newer(id, generation);
		},
		async regenerated(id) {
			const { generation } = await look(id);
			await post(id, "qr", { force: true });
			await newer(id, generation);
		},
		async crashed(id) {
			const { generation } = await look(id);
			await verb(id, "drop", { cause: "engine_crash" });
			await newer(id, generation);
		},
		async forgotten(id) {
			const { generation } = await look(id);
			await verb(id, "forget");
			await newer(id, generation);
		},
		async unlinked(id) {
			await verb(id, "logout");
			// parked; or, when a death lost the news of the log-out, it learned it from a QR code
			await is(id, (a) => a.user_action === "scan_qr" && a.status !== "connected");
		},
		async removed(id) {
			await client.ok("DELETE", url(id));
		},
		async patched(id) {
			await client.ok("PATCH", url(id), { label: "after", priority: "high" });
		},
		async late(id) {
			const { generation } = await look(id);
			await verb(id, "behave", { create: { late_apply_ms: 120, late_times: 1 } });
			await post(id, "disconnect");
			await is(id, (a) => a.phase === "idle");
			await post(id, "connect");
			await newer(id, generation);
		},
		async lied(id) {
			const { generation } = await look(id);
			await verb(id, "behave", { disconnect: { lie: 1 } });
			await post(id, "disconnect");
			await is(id, (a) => a.phase === "idle");
			await until(() => new Judge(keeper.daemon.journals()).liveAt(id).length === 0,
				{ explain: () => `${id} still lives` });
			await post(id, "connect");
			await newer(id, generation);
		},
		async paused(id) {
			const { generation } = await look(id);
			await post(id, "disconnect");
			await is(id, (a) => a.phase === "idle");
			await post(id, "connect");
			await newer(id, generation);
		},
	};
	await Promise.all(Object.entries(stories).map(async ([id, story]) => {
		const metadata = { mock: { scan_ms: id === "unlinked" ? 0 : 15 } };
		await client.ok("POST", "/v1/accounts", { provider: keeper.daemon.provider, id, metadata, connect: true });
		if (id === "unlinked") {
			await is(id, (a) => a.status === "qr_scanning");
			await verb(id, "scan");
		}
		await up(id);
		await story(id);
	}));
	await client.ok("GET", "/v1/workers");
	return client;
}

// A worker that is stopped in mid-air answers nothing: calls run into their deadline.
export async function stun(keeper, client) {
	const d = keeper.daemon, from = d.log.length, deaths = keeper.deaths;
	const { workers } = await client.ok("GET", "/v1/workers");
	const { pid } = workers.find((w) => w.pid);
	process.kill(pid, "SIGSTOP");
	await until(() => keeper.deaths > deaths || /instance\.unreachable|worker\.stalled/.test(d.log.slice(from)));
	try {
		process.kill(pid, "SIGCONT");
	} catch {
		// it died meanwhile, with its core or as stalled
	}
}

// After the end: everything that was asked for holds, at Relink and at the provider.
export async function settle(keeper, client) {
	const d = keeper.daemon;
	let accounts;
	await until(async () => {
		await keeper.alive();
		accounts = await d.accounts().catch(() => undefined);
		return accounts && connected.every((id) => {
			const a = accounts.find((x) => x.id === id);
			return a && a.status === "connected" && !a.checking;
		});
	}, { seconds: 30, explain: () => JSON.stringify(accounts?.map((a) => [a.id, a.status, a.phase, a.reason.cause])) });
	const by = Object.fromEntries(accounts.map((a) => [a.id, a]));
	assert.equal(by.stopped.status, "disconnected");
	assert.equal(by.stopped.want_connected, false);
	assert.equal(by.unlinked.user_action, "scan_qr");
	assert.notEqual(by.unlinked.status, "connected");
	assert.equal(by.removed, undefined);
	assert.equal(by.patched.label, "after");
	assert.equal(by.patched.priority, "high");
	await until(() => {
		const judge = new Judge(d.journals());
		const live = (id) => judge.liveAt(id).length;
		return Object.keys(plan).every((id) => id === "unlinked" ? live(id) <= 1
			: live(id) === (connected.includes(id) ? 1 : 0));
	}, { explain: () => JSON.stringify(Object.keys(plan).map((id) => [id, new Judge(d.journals()).liveAt(id)])) });
	return { client, by };
}

// extraStarts: how many lives more than planned each account may have (0 for crashes alone).
export function judge(keeper, by, { extraStarts = 0 } = {}) {
	const d = keeper.daemon, fenced = d.provider === "mock";
	const truth = new Judge(d.journals());
	assert.deepEqual(truth.repeatedCreates(), [], "a (session, generation) is created at most once");
	assert.equal(truth.doubles.length, 0, "no living session is created again");
	assert.deepEqual(truth.lostLogins().filter((l) => l.account !== "regenerated"), [], "no login is given up");
	for (const [id, lives] of Object.entries(plan)) {
		const n = truth.livesOf(id).length;
		const more = extraStarts + (id === "unlinked" ? 1 : 0);
		assert.ok(n >= lives && n <= lives + more,
			`${id} has ${n} lives, planned ${lives}: ${JSON.stringify(truth.livesOf(id))}`);
		if (fenced) assert.equal(truth.overlap(id), 0, `${id}: never two live`);
		else assert.ok(truth.overlap(id) < 8000, `${id}: an orphan ends in a bounded time`);
		const live = truth.liveAt(id);
		if (live.length) assert.equal(live[0].session, by[id].session_id, `${id}: what lives is what Relink holds`);
	}
}

export async function run(options, env, extra) {
	const keeper = new Keeper(options);
	try {
		await keeper.start(env);
		const client = await tell(keeper);
		if (options.stun) await stun(keeper, client);
		const { by } = await settle(keeper, client);
		const end = await keeper.stop();
		// who died on the way out gets one more life, and nothing may be missing then
		if (end.signal === "SIGKILL") {
			keeper.deaths++;
			keeper.over = false;
			await keeper.start({});
			await settle(keeper, client);
			await keeper.stop();
		}
		judge(keeper, by, extra);
		return keeper;
	} catch (e) {
		keeper.over = true;
		await keeper.daemon.kill();
		e.message += `\n(${keeper.daemon.dir}, ${keeper.deaths} deaths)`;
		throw e;
	}
}
