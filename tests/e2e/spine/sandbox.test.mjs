// A plugin that was taken over tries everything (tests/unit/worker/prober.c): what its worker's sandbox
// refuses, what it leaves free, and that it is the sandbox: with "sandbox: off" the same things succeed.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { before, describe, test } from "node:test";
import { bin, Daemon, folder, plugins, until, withLog } from "../lib/daemon.mjs";

const built = path.resolve(plugins, "../tests/unit/worker/plugins");
const without = path.join(bin, "without");
const root = process.getuid() === 0;
const sanitized = readFileSync(path.join(bin, "relink-worker")).includes("__asan_init");
const skip = sanitized && "sanitizers need more than a sandbox leaves";

const worker = async (d, slot = 0) => (await d.ok("GET", "/v1/workers")).workers[slot];
const ready = (d) => until(async () => {
	const w = await worker(d);
	return w.state === "ready" && w;
}, { explain: async () => JSON.stringify(await worker(d)) });

// What the kernel has, as a worker says it.
let has;

// A daemon whose only plugin is a prober, with a folder and a file of its own.
async function withProber({ plugin = "prober", sandbox, prefix, worker: rules }, story) {
	const dir = folder(), own = path.join(dir, "own"), file = path.join(dir, "ca.pem");
	const d = new Daemon({
		dir, provider: "prober", prefix, worker: rules, mock: {},
		rate: { plugin: path.join(built, `${plugin}.so`), ...(sandbox ? { sandbox } : {}) },
	});
	for (const i of d.config.providers.prober.instances) i.config = { dir: own, file };
	d.writeConfig();
	writeFileSync(file, "PEM");
	writeFileSync(path.join(dir, "secret"), "not for plugins", { mode: 0o600 });
	try {
		await d.start();
		const w = await ready(d);
		await d.ok("POST", "/v1/accounts", { provider: "prober", id: "a", connect: true });
		await until(async () => (await d.account("a")).instance !== null);
		const probe = async (verb, arg = "") => (await d.verb("a", verb, String(arg))).result.came;
		await story(d, probe, { own, file, w });
		assert.equal((await d.stop()).code, 0);
	} catch (e) {
		throw withLog(e, d);
	} finally {
		await d.kill();
	}
}

// [what, verb, argument, who refuses it, as what; as root only].  "both": either alone would.
const forbidden = (d, own) => [
	["the database", "read", path.join(d.state, "relink.db"), "landlock", "EACCES"],
	["the admin key", "read", path.join(d.state, "admin.key"), "landlock", "EACCES"],
	["the configuration", "read", d.file, "landlock", "EACCES"],
	["a file beside its folder", "read", path.join(d.dir, "secret"), "landlock", "EACCES"],
	["its way out of its folder", "read", path.join(own, "../secret"), "landlock", "EACCES"],
	["the state directory's list", "list", d.state, "landlock", "EACCES"],
	["all passwords", "read", "/etc/shadow", "landlock", "EACCES", root],
	["a new file elsewhere", "write", path.join(d.dir, "new"), "landlock", "EACCES"],
	["a new file in /tmp", "write", path.join(d.dir, "../relink-prober"), "landlock", "EACCES"],
	["emptying a file", "truncate", path.join(d.dir, "secret"), "landlock", "EACCES"],
	["writing what it may read", "write", path.join(d.dir, "ca.pem"), "landlock", "EACCES"],
	["a link in its folder", "link", path.join(own, "link"), "landlock", "EACCES"],
	["another process's environment", "read", `/proc/${d.child.pid}/environ`, "landlock", "EACCES"],
	["the list of processes", "list", "/proc", "landlock", "EACCES"],
	["the mode of a file", "mode", path.join(d.dir, "secret"), "seccomp", "EPERM"],
	["a fork", "fork", "", "seccomp", "EPERM"],
	["a program", "spawn", "/bin/true", "seccomp", "EPERM"],
	["tracing the core", "trace", d.child.pid, "both", "EPERM", root],
	["a signal to the core", "kill", d.child.pid, "both", "EPERM"],
	["a signal to its thread", "tgkill", d.child.pid, "both", "EPERM"],
	["the core's limits", "limit", d.child.pid, "seccomp", "EPERM"],
	["the core's own socket", "connect", path.join(d.state, "relink.sock"), "seccomp", "EPERM"],
	["a pair that can be pointed elsewhere", "pair", "dgram", "seccomp", "EPERM"],
	["a raw socket", "raw", "", "seccomp", "EPERM", root],
	["a packet socket", "packet", "", "seccomp", "EPERM", root],
	["a family in disguise", "odd_family", "", "seccomp", "EPERM"],
	["a server", "serve", "", "seccomp", "EPERM"],
	["a namespace", "unshare", "", "seccomp", "EPERM", root],
	["another user", "user", "", "seccomp", "EPERM"],
	["faults of memory", "kernel", "", "seccomp", "EPERM", root],
];
const free = (own, file, url) => [
	["keep", own], ["read", file], ["read", "/etc/hosts"], ["read", "/usr/bin/env"], ["read", "/dev/urandom"],
	["write", "/dev/null"], ["read", "/proc/self/statm"], ["raise", ""], ["own_limit", ""], ["pair", "stream"],
	["udp", ""], ["resolve", "localhost"],
];

async function served(story) {
	const server = http.createServer((q, a) => a.end("hello"));
	await new Promise((go) => server.listen(0, "127.0.0.1", go));
	try {
		await story(server.address().port);
	} finally {
		server.closeAllConnections();
		server.close();
	}
}

const inForce = (who) => who === "both" ? has.landlock || has.seccomp : has[who];

before(async () => {
	if (sanitized) return;
	await withProber({}, async (d, probe, { w }) => {
		has = { landlock: /^landlock \d+/.test(w.sandbox), seccomp: /, seccomp/.test(w.sandbox), text: w.sandbox };
		const said = await d.logs(/worker\.ready .*sandbox="([^"]*)"/);
		assert.equal(said[1], w.sandbox);
	});
});

describe("a worker's sandbox", { concurrency: 2, skip }, () => {
	for (const thread of ["", "thread_"])
		test(`refuses what the plugin does not need${thread && ", in a thread too"}`, (t) => withProber({}, async (d, probe, { own }) => {
			for (const [what, verb, arg, who, errno, allowed = true] of forbidden(d, own)) {
				if (!inForce(who) || !allowed) t.diagnostic(`not shown here: ${what} (${has.text})`);
				else assert.equal(await probe(thread + verb, arg), errno, what);
			}
			if (has.seccomp) assert.equal(await probe(thread + "exec", "/not/there"), "EPERM");
		}));

	test("leaves the rest free: its files, names, the network", () => served((port) => withProber({}, async (d, probe, { own, file }) => {
		for (const thread of ["", "thread_"])
			for (const [verb, arg] of free(own, file))
				assert.equal(await probe(thread + verb, arg), "ok", `${thread}${verb} ${arg}`);
		for (const host of ["127.0.0.1", "localhost"]) // the second is looked up in a thread of curl's
			assert.equal(await probe("fetch", `http://${host}:${port}/`), "cause 0, status 200");
	})));

	test("that is off refuses nothing", (t) => withProber({ sandbox: "off" }, async (d, probe, { own, file, w }) => {
		assert.equal(w.sandbox, "off");
		for (const [what, verb, arg, , , allowed = true] of forbidden(d, own)) {
			if (!allowed) t.diagnostic(`not shown here, root only: ${what}`);
			else if (verb !== "odd_family") assert.equal(await probe(verb, arg), "ok", what);
		}
		for (const [verb, arg] of free(own, file)) assert.equal(await probe(verb, arg), "ok", verb);
		assert.equal(await probe("exec", "/not/there"), "ENOENT");
	}));

	test("leaves root its powers over files only", { skip: !root && "not root" }, () => withProber({}, async (d, probe, { w }) => {
		const status = readFileSync(`/proc/${w.pid}/status`, "utf8");
		for (const set of ["CapPrm", "CapEff"]) assert.match(status, new RegExp(`^${set}:\\t0*[0-9a-e]$`, "m"));
		assert.match(status, /^CapInh:\t0+$/m);
	}));

	test("lets a plugin start programs that says it needs to, and no more", () => withProber({ plugin: "prober_programs" }, async (d, probe) => {
		assert.match((await worker(d)).sandbox, /; may start programs$/);
		for (const verb of ["fork", "thread_fork"]) assert.equal(await probe(verb), "ok");
		assert.equal(await probe("spawn", "/bin/true"), "ok");
		if (has.landlock) assert.equal(await probe("read", path.join(d.state, "admin.key")), "EACCES");
		if (has.landlock) assert.equal(await probe("exec", path.join(d.dir, "secret")), "EACCES");
		if (has.seccomp) assert.equal(await probe("connect", path.join(d.state, "relink.sock")), "EPERM");
	}));

	test("lets a plugin see processes that says it needs to, and no more", () => withProber({ plugin: "prober_processes" }, async (d, probe) => {
		assert.match((await worker(d)).sandbox, /; may see processes$/);
		assert.equal(await probe("list", "/proc"), "ok");
		assert.equal(await probe("read", `/proc/${d.child.pid}/cmdline`), "ok");
		assert.equal(await probe("read", `/proc/${d.child.pid}/stat`), "ok");
		if (has.landlock) assert.equal(await probe("read", `/proc/${d.child.pid}/environ`), "EACCES");
		if (has.seccomp) assert.equal(await probe("fork"), "EPERM");
	}));
});

async function held(options, pattern) {
	const d = new Daemon({
		provider: "prober", mock: {}, prefix: options.prefix,
		rate: { plugin: path.join(built, `${options.plugin ?? "prober"}.so`), sandbox: options.sandbox },
	});
	try {
		await d.start();
		const w = await until(async () => {
			const now = await worker(d);
			return now.state === "held" && now;
		}, { explain: async () => JSON.stringify(await worker(d)) });
		assert.match(w.last_death, pattern);
		assert.equal(w.sandbox, null);
		assert.match(d.log, /worker\.held slot=0 provider=prober/);
		await d.stop();
	} catch (e) {
		throw withLog(e, d);
	} finally {
		await d.kill();
	}
}

describe("on a kernel that lacks something", { concurrency: 2, skip }, () => {
	for (const [lacks, other] of [["landlock", "seccomp"], ["seccomp", "landlock"]]) {
		test(`no ${lacks}: auto takes ${other} and says what is missing`, (t) => withProber({ prefix: [without, lacks] }, async (d, probe, { w }) => {
			assert.match(w.sandbox, new RegExp(`no ${lacks} \\(Function not implemented\\)`));
			assert.equal(await probe(lacks === "landlock" ? "read" : "fork", path.join(d.state, "admin.key")), "ok");
			// What two refuse, the one that is left refuses alone (Landlock: signals since version 6).
			const version = Number(/landlock (\d+)/.exec(has.text)?.[1] ?? 0);
			if (lacks === "landlock" ? has.seccomp : version >= 6)
				for (const verb of ["kill", "tgkill", "thread_kill"]) assert.equal(await probe(verb, d.child.pid), "EPERM");
			if (has[other] && root) assert.equal(await probe("trace", d.child.pid), "EPERM");
			if (!has[other]) t.diagnostic(`not shown here: ${other} (${has.text})`);
			else assert.notEqual(await probe(lacks === "landlock" ? "fork" : "read", path.join(d.state, "admin.key")), "ok");
		}));

		test(`no ${lacks}: require refuses`, () => held({ sandbox: "require", prefix: [without, lacks] },
			new RegExp(`^it cannot open its instances: its sandbox is required and the system has no ${lacks} \\(Function not implemented\\); `, "i")));
	}

	test("require is content when nothing is missing", (t) => {
		if (has.landlock && has.seccomp) return withProber({ sandbox: "require" }, async (d, probe) => assert.equal(await probe("fork"), "EPERM"));
		t.diagnostic(`not shown here: ${has.text}`);
	});
});

describe("what cannot be held", { concurrency: 2, skip }, () => {
	test("a plugin whose thread runs already is refused", (t) => {
		if (has.landlock) return held({ plugin: "prober_early", sandbox: "auto" }, /its sandbox cannot be set up: a thread runs already/);
		t.diagnostic(`not shown here: ${has.text}`);
	});

	test("but not without a sandbox", () => withProber({ plugin: "prober_early", sandbox: "off" }, async (d, probe) =>
		assert.equal(await probe("fork"), "ok")));

	test("a file that is replaced is let in by a new worker", (t) => withProber({ worker: { ping_interval: "100ms", ping_misses: 50, restart_window: "100ms" } }, async (d, probe, { own, file, w }) => {
		if (!has.landlock) return t.diagnostic(`not shown here: ${has.text}`);
		const next = path.join(d.dir, "next.pem");
		writeFileSync(next, "PEM 2");
		renameSync(next, file);
		let now;
		await until(async () => (now = await ready(d)).pid !== w.pid);
		assert.deepEqual([now.recycled, now.deaths], [1, 0]);
		assert.match(d.log, /worker\.draining slot=0 .*a file that it may open was replaced/);
		assert.equal(await probe("read", file), "ok");
		// The same for its folder; and one that changes inside is no reason.
		renameSync(own, path.join(d.dir, "old"));
		mkdirSync(own);
		const { pid } = now;
		await until(async () => (now = await ready(d)).pid !== pid);
		assert.equal(await probe("keep", own), "ok");
		const pings = now.pid;
		await new Promise((go) => setTimeout(go, 500));
		assert.equal((await ready(d)).pid, pings);
	}));
});
