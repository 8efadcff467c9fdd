// The recording: what the policy decided in a daemon is what it decides in a replay, whatever happened to
// that daemon or to the disk.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { bin, Daemon, fast, folder, pooled, until, withDaemon } from "../lib/daemon.mjs";
import { withSmallDisk } from "../lib/disk.mjs";

// Its exit status and what it says, one object a line.
function replay(...words) {
	try {
		return { code: 0, ...said(execFileSync(path.join(bin, "relink-replay"), ["--json", ...words], { maxBuffer: 1 << 28 })) };
	} catch (e) {
		if (typeof e.status !== "number") throw e;
		return { code: e.status, ...said(e.stdout) };
	}
}

function said(text) {
	const lines = String(text).trim().split("\n").filter(Boolean).map((l) => JSON.parse(l));
	return { lines, summary: lines.findLast((l) => l.type === "summary") };
}

const mock = { ...fast, scan_ms: "5ms" };
const drops = { mock: { drop: { after_ms: 60, cause: "engine_crash", times: 3 } } };

async function storm(d, names) {
	await pooled(names, 8, async (id) => {
		await d.ok("POST", "/v1/accounts", { provider: "mock", id, label: `label of ${id}`, metadata: drops, connect: true });
	});
	await pooled(names, 8, (id) => d.reaches(id, "connected"));
	await pooled(names, 8, async (id) => {
		await d.ok("PATCH", `/v1/accounts/${id}`, { priority: "high" });
		await d.ok("POST", `/v1/accounts/${id}/reconnect`);
	});
}

// Where the value of the first effect of the step at `at` lies; the format is that of core/record/pack.h.
function firstEffect(bytes, at) {
	const number = () => {
		for (let v = 0n, shift = 0n; ; shift += 7n) {
			const byte = BigInt(bytes[at++]);
			v |= (byte & 0x7fn) << shift;
			if (byte < 0x80n) return v;
		}
	};
	const bits = (set) => set.toString(2).replaceAll("0", "").length;
	number(); // length
	assert.equal(String.fromCharCode(bytes[at++]), "S");
	for (let i = 0; i < 3; i++) number(); // row, policy, digest
	for (let n = bits(number()); n > 0; n--) number();
	assert.ok(number() > 0n, "the step has an effect");
	return at;
}

describe("recording", { concurrency: 3 }, () => {
	test("a storm with a kill in its middle replays the same; a byte changed in an effect is noticed", async () => {
		const dir = folder(), file = path.join(dir, "inbox"), d = new Daemon({ dir, mock, instances: 2, workers: 2, more: { record: { file } } });
		const names = Array.from({ length: 24 }, (_, i) => `customer-${i}`);
		await d.start();
		await storm(d, names);
		await d.kill();
		await d.start();
		await pooled(names, 8, (id) => d.reaches(id, "connected"));
		await pooled(names.slice(0, 8), 8, (id) => d.ok("DELETE", `/v1/accounts/${id}`));
		assert.equal((await d.stop()).code, 0);

		const same = replay("--print", file);
		assert.equal(same.code, 0, JSON.stringify(same.lines.filter((l) => l.type !== "step").slice(0, 3)));
		assert.equal(same.summary.identical, true);
		assert.equal(same.lines.filter((l) => l.type === "part").length, 2, "one part for each life of the daemon");
		assert.equal(same.summary.gaps, 0);
		const steps = same.lines.filter((l) => l.type === "step");
		assert.ok(steps.length > names.length * 8, `${steps.length} steps`);
		for (const word of ["connect", "permit", "up", "down", "reconnect", "delete"])
			assert.ok(steps.some((s) => new RegExp(`: [a-z]+, ${word}\\b`).test(s.text)), word);
		assert.equal(new Set(steps.map((s) => s.row)).size, names.length);

		const bytes = readFileSync(file);
		assert.equal(statSync(file).mode & 0o777, 0o600);
		assert.equal(bytes.includes("customer"), false, "neither ids nor labels");

		const one = steps.find((s) => s.effects.mint);
		bytes[firstEffect(bytes, one.byte)] ^= 2;
		const changed = path.join(dir, "changed");
		writeFileSync(changed, bytes);
		const other = replay(changed);
		assert.equal(other.code, 1);
		const found = other.lines.find((l) => l.type === "difference");
		assert.deepEqual([found.byte, found.differences.map((x) => [x.of, x.was ^ x.is])], [one.byte, [["effects", 2]]]);
		assert.equal(replay("--account", String(one.row + 1), changed).code, 0, "the others are as they were");
	});

	// What decides besides the event: the policy's numbers, an incident, a pause, what was lost lately.
	test("an incident, a pause, a flapping account and a chosen cause replay the same, and are told", async () => {
		const dir = folder(), file = path.join(dir, "inbox"), d = new Daemon({ dir, mock, more: { record: { file, ids: true } },
			policy: { max_attempts: 3, slow_first: "200ms", causes: { banned: "slow" },
				flap_losses: 2, flap_window: "1h", flap_wait: "100ms", flap_stable: "1h" } });
		const names = Array.from({ length: 30 }, (_, i) => `a${i}`);
		const all = (wanted) => until(async () => (await d.accounts()).every(wanted), { seconds: 60, every: 50 });
		const up = (a) => a.status === "connected" && !a.checking;
		const lost = async (id, cause) => {
			const { generation } = await d.account(id);
			await d.verb(id, "drop", { cause });
			await until(async () => (await d.account(id)).generation > generation);
			await d.reaches(id, "connected");
		};
		await d.start();
		await pooled(names, 10, (id) => d.ok("POST", "/v1/accounts", { provider: "mock", id, connect: true }));
		await all(up);
		await lost("a0", "engine_crash");
		await lost("a0", "engine_crash");
		assert.equal((await d.account("a0")).flapping, true);
		await lost("a1", "banned"); // in a daemon that nobody told otherwise it would be held
		await d.ok("PUT", "/v1/pauses/account/a2", { reason: "by hand" });
		await d.verb("a2", "drop", { cause: "engine_crash" });
		await until(async () => !up(await d.account("a2")));
		await d.ok("DELETE", "/v1/pauses/account/a2");
		await d.reaches("a2", "connected");
		await d.verb("a0", "behave", { scope: "instance", create: { fail: "client_outdated" } });
		await d.verb("a0", "drop", { scope: "instance", cause: "engine_crash", how: "down" });
		await until(async () => (await d.ok("GET", "/v1/incidents")).incidents.some((i) => i.failed_rounds > 0), { seconds: 30 });
		await d.verb("a0", "behave", { scope: "instance", create: { fail: null } });
		await all(up);
		assert.equal((await d.stop()).code, 0);

		const same = replay("--print", file);
		assert.equal(same.code, 0, JSON.stringify(same.lines.filter((l) => l.type !== "step").slice(0, 3)));
		assert.equal(same.summary.identical, true);
		const steps = same.lines.filter((l) => l.type === "step");
		for (const [id, pattern] of [
			["a0", /; flap\.step: 2\b/], ["a1", /; status: reconnecting; cause: banned/], ["a2", /, hands off/],
			["a3", /cause client_outdated, brake soft/],
		])
			assert.ok(steps.some((s) => (s.account === id || id === "a3") && pattern.test(s.text)),
				`${id} ${pattern}: ${steps.filter((s) => s.account === id).map((s) => s.text).join("\n")}`);
	});

	test("a test made of one account's steps replays the same", () =>
		withDaemon({ mock }, async (d) => {
			const file = path.join(d.dir, "inbox"), out = path.join(d.dir, "one.rec");
			d.config.record = { file, ids: true };
			d.writeConfig();
			d.child.kill("SIGHUP");
			await d.logs(/record\.began/);
			await storm(d, ["customer-1", "customer-2"]);
			await until(() => replay(file).summary?.steps > 10);
			const steps = replay("--print", file).lines.filter((l) => l.type === "step");
			const { row } = steps.find((s) => s.account === "customer-1");

			assert.equal(replay("--account", String(row), "--make-test", out, file).code, 0);
			const made = replay("--print", out);
			assert.equal(made.code, 0);
			assert.ok(made.summary.steps > 4);
			assert.deepEqual(new Set(made.lines.filter((l) => l.type === "step").map((s) => s.row)), new Set([row]));
			assert.equal(readFileSync(out).includes("customer"), false, "without the id");

			delete d.config.record;
			d.writeConfig();
			d.child.kill("SIGHUP");
			await d.logs(/record\.ended/);
		}));

	test("a full file is kept as FILE.1 and a new one begins", async () => {
		const dir = folder(), file = path.join(dir, "inbox"), d = new Daemon({ dir, mock, more: { record: { file, max_size: "1MiB" } } });
		writeFileSync(file, Buffer.alloc(900 << 10, "x"), { mode: 0o644 });
		writeFileSync(`${file}.1`, "oldest");
		await d.start();
		await storm(d, ["a"]);
		assert.equal((await d.stop()).code, 0);
		assert.deepEqual(readdirSync(dir).filter((f) => f.startsWith("inbox")), ["inbox", "inbox.1"]);
		assert.equal(statSync(`${file}.1`).size, 900 << 10);
		assert.equal(replay(file).code, 0);
		assert.equal(replay(`${file}.1`).code, 65, "that is no recording");
	});

	test("a file that cannot be had costs the recording only, and is told once", () =>
		withDaemon({ mock }, async (d) => {
			const target = path.join(d.dir, "target");
			mkdirSync(target);
			symlinkSync(target, path.join(d.dir, "link"));
			d.config.record = { file: path.join(d.dir, "link") };
			d.writeConfig();
			d.child.kill("SIGHUP");
			await d.logs(/record\.failed.*change record\.file/);
			await storm(d, ["a", "b"]);
			await d.reaches("a", "connected");
			assert.equal(d.log.match(/record\.failed/g).length, 1);
		}));

	test("a full disk costs the recording only, and it goes on when there is room", (t) => {
		const dir = folder();
		return withSmallDisk(t, { dir, on: "small", size: "1m", mock: { scan_ms: "5ms" },
			more: { record: { file: path.join(dir, "small/inbox") } } }, async (d, disk) => {
			await d.start();
			const file = path.join(disk.dir, "inbox");
			await until(() => replay(file).summary);
			disk.fill();
			// the rest of the file's last page is room still
			for (let i = 0; !/record\.failed/.test(d.log); i++) {
				assert.ok(i < 1000, "the disk is full");
				await storm(d, [`full-${i}`]);
			}
			await storm(d, ["goes-on"]);
			assert.equal((await d.reaches("goes-on", "connected")).status, "connected");
			disk.free();
			await until(async () => {
				await d.ok("POST", "/v1/accounts/goes-on/reconnect");
				return /record\.recovered/.test(d.log);
			}, { every: 100 });
			assert.match(d.log, /record\.failed.*make room there.*No space left/);
			assert.equal(d.log.match(/record\.failed/g).length, 1);
			await d.ok("POST", "/v1/accounts/goes-on/reconnect");
			await d.reaches("goes-on", "connected");
			assert.equal((await d.stop()).code, 0);
			const end = replay(file);
			assert.equal(end.code, 0, JSON.stringify(end.lines.slice(0, 4)));
			assert.ok(end.summary.gaps >= 1 && end.summary.missing > 0 && end.summary.steps > 0, JSON.stringify(end.summary));
		});
	});
});
