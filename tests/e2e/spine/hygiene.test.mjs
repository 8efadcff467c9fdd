// What must not be seen, left open or left behind.

import assert from "node:assert/strict";
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { until, withDaemon } from "../lib/daemon.mjs";

const scans = { mock: { scan_ms: "5ms" } };

const make = (d, id, members) => d.ok("POST", "/v1/accounts", { provider: "mock", id, connect: true, ...members });
const workers = async (d) => (await d.ok("GET", "/v1/workers")).workers.map((w) => w.pid);
const proc = (pid, name) => readFileSync(`/proc/${pid}/${name}`, "utf8");
const words = (pid, name) => proc(pid, name).split("\0").filter(Boolean);
const alive = (pid) => {
	try {
		return !/^State:\s+[ZX]/m.test(proc(pid, "status"));
	} catch {
		return false;
	}
};

// { number: what it is } of a process's descriptors.
function descriptors(pid) {
	const open = {};
	for (const fd of readdirSync(`/proc/${pid}/fd`)) {
		try {
			open[fd] = readlinkSync(`/proc/${pid}/fd/${fd}`);
		} catch {
			// it was closed meanwhile
		}
	}
	return open;
}

// Addresses at which a process listens: "127.0.0.1:8840", or the path of a unix socket.
function listening(pid) {
	const own = new Set(Object.values(descriptors(pid)).map((d) => /^socket:\[(\d+)\]$/.exec(d)?.[1]));
	const table = (name) => proc(pid, `net/${name}`).trim().split("\n").slice(1).map((l) => l.trim().split(/\s+/));
	const ip = ["tcp", "tcp6", "udp", "udp6"].flatMap(table)
		.filter((l) => own.has(l[9]) && (l[3] === "0A" || l[2].endsWith(":0000"))).map((l) => {
			const [host, port] = l[1].split(":");
			return `${host.match(/../g).map((x) => parseInt(x, 16)).reverse().join(".")}:${parseInt(port, 16)}`;
		});
	const unix = table("unix").filter((l) => own.has(l[6]) && parseInt(l[3], 16) & 0x10000).map((l) => l[7]);
	return [...ip, ...unix];
}

// All bytes of all files below a folder.
function everything(dir) {
	return readdirSync(dir, { withFileTypes: true }).map((e) => {
		const file = path.join(dir, e.name);
		return e.isDirectory() ? everything(file) : e.isFile() ? readFileSync(file, "latin1") : "";
	}).join("\n");
}

describe("hygiene", { concurrency: 3 }, () => {
	test("the admin key is in its file and nowhere else", () => withDaemon(
		{ log: { level: "debug" } }, async (d) => {
			const secret = d.key.slice(-43), said = [];
			await make(d, "a");
			await d.reaches("a", "qr_scanning");
			const wrong = d.key.slice(0, -1) + (d.key.endsWith("A") ? "B" : "A");
			for (const [method, url, headers] of [
				["GET", "/v1/accounts", { Authorization: `Bearer ${wrong}` }],
				["GET", "/v1/accounts", { Authorization: `Basic ${d.key}` }],
				["GET", "/v1/accounts", { Authorization: d.key }],
				["GET", `/v1/accounts?key=${d.key}`, {}],
				["GET", `/v1/accounts?api_key=${d.key}`, { Authorization: "Bearer x" }],
			]) {
				const answer = await d.request(method, url, undefined, headers);
				assert.ok(answer.status >= 400, `${method} ${url} is answered ${answer.status}`);
				said.push(JSON.stringify(answer));
			}
			for (const pid of [d.child.pid, ...await workers(d)]) {
				said.push(proc(pid, "cmdline"), proc(pid, "environ"));
			}
			said.push(JSON.stringify(await d.ok("GET", "/v1/accounts/a/timeline")), await d.ok("GET", "/"));
			assert.ok(!said.join("\n").includes(secret), "an answer, argument or environment has it");
			assert.ok(!said.join("\n").includes(wrong.slice(-43)), "a wrong key is not sent back either");
			await d.stop();
			assert.ok(!d.log.includes(secret), "the log has it");
			const files = everything(d.dir);
			assert.equal(files.split(secret).length - 1, 1, "one file has it, once");
		}));

	test("a QR code is given to who asks for it and to nobody else", () => withDaemon(
		{ log: { level: "debug" } }, async (d) => {
			await make(d, "a");
			await d.reaches("a", "qr_scanning");
			const { code } = await d.ok("GET", "/v1/accounts/a/qr");
			assert.match(code, /^2@mock,/);
			const { body } = await d.request("GET", "/v1/accounts/a");
			assert.ok(!JSON.stringify(body).includes(code));
			assert.ok(!JSON.stringify(await d.ok("GET", "/v1/accounts/a/timeline")).includes(code));
			await d.verb("a", "scan");
			await d.reaches("a", "connected");
			await d.stop();
			assert.ok(!d.log.includes(code), "the log has it");
			assert.ok(!everything(d.state).includes(code), "the disk has it");
		}));

	test("nobody else may read the state, whatever the umask", () => withDaemon(
		{ ...scans, prefix: ["sh", "-c", 'umask 0 && exec "$@"', "sh"] }, async (d) => {
			await make(d, "a");
			await d.reaches("a", "connected");
			const modes = Object.fromEntries(readdirSync(d.state).map((f) =>
				[f, (statSync(path.join(d.state, f)).mode & 0o7777).toString(8)]));
			assert.deepEqual(modes, Object.fromEntries(["admin.key", "relink.db", "relink.db-shm", "relink.db-wal",
				"relink.lock", "relink.sock"].map((f) => [f, "600"])));
			assert.equal((statSync(d.state).mode & 0o7777).toString(8), "700");
			assert.deepEqual(readdirSync(d.dir).sort(), ["mock-1", "relink.yaml", "state"], "nothing lies elsewhere");
		}));

	test("a worker has its five descriptors, its own folder, and no secret of the core's", () => withDaemon(
		{ ...scans, env: { RELINK_TOKEN: "secret", AWS_SECRET_ACCESS_KEY: "secret", LD_LIBRARY_PATH: "/nowhere",
			TZ: "UTC", LANG: "C.UTF-8" } }, async (d) => {
			await make(d, "a");
			await d.reaches("a", "connected");
			const [pid] = await workers(d);
			const { 0: stdin, 1: stdout, 2: stderr, 3: link, 4: report, ...rest } = descriptors(pid);
			assert.equal(stdin, "/dev/null");
			for (const pipe of [stdout, stderr]) assert.match(pipe, /^pipe:/);
			assert.match(link, /^socket:/);
			assert.match(report, /^\/memfd:relink-report/);
			const cores = new Set(Object.values(descriptors(d.child.pid)).filter((x) => /^(pipe|socket):/.test(x)));
			for (const [fd, what] of Object.entries(rest)) {
				assert.ok(what.startsWith(path.join(d.dir, "mock-1")) || what === `/proc/${pid}` ||
					/^(anon_inode|pipe):|^\/memfd:relink-plugin/.test(what), `${fd} is ${what}`);
				assert.ok(!cores.has(what), `${fd} is the core's ${what}`);
			}
			const names = words(pid, "environ").map((e) => e.split("=")[0]);
			assert.deepEqual(names.filter((n) => !/^[ALTU]+SAN_OPTIONS$/.test(n)).sort(), ["LANG", "PATH", "RELINK_LIMITS", "TZ"]);
			assert.equal(words(pid, "cmdline")[0], "relink-worker");
			const status = proc(pid, "status");
			assert.match(status, /^NoNewPrivs:\s+1$/m);
			assert.match(proc(pid, "limits"), /^Max core file size\s+0 /m);
		}));

	test("workers do not outlive their core, not even one that hangs", () => withDaemon(
		{ ...scans, instances: 3, workers: 3 }, async (d) => {
			await until(async () => (await d.request("GET", "/readyz")).status === 200);
			const pids = await workers(d);
			assert.ok(pids.every(alive));
			process.kill(pids[1], "SIGSTOP");
			await d.kill();
			await until(() => !pids.some(alive), { seconds: 3, every: 5, explain: () => `${pids.filter(alive)} live on` });
			await d.start();
		}));

	test("nobody listens but the core, and only where it is configured to", () => withDaemon(
		{ ...scans, instances: 2, workers: 2 }, async (d) => {
			await make(d, "a");
			await d.reaches("a", "connected");
			assert.deepEqual(listening(d.child.pid), [`127.0.0.1:${d.port}`, path.join(d.state, "relink.sock")]);
			for (const pid of await workers(d)) assert.deepEqual(listening(pid), []);
		}));
});
