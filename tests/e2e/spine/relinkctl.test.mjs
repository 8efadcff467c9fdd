// relinkctl against the real daemon: an account's way, and what a person is told who gets it wrong.
// What it prints, and its failures one by one, are tested in ../relinkctl, against a small fake.

import assert from "node:assert/strict";
import { chmodSync, copyFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { Daemon, fast, folder, start, withDaemon } from "../lib/daemon.mjs";
import { binary, run } from "../relinkctl/run.mjs";

const root = process.getuid() === 0;

// relinkctl on the daemon's socket, or at its address with the key file.
const ctl = (d, ...args) => run(args, { env: { RELINK_SOCKET: path.join(d.state, "relink.sock") } });
const url = (d) => `http://127.0.0.1:${d.port}`;
const keyFile = (d) => path.join(d.state, "admin.key");

async function good(d, ...args) {
	const end = await ctl(d, ...args);
	assert.deepEqual([end.code, end.stderr], [0, ""], `${args.join(" ")}: ${end.stdout}`);
	return end.stdout;
}

// It fails with this exit code, one sentence on standard error, and nothing on standard output.
function fails(end, code, pattern) {
	assert.deepEqual([end.code, end.signal, end.stdout], [code, null, ""], end.stderr);
	assert.match(end.stderr, pattern);
	assert.match(end.stderr, /^relinkctl: [^\n]+\n$/, "one line");
}

describe("relinkctl", { concurrency: 3 }, () => {
	test("takes an account all its way", () => withDaemon({}, async (d) => {
		const shown = async (...args) => JSON.parse(await good(d, ...args, "--json"));
		await good(d, "account", "add", "shop", "--provider", "mock", "--label", "Shop");
		await good(d, "connect", "shop", "--no-wait");
		await d.reaches("shop", "qr_scanning");
		const { code } = await shown("qr", "shop");
		assert.match(code, /^2@mock,/);
		assert.match(await good(d, "qr", "shop"), /[█▀▄]/);
		await good(d, "verb", "shop", "scan");
		await d.reaches("shop", "connected");
		const first = await shown("show", "shop");
		assert.deepEqual([first.status, first.label], ["connected", "Shop"]);
		assert.match(await good(d, "list"), /^shop +.*connected/m);
		assert.equal(await good(d, "list", "--status", "connected", "-q"), "shop\n");

		const again = await ctl(d, "reconnect", "shop", "--wait", "10", "--json");
		assert.equal(again.code, 0, again.stderr);
		const { account } = JSON.parse(again.stdout);
		assert.equal(account.status, "connected", "it says so when it is connected again");
		assert.notEqual(account.session_id, first.session_id);
		assert.match(await good(d, "timeline", "shop"), /connected/);
		assert.match(await good(d, "worker", "list"), /ready/);
		assert.match(await good(d, "status"), /connected/);
		await good(d, "delete", "shop", "--yes");
		assert.deepEqual((await shown("list")).accounts, []);
	}));

	test("passes on what the daemon refuses, and what to do", () => withDaemon({}, async (d) => {
		await d.ok("POST", "/v1/accounts", { provider: "mock", id: "a" });
		for (const [args, pattern] of [
			[["show", "b"], /^relinkctl: account_not_found: .*\blist\b/i],
			[["add", "a", "--provider", "mock"], /account_exists: .*choose another id/],
			[["add", "b", "--provider", "telegram"], /provider_not_found: .*add it under "providers"/],
			[["add", "B", "--provider", "mock"], /invalid_field: "id" must be/],
			[["verb", "a", "dance"], /not_supported: .*has no verb "dance"; it has: scan drop/],
			[["verb", "a", "scan"], /connect the account first/],
			[["check", "a"], /no_session: .*connect it first/],
			[["qr", "a"], /no_qr: /],
		])
			fails(await ctl(d, ...args), 1, pattern);
		fails(await ctl(d, "conect", "a"), 2, /no command "conect" \(did you mean connect\?\); see relinkctl --help/);
		assert.deepEqual((await d.accounts()).map((a) => [a.id, a.status]), [["a", "new"]]);
	}));

	test("tells when nobody is there", async () => {
		const d = new Daemon({ mock: fast });
		try {
			fails(await ctl(d, "list"), 3, /no socket .*relink\.sock.*is relinkd running\?/);
			await d.start();
			await d.logs(/worker\.ready/);
			await good(d, "status");
			await d.kill();
			fails(await ctl(d, "list"), 3, /nobody listens on the socket ".*relink\.sock".*start it again/);
			fails(await run(["list", "--url", url(d), "--key-file", keyFile(d)]), 3,
				/127\.0\.0\.1:\d+.*is relinkd running/);
		} finally {
			await d.kill();
		}
	});

	test("over TCP needs the right key, and never shows a wrong one", () => withDaemon({}, async (d) => {
		const at = (...args) => run(["list", "--url", url(d), ...args]);
		const file = path.join(folder(), "key"), secret = "not-the-key-of-this-daemon";
		assert.equal((await at("--key-file", keyFile(d))).code, 0);
		fails(await at(), 1, /unauthorized: .*--key-file FILE or RELINK_KEY_FILE/);
		writeFileSync(file, `${secret}\n`, { mode: 0o600 });
		const wrong = await at("--key-file", file);
		fails(wrong, 1, /unauthorized: .*not valid.*admin\.key/);
		assert.ok(!wrong.stderr.includes(secret));
		fails(await at("--key-file", `${file}.missing`), 2, /cannot read the key file .*No such file/);
		assert.ok(!d.log.includes(secret));
	}));

	test("of another user is not let in by the socket", { skip: !root && "becoming another user needs root" }, async () => {
		// where that user can come: the tree may lie in a folder of root's own
		const open = folder(), socket = path.join(open, "relink.sock"), program = path.join(open, "relinkctl");
		chmodSync(open, 0o755);
		copyFileSync(binary, program);
		await withDaemon({ more: { http: { listen: "127.0.0.1:0", socket } } }, async (d) => {
			chmodSync(socket, 0o666); // whatever an operator does to its mode
			const child = start(program, ["list", "--socket", socket],
				{ uid: 65534, gid: 65534, cwd: "/", env: { PATH: process.env.PATH }, stdio: ["ignore", "pipe", "pipe"] });
			const end = { stdout: "", stderr: "" };
			for (const name of ["stdout", "stderr"]) child[name].on("data", (text) => (end[name] += text));
			[end.code, end.signal] = await new Promise((done) => child.on("close", (...how) => done(how)));
			fails(end, 1, /unauthorized: .*Run relinkctl as root or as the user that runs relinkd/);
			assert.equal((await d.request("GET", "/v1/accounts")).status, 200);
		});
	});
});
