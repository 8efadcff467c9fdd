// The state directory: one owner, no surprise about what is in it, and a disk that gets full.

import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import {
	chmodSync, chownSync, closeSync, copyFileSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync,
	statSync, symlinkSync, truncateSync, unlinkSync, writeFileSync, writeSync,
} from "node:fs";
import http from "node:http";
import path from "node:path";
import { describe, test } from "node:test";
import { bin, Daemon, fast, until, withDaemon } from "../lib/daemon.mjs";
import { withSmallDisk } from "../lib/disk.mjs";
import { Stream } from "../lib/events.mjs";
import { Judge } from "../lib/judge.mjs";

const root = process.getuid() === 0;
const nobody = 65534;

// Every file of a directory and what is in it; the lock tells who took it last, so not that.
function contents(dir) {
	const files = readdirSync(dir).filter((f) => f !== "relink.lock" && statSync(path.join(dir, f)).isFile());
	return Object.fromEntries(files.sort().map((f) =>
		[f, createHash("sha256").update(readFileSync(path.join(dir, f))).digest("hex")]));
}

// A state directory with something in it, and nobody there.
async function used(members = {}) {
	const d = new Daemon({ mock: { ...fast, scan_ms: "5ms" }, ...members });
	await d.start();
	await d.ok("POST", "/v1/accounts", { provider: "mock", id: "shop", label: "a label to find", connect: true });
	await d.reaches("shop", "connected");
	assert.equal((await d.stop()).code, 0);
	return d;
}

// It must not start, say why in one line that has all of `patterns`, and leave everything as it is.
async function refuses(d, code, ...patterns) {
	const before = existsSync(d.state) && statSync(d.state).isDirectory() ? contents(d.state) : undefined;
	const end = await d.refused();
	assert.deepEqual([end.code, end.signal], [code, null], end.said);
	const line = end.said.split("\n").find((l) => /app\.not_started/.test(l));
	for (const p of patterns) assert.match(line ?? "", p);
	assert.equal(end.said.trim().split("\n").filter((l) => /^\S+ error /.test(l)).length, 1, end.said);
	if (before !== undefined) assert.deepEqual(contents(d.state), before, "nothing was changed");
}

describe("one owner", { concurrency: 2 }, () => {
	test("a second relinkd on the same directory ends by itself, names the first and changes nothing", () =>
		withDaemon({}, async (d) => {
			await d.ok("POST", "/v1/accounts", { provider: "mock", id: "a" });
			const second = new Daemon({ dir: d.dir });
			await refuses(second, 75, new RegExp(`pid ${d.child.pid}\\b`), /stop it or use another state_dir/);
			assert.equal((await d.account("a")).id, "a");
			assert.equal(await new Promise((done) => {
				const s = new Stream(d);
				s.open({ socket: path.join(d.state, "relink.sock") }).then((status) => (s.close(), done(status)));
			}), 200, "its socket is still its own");
		}));

	for (const [how, prepare] of [
		["an empty directory", (d) => mkdirSync(d.state, { mode: 0o700 })],
		["a directory that is not there", () => {}],
		["the directory of one that was killed", async (d) => {
			await d.start();
			await d.ok("POST", "/v1/accounts", { provider: "mock", id: "kept" });
			await d.kill();
		}],
	])
		test(`of twenty that start at once on ${how} exactly one wins`, async () => {
			const first = new Daemon({ mock: fast });
			await prepare(first);
			const all = Array.from({ length: 20 }, () => new Daemon({ mock: fast, dir: first.dir }));
			const ends = await Promise.all(all.map((d) => d.start().then(() => undefined, (e) => e)));
			try {
				const winners = all.filter((_, i) => ends[i] === undefined);
				assert.equal(winners.length, 1, ends.map((e) => e?.message).join("\n"));
				for (const e of ends.filter(Boolean)) {
					assert.equal(e.code, 75, e.message);
					assert.match(e.message, /another relinkd/);
				}
				await winners[0].ok("POST", "/v1/accounts", { provider: "mock", id: "a" });
				if (how.includes("killed")) assert.equal((await winners[0].account("kept")).id, "kept");
				assert.equal((await winners[0].stop()).code, 0);
			} finally {
				await Promise.all(all.map((d) => d.kill()));
			}
		});
});

describe("what is found in the directory", { concurrency: 4 }, () => {
	test("a database of a newer Relink is refused with the remedy, and not touched", async () => {
		const d = await used();
		const file = path.join(d.state, "relink.db"), bytes = readFileSync(file);
		bytes.writeUInt32BE(bytes.readUInt32BE(60) + 1, 60); // user_version in SQLite's header
		writeFileSync(file, bytes);
		await refuses(d, 65, /newer Relink/, /install that version or restore a backup/, /relink\.db/);
		bytes.writeUInt32BE(bytes.readUInt32BE(60) - 1, 60);
		writeFileSync(file, bytes);
		await d.start();
		assert.equal((await d.reaches("shop", "connected")).label, "a label to find");
		await d.stop();
		assert.equal(new Judge(d.journals()).lives.length, 1);
	});

	const damages = {
		"is cut in half": (file) => truncateSync(file, statSync(file).size / 2),
		"is empty": (file) => truncateSync(file, 0),
		"is no database": (file) => writeFileSync(file, "it was here a moment ago\n".repeat(1000)),
		"has a page of noise": (file) => {
			const fd = openSync(file, "r+");
			writeSync(fd, Buffer.alloc(4096, 0xa5), 0, 4096, 4096 * 2);
			closeSync(fd);
		},
		"had a value changed": (file) => {
			const bytes = readFileSync(file), at = bytes.indexOf("a label to find");
			assert.ok(at > 0);
			bytes.write("A", at);
			writeFileSync(file, bytes);
		},
		"is a database of somebody else": (file) => {
			const bytes = readFileSync(file);
			bytes.writeUInt32BE(0x12345678, 68); // application_id
			writeFileSync(file, bytes);
		},
		"is missing beside its log": (file) => {
			copyFileSync(file, `${file}-wal`);
			unlinkSync(file);
		},
		"is a directory": (file) => {
			unlinkSync(file);
			mkdirSync(file);
		},
	};
	for (const [how, damage] of Object.entries(damages))
		test(`a database that ${how} is refused with the remedy, and not touched`, async () => {
			const d = await used();
			damage(path.join(d.state, "relink.db"));
			if (how === "is a directory") await refuses(d, 71, /relink\.db/);
			else await refuses(d, 65, /relink\.db/, /restore a backup|put the database back/);
		});

	test("a directory that cannot be used is refused with what to do", async () => {
		const cases = [
			[71, /cannot make the state directory/, (d) => (d.config.state_dir = path.join(d.dir, "no/such/parent"))],
			[71, /cannot make the state directory/, (d) => writeFileSync(d.state, "")],
			[78, /run .*chmod o-w /, (d) => {
				mkdirSync(d.state);
				chmodSync(d.state, 0o777);
			}],
			[71, /relink\.lock.*daemon's user/, (d) => {
				mkdirSync(d.state);
				symlinkSync("/dev/null", path.join(d.state, "relink.lock"));
			}],
		];
		for (const [code, pattern, prepare] of cases) {
			const d = new Daemon();
			prepare(d);
			d.writeConfig();
			await refuses(d, code, pattern);
		}
	});

	// root may write everywhere, so another user is needed; else the mode is enough
	test("a directory that the user may not write or read is refused with what to do", async () => {
		for (const [mode, pattern] of [[0o500, /relink\.lock.*daemon's user/], [0o000, /relink\.lock.*daemon's user/]]) {
			const d = new Daemon();
			mkdirSync(d.state);
			if (root) {
				// the tree may lie in a folder of root's own
				d.command = [path.join(d.dir, "relinkd")];
				copyFileSync(path.join(bin, "relinkd"), d.command[0]);
				chmodSync(d.dir, 0o755);
				d.as = { uid: nobody, gid: nobody, cwd: "/" };
				chownSync(d.state, nobody, nobody);
			}
			chmodSync(d.state, mode);
			const end = await d.refused();
			chmodSync(d.state, 0o700);
			assert.equal(end.code, 71, end.said);
			assert.match(end.said, pattern);
			assert.deepEqual(readdirSync(d.state), []);
		}
	});

	test("an admin key that others can read, or that is none, is refused with what to do", async () => {
		const cases = [
			["others can read", /chmod 600 it if nobody has/, (file) => chmodSync(file, 0o640)],
			["is empty", /remove it and a new one is made/, (file) => writeFileSync(file, "")],
			["is another text", /remove it and a new one is made/, (file) => writeFileSync(file, "secret\n")],
			["is a link", /admin\.key/, (file) => {
				copyFileSync(file, `${file}.elsewhere`);
				unlinkSync(file);
				symlinkSync(`${file}.elsewhere`, file);
			}],
		];
		if (root) cases.push(["is another's", /chown it/, (file) => chownSync(file, nobody, nobody)]);
		const d = await used();
		const file = path.join(d.state, "admin.key"), key = readFileSync(file);
		for (const [how, pattern, spoil] of cases) {
			spoil(file);
			const end = await d.refused();
			assert.equal(end.code, 71, `${how}: ${end.said}`);
			assert.match(end.said, pattern, how);
			assert.ok(!end.said.includes(key.toString().trim().slice(-43)), `${how}: the log has the key`);
			rmSync(file);
			writeFileSync(file, key, { mode: 0o600 });
		}
		unlinkSync(file);
		await d.start();
		assert.notEqual(d.key, key.toString().trim(), "a new key is made for one that was removed");
		assert.equal((await d.reaches("shop", "connected")).id, "shop");
		assert.equal((await d.stop()).code, 0);
		assert.equal(new Judge(d.journals()).lives.length, 1);
	});
});

const make = (d, id, members) => d.ok("POST", "/v1/accounts", { provider: "mock", id, ...members });
const scans = { mock: { scan_ms: "5ms" } };
const creates = (d) => new Judge(d.journals()).lines.filter((l) => l.verb === "create").length;

// The provider was asked for its sessions three more times.
async function watched(d) {
	const { lists } = new Judge(d.journals());
	await until(() => new Judge(d.journals()).lists >= lists + 3);
}

describe("a full disk", { concurrency: 2 }, () => {
	test("commands are refused with the remedy, reads go on, no session is started; then all is carried out", (t) =>
		withSmallDisk(t, scans, async (d, disk) => {
			await d.start();
			await make(d, "up", { connect: true });
			// comes down by itself while the disk is full
			await make(d, "down", { connect: true,
				metadata: { mock: { drop: { after_ms: 1500, cause: "engine_crash", times: 1 } } } });
			for (const id of ["accepted", "refused"]) await make(d, id);
			const up = await d.reaches("up", "connected");
			await d.reaches("down", "connected");
			const last = (await d.ok("GET", "/v1/accounts/down/timeline")).entries[0].seq;
			disk.fill();
			const before = creates(d);
			d.patience = 3000; // a refusal does not wait for the disk

			const key = { "Idempotency-Key": randomUUID() };
			const connect = () => d.request("POST", "/v1/accounts/accepted/connect", undefined, key);
			const first = await connect();
			assert.equal(first.status, 507);
			assert.match(first.headers["content-type"], /^application\/problem\+json/);
			assert.equal(first.body.code, "disk_full");
			assert.match(first.body.detail, /will be carried out when there is room/);
			for (const [method, url, body] of [
				["POST", "/v1/accounts/refused/connect"], ["POST", "/v1/accounts", { provider: "mock", id: "new" }],
				["PATCH", "/v1/accounts/up", { label: "x" }], ["DELETE", "/v1/accounts/up"],
			]) {
				const no = await d.request(method, url, body);
				assert.equal(no.status, 507, `${method} ${url}: ${JSON.stringify(no.body)}`);
				assert.equal(no.body.code, "disk_full");
				assert.match(no.body.detail, /the disk is full; free some space/);
			}
			const early = await connect();
			assert.ok(["idempotency_in_progress", "disk_full"].includes(early.body.code),
				`it is accepted, and not done yet: ${JSON.stringify(early.body)}`);

			assert.equal((await d.request("GET", "/healthz")).status, 200);
			const ready = await d.request("GET", "/readyz");
			assert.equal(ready.status, 503);
			assert.match(ready.body.detail, /the disk is full; free some space/);
			assert.equal((await d.accounts()).length, 4);
			assert.equal((await d.account("up")).status, "connected");
			const s = new Stream(d);
			await s.open({ query: "?after=0" });
			await s.reaches(last);
			s.close();
			await until(() => new Judge(d.journals()).liveAt("down").length === 0, { explain: () => "it did not drop" });
			await watched(d);
			assert.equal(creates(d), before, "no session is started that could not be written down");
			await d.logs(/^\S+ error relinkd store\.waiting .*disk is full/m);

			disk.free();
			d.patience = 60000;
			await d.reaches("accepted", "connected");
			const back = await d.reaches("down", "connected");
			assert.equal(back.generation, 2);
			await d.logs(/store\.recovered/);
			assert.equal((await d.account("refused")).status, "new", "what was refused is not done later");
			assert.equal((await d.request("GET", "/v1/accounts/new")).status, 404);
			const again = await connect();
			assert.equal(again.status, 202);
			assert.equal(again.headers["idempotency-replayed"], "true");
			assert.deepEqual(await d.account("up"), up);
			assert.equal((await d.request("GET", "/readyz")).status, 200);
			assert.equal(new Judge(d.journals()).livesOf("accepted").length, 1);
			assert.equal((await d.stop()).code, 0);
		}));

	// Hundreds of requests come at once when the disk is full.  Those without a key make the first commit,
	// so large that the others, which are looked up first, come into a second one before it has failed.
	// When there is room again the first is done well before the second, and clients repeat all the time.
	test("what was answered with disk_full is done once or not at all, as the answer said, however soon it is repeated", (t) =>
		withSmallDisk(t, { ...scans, size: "16m", more: { store: { commit_window: 0 } } }, async (d, disk) => {
			const wishes = Array.from({ length: 400 }, (_, i) => ({ label: `wish ${i}`, key: i < 100 ? undefined : randomUUID() }));
			const metadata = { ballast: "x".repeat(4000) };
			let accepted = 0;
			// how many accounts it must have made: one or, when it was refused for good, none
			const send = async ({ label, key }) => {
				for (;;) {
					const made = await d.request("POST", "/v1/accounts", { provider: "mock", label, metadata },
						key && { "Idempotency-Key": key });
					if (made.status === 201) return 1;
					assert.ok([507, 409].includes(made.status), JSON.stringify(made.body));
					const willBe = /will be carried out/.test(made.body.detail);
					accepted += willBe;
					if (key === undefined) return willBe ? 1 : 0;
				}
			};
			await d.start();
			d.agent = new http.Agent({ keepAlive: true, maxFreeSockets: wishes.length });
			await Promise.all(wishes.map(() => d.request("GET", "/healthz"))); // a connection for each
			disk.fill();
			d.child.kill("SIGSTOP");
			const clients = wishes.map(send);
			await new Promise((sent) => setImmediate(sent));
			d.child.kill("SIGCONT");
			await until(async () => (await d.request("GET", "/readyz")).status === 503);
			disk.free();
			const expected = await Promise.all(clients);
			d.agent.destroy();
			d.agent = false;
			await make(d, "last"); // so all before it is done
			const made = (await d.accounts()).map((a) => a.label);
			t.diagnostic(`${accepted} were accepted while the disk was full`);
			for (const [i, { label }] of wishes.entries())
				assert.equal(made.filter((l) => l === label).length, expected[i], label);
			assert.ok(accepted > 0);
			assert.equal((await d.stop()).code, 0);
		}));

	test("a core that is killed while the disk is full loses nothing that was durable", (t) =>
		withSmallDisk(t, scans, async (d, disk) => {
			await d.start();
			for (const id of ["a", "b"]) await make(d, id, { connect: true });
			const before = [await d.reaches("a", "connected"), await d.reaches("b", "connected")];
			disk.fill();
			await until(async () => (await d.request("POST", "/v1/accounts/a/reconnect")).status === 507);
			const n = creates(d);
			await d.kill();

			const end = await d.refused();
			assert.equal(end.code, 71, end.said);
			assert.match(end.said, /the disk is full; free some space, nothing is lost/);
			disk.free();
			await d.start();
			for (const old of before) {
				const now = await until(async () => {
					const a = await d.account(old.id);
					return a.status === "connected" && !a.checking && a;
				});
				assert.equal(now.session_id, old.session_id);
			}
			assert.equal(creates(d), n, "they are adopted, not started again");
			assert.equal((await d.stop()).code, 0);
		}));

	test("a daemon with a full disk still stops when it is told to", (t) =>
		withSmallDisk(t, { ...scans, worker: { stop_timeout: "1s" } }, async (d, disk) => {
			await d.start();
			await make(d, "a");
			disk.fill();
			let n = 0; // what changes nothing is not written
			await until(async () => (await d.request("PATCH", "/v1/accounts/a", { label: `x${n++}` })).status === 507);
			const from = performance.now();
			d.child.kill("SIGTERM");
			const end = await Promise.race([d.exited, until(() => performance.now() - from > 5000, { every: 100 })]);
			assert.notEqual(end, true, `it did not end within 5 s\n${d.log}`);
			disk.free();
			await d.start();
			assert.equal((await d.account("a")).id, "a");
		}));

	test("a first start on a full disk says so, and the next one is a first start again", (t) =>
		withSmallDisk(t, scans, async (d, disk) => {
			disk.fill();
			const end = await d.refused();
			assert.equal(end.code, 71, end.said);
			assert.match(end.said, /disk is full|No space left/);
			disk.free();
			await d.start();
			await make(d, "a", { connect: true });
			await d.reaches("a", "connected");
			assert.equal((await d.stop()).code, 0);
		}));
});
