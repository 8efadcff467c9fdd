// The configuration: what is wrong is said with its place, a reload is taken whole or not at all, and
// addresses that others use are left to them.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import path from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { bin, Daemon, fast, folder, until, withDaemon, withLog } from "../lib/daemon.mjs";
import { Judge } from "../lib/judge.mjs";

const etc = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../../etc");

// relinkd with arguments, to its end.
const run = (...args) => new Promise((done) => execFile(path.join(bin, "relinkd"), args,
	(error, stdout, stderr) => done({ code: error ? error.code : 0, stdout, stderr })));

const make = (d, id, members) => d.ok("POST", "/v1/accounts", { provider: "mock", id, ...members });

// Change the file and have it read again; the daemon says that it did, or why not.
async function reload(d, change) {
	const from = d.log.length;
	change(d.config);
	d.writeConfig();
	d.child.kill("SIGHUP");
	return (await d.logs(/ relinkd (conf\.(reloaded|refused) .*)\n/, { from }))[1];
}

function sessionsOf(socketPath) {
	return new Promise((done, failed) => http.get({ socketPath, path: "/v1/accounts", agent: false },
		(answer) => (answer.resume(), done(answer.statusCode))).on("error", failed));
}

describe("checking", { concurrency: 4 }, () => {
	test("the files in etc are right", async () => {
		for (const name of ["relink.yaml", "relink.full.yaml"]) {
			const file = path.join(etc, name);
			assert.deepEqual(await run("--check-config", "--config", file),
				{ code: 0, stdout: `${file}: configuration OK\n`, stderr: "" });
		}
	});

	const wrong = [
		["a misspelt key", "log:\n  leevl: info\n", 2, /log\.leevl: unknown key \(did you mean level\?\)/],
		["a value out of its bounds", "policy:\n  max_attempts: 0\n", 2, /policy\.max_attempts: .*1/],
		["a duration without a unit", "log: {}\npolicy:\n  settle: 30\n", 3, /policy\.settle: "30" is not a duration \(write for example 2s/],
		["a key that stands there twice", "log: {}\nstore: {}\nlog: {}\n", 3, /stands on line 1 already \(keep one\)/],
		["a tab", "log:\n\tlevel: info\n", 2, /indent with spaces, not tabs/],
		["an address for everybody", "http:\n  listen: 0.0.0.0:80\n", 2, /http\.listen: .*allow_remote/],
		["an instance without a name", "providers:\n  mock:\n    instances:\n      - capacity: 3\n", 4, /id/],
		["more workers than instances", "providers:\n  mock:\n    workers: 2\n", 3, /providers\.mock\.workers: /],
	];
	for (const [what, text, line, pattern] of wrong)
		test(`${what} is told with file, line, key and what to write, and nothing is begun`, async () => {
			const d = new Daemon();
			const file = path.join(d.dir, "relink.yaml");
			writeFileSync(file, `${text}state_dir: ${d.state}\n`);
			const check = await run("--check-config", "--config", file);
			assert.deepEqual([check.code, check.stdout], [78, ""]);
			assert.ok(check.stderr.startsWith(`relinkd: ${file}:${line}: `), check.stderr);
			assert.match(check.stderr, pattern);
			assert.equal(check.stderr.trim().split("\n").length, 1, "one sentence");
			assert.deepEqual(await run("--config", file), check, "a start says the same");
			assert.ok(!existsSync(d.state));
		});

	test("a file of a secret that cannot be read is a wrong configuration, before a start and at it", async () => {
		for (const key of ["api_key_file", "webhook_secret_file"]) {
			const d = new Daemon(), file = path.join(d.dir, "relink.yaml"), missing = path.join(d.dir, "none");
			const keys = key === "api_key_file" ? [] : ["api_key: k", "webhook_url: http://127.0.0.1:1/"];
			writeFileSync(file, ["providers: {mock: {instances: [{id: mock-1}]}}", `state_dir: ${d.state}`, "http: {listen: 127.0.0.1:0}",
				"dropin:", ...[...keys, `${key}: ${missing}`].map((line) => `  ${line}`), ""].join("\n"));
			const check = await run("--check-config", "--config", file);
			assert.deepEqual([check.code, check.stdout], [78, ""]);
			assert.equal(check.stderr, `relinkd: "${missing}" (dropin.${key}) cannot be read: No such file or directory\n`);
			const start = await run("--config", file);
			assert.equal(start.code, 78, start.stderr);
			assert.match(start.stderr, /cannot be read/);
		}
	});

	test("a file that is not there or may not be read is told, and so is a word that relinkd does not know", async () => {
		const missing = path.join(folder(), "relink.yaml");
		for (const args of [["--config", missing], ["--check-config", "--config", missing]]) {
			const no = await run(...args);
			assert.equal(no.code, 78);
			assert.ok(no.stderr.startsWith(`relinkd: ${missing}: there is no such configuration file`), no.stderr);
		}
		for (const args of [["--cofnig", "x"], ["start"]]) {
			const no = await run(...args);
			assert.equal(no.code, 64);
			assert.match(no.stderr, /relinkd --help/);
		}
		assert.match((await run("--help")).stdout, /--check-config/);
		assert.match((await run("--version")).stdout, /^relinkd \d+\.\d+\.\d+\n$/);
	});

	test("without a provider the daemon runs, and says what to configure when an account is made", () => withDaemon(
		{ more: { providers: {} } }, async (d) => {
			assert.equal((await d.request("GET", "/readyz")).status, 200);
			assert.deepEqual((await d.ok("GET", "/v1/workers")).workers, []);
			const no = await d.request("POST", "/v1/accounts", { provider: "mock" });
			assert.equal(no.status, 422);
			assert.equal(no.body.code, "provider_not_found");
			assert.ok(no.body.detail.includes(`add it under "providers" in ${d.file}`), no.body.detail);
		}));
});

describe("reload", { concurrency: 4 }, () => {
	test("a new QR deadline holds for the next QR code, without a restart", () => withDaemon(
		{ policy: { qr_deadline: "1m" } }, async (d) => {
			await make(d, "a", { connect: true });
			const left = (a) => Date.parse(a.qr.deadline_at) - Date.now();
			assert.ok(left(await d.reaches("a", "qr_scanning")) > 50000);
			const { pid } = (await d.ok("GET", "/v1/workers")).workers[0];
			assert.match(await reload(d, (c) => (c.policy.qr_deadline = "300ms")), /^conf\.reloaded /);
			await make(d, "b", { connect: true });
			const b = await d.reaches("b", "disconnected", 5);
			assert.equal(b.reason.cause, "qr_expired");
			assert.ok(left(await d.account("a")) > 40000, "what runs already keeps its deadline");
			assert.equal((await d.ok("GET", "/v1/workers")).workers[0].pid, pid);
		}));

	test("a new number of starts at once lets those in who wait", () => withDaemon(
		{ instance: { concurrent_starts: 1 }, mock: { qr_ms: "1h" }, policy: { start_deadline: "1m" } }, async (d) => {
			for (const id of ["a", "b", "c"]) await make(d, id, { connect: true });
			const phases = async () => (await d.accounts()).map((a) => a.phase);
			await until(async () => (await phases()).includes("starting"));
			assert.deepEqual(await phases(), ["starting", "queued", "queued"]);
			const change = (c) => (c.providers.mock.instances[0].concurrent_starts = 2);
			assert.match(await reload(d, change), /^conf\.reloaded /);
			await until(async () => (await phases())[1] === "starting");
			assert.deepEqual(await phases(), ["starting", "starting", "queued"]);
		}));

	test("a new log level holds at once, for all or for one subsystem", () => withDaemon({ errors: /worker\.died/ }, async (d) => {
		await make(d, "a", { connect: true });
		await d.reaches("a", "qr_scanning");
		assert.doesNotMatch(d.log, / debug /);
		await reload(d, (c) => (c.log = { level: "warn", levels: { engine: "debug", conf: "info" } }));
		const from = d.log.length;
		await d.verb("a", "scan");
		await d.logs(/ debug relinkd account\.step /, { from });
		await d.reaches("a", "connected");
		const { workers } = await d.ok("GET", "/v1/workers");
		process.kill(workers[0].pid, "SIGTERM");
		await d.logs(/ error relinkd worker\.died /, { from });
		await until(async () => (await d.ok("GET", "/v1/workers")).workers[0].state === "ready");
		assert.doesNotMatch(d.log.slice(from), / worker\.(spawned|ready)/, "proc tells warnings only");
	}));

	test("a bad file is refused with its place, and what was in force stays so", () => withDaemon(
		{ errors: /conf\.refused/, policy: { qr_deadline: "1m" } }, async (d) => {
			const good = readFileSync(d.file, "utf8");
			const said = await reload(d, (c) => {
				c.policy.qr_deadline = "300ms";
				c.policy.settel = "1s";
			});
			const line = readFileSync(d.file, "utf8").split("\n").findIndex((l) => /settel/.test(l)) + 1;
			assert.ok(said.includes(`relink.yaml:${line}: policy.settel: unknown key (did you mean settle?)`), said);
			assert.match(said, /the configuration from before stays in force/);
			await make(d, "a", { connect: true });
			const a = await d.reaches("a", "qr_scanning");
			assert.ok(Date.parse(a.qr.deadline_at) - Date.now() > 50000);

			rmSync(d.file);
			const from = d.log.length;
			d.child.kill("SIGHUP");
			await d.logs(/conf\.refused .*there is no such configuration file/, { from });
			writeFileSync(d.file, good);
			d.child.kill("SIGHUP");
			await d.logs(/conf\.reloaded/, { from });
			assert.equal((await d.account("a")).status, "qr_scanning");
		}));

	test("a key that needs a restart refuses the whole reload, and says so", () => withDaemon(
		{ errors: /conf\.refused/, policy: { qr_deadline: "1m" } }, async (d) => {
			const cases = [
				[(c) => (c.http.header_timeout = "7s"), /http\.header_timeout changed from .*10s.* to .*7s/],
				[(c) => (c.providers.mock.instances[0].config.qr_ms = "9s"), /providers\.mock\.instances\[mock-1\]\.config changed/],
				[(c) => c.providers.mock.instances.push({ id: "mock-2" }), /providers\.mock\.instances: .*mock-2.* was added/],
				[(c) => (c.state_dir = `${d.state}2`), /state_dir changed/],
			];
			for (const [change, pattern] of cases) {
				const before = structuredClone(d.config);
				const said = await reload(d, (c) => {
					c.policy.qr_deadline = "300ms";
					change(c);
				});
				assert.match(said, pattern);
				assert.match(said, /restart relinkd, or undo the change/);
				d.config = before;
			}
			await make(d, "a", { connect: true });
			const a = await d.reaches("a", "qr_scanning");
			assert.ok(Date.parse(a.qr.deadline_at) - Date.now() > 50000, "no part of it was taken");
		}));
});

// A daemon with account `a`, connected; `restart` gives it other providers.
async function withConnected(story) {
	const d = new Daemon({ mock: { ...fast, scan_ms: "5ms" } });
	const restart = async (providers) => {
		assert.equal((await d.stop()).code, 0);
		d.config.providers = providers;
		d.writeConfig();
		await d.start();
	};
	try {
		await d.start();
		await make(d, "a", { connect: true });
		await story(d, await d.reaches("a", "connected"), d.config.providers.mock, restart);
		assert.equal((await d.stop()).code, 0);
	} catch (e) {
		throw withLog(e, d);
	} finally {
		await d.kill();
	}
}

// The provider was asked for its sessions often enough to believe that one is nobody's, and to end it.
async function watched(d) {
	const { lists } = new Judge(d.journals());
	await until(() => new Judge(d.journals()).lists >= lists + 6);
}

describe("an account whose provider is not configured any more", { concurrency: 4 }, () => {
	const renamed = (mock, names) => ({ ...mock, plugin: "mock",
		instances: mock.instances.map((i, n) => ({ ...i, id: names[n] })) });
	const without = {
		"is removed": () => ({}),
		"has another name": (mock) => ({ moved: renamed(mock, ["mock-1"]) }),
		"has another name and instance": (mock) => ({ moved: renamed(mock, ["moved-1"]) }),
		"has another instance": (mock) => ({ mock: renamed(mock, ["moved-1"]) }),
	};
	for (const [how, providers] of Object.entries(without))
		test(`is left alone, and so is its session, until it is configured again: the provider ${how}`, () => withConnected(
			async (d, up, mock, restart) => {
				await restart(providers(mock));
				await d.logs(/ warn +relinkd account\.unconfigured account=a /);
				if (how !== "is removed") await watched(d);
				assert.equal(new Judge(d.journals()).liveAt("a").length, 1, "its session lives");
				assert.equal((await d.account("a")).session_id, up.session_id);
				for (const verb of ["connect", "reconnect", "disconnect"]) {
					const no = await d.request("POST", `/v1/accounts/a/${verb}`);
					assert.equal(no.status, 503);
					assert.equal(no.body.code, "provider_unavailable");
					assert.match(no.body.detail, /add it to the configuration again/);
				}
				await restart({ mock });
				const again = await until(async () => {
					const a = await d.account("a");
					return !a.checking && a;
				});
				assert.deepEqual([again.status, again.session_id], ["connected", up.session_id]);
				assert.equal(new Judge(d.journals()).lives.length, 1, "it was not started again");
			}));

	test("can be deleted, and its session ends when the provider is back", () => withConnected(
		async (d, up, mock, restart) => {
			await restart({});
			assert.equal((await d.request("DELETE", "/v1/accounts/a")).status, 204);
			assert.equal((await d.request("GET", "/v1/accounts/a")).status, 404);
			assert.equal(new Judge(d.journals()).liveAt("a").length, 1);
			await restart({});
			assert.deepEqual(await d.accounts(), [], "it stays deleted");
			await restart({ mock });
			await until(() => new Judge(d.journals()).liveAt("a").length === 0, { seconds: 5,
				explain: () => "its session lives on, and nobody knows it" });
			assert.deepEqual(await d.accounts(), []);
			await make(d, "a", { connect: true });
			assert.notEqual((await d.reaches("a", "connected")).session_id, up.session_id);
			assert.equal(new Judge(d.journals()).liveAt("a").length, 1);
		}));
});

describe("addresses", { concurrency: 4 }, () => {
	test("a port that is in use is refused with what to do, and a free one works then", async () => {
		const other = net.createServer();
		await new Promise((done) => other.listen(0, "127.0.0.1", done));
		const listen = `127.0.0.1:${other.address().port}`;
		const d = new Daemon({ mock: fast, more: { http: { listen } } });
		try {
			const end = await d.refused();
			assert.notEqual(end.code, 0);
			assert.equal(end.signal, null, end.said);
			assert.match(end.said, /app\.not_started why="127\.0\.0\.1:\d+ is in use by another program: stop that, or choose another"/);
			await new Promise((done) => other.close(done));
			await d.start();
			assert.equal(`127.0.0.1:${d.port}`, listen);
			await make(d, "a", { connect: true });
			await d.reaches("a", "qr_scanning");
			assert.equal((await d.stop()).code, 0);
		} finally {
			await d.kill();
			other.close();
		}
	});

	test("the unix socket of a dead daemon is replaced, that of a living one is not, nor is a file", async () => {
		const socket = path.join(folder(), "api.sock");
		const more = { http: { listen: "127.0.0.1:0", socket } };
		const first = new Daemon({ mock: fast, more }), second = new Daemon({ mock: fast, more });
		try {
			await first.start();
			await first.kill();
			assert.ok(existsSync(socket));
			await second.start();
			assert.equal(await sessionsOf(socket), 200);

			const end = await first.refused();
			assert.notEqual(end.code, 0);
			assert.equal(end.signal, null, end.said);
			assert.ok(end.said.includes(`another process listens at \\"${socket}\\": stop that first`), end.said);
			assert.equal(await sessionsOf(socket), 200, "it is still the second's");
			assert.equal((await second.stop()).code, 0);
			assert.ok(!existsSync(socket), "who stops in good order takes it away");

			writeFileSync(socket, "precious");
			const no = await first.refused();
			assert.match(no.said, /is there and not a socket: remove it/);
			assert.equal(readFileSync(socket, "utf8"), "precious");
		} finally {
			await Promise.all([first.kill(), second.kill()]);
		}
	});
});
