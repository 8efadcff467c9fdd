// daemon.mjs - one relinkd for a test: its folder, its configuration, its life and its API.
//
// RELINK_BIN names the folder of the programs, RELINK_PLUGINS that of the plugins (tools/test sets
// both).  Everything else lies in a folder of the test's own; ports are ephemeral, so that tests run
// side by side.

import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { after } from "node:test";
import { expectNone, secretsIn, visibleOf } from "./secrets.mjs";

export const bin = process.env.RELINK_BIN ?? path.resolve("build/crash/bin");
export const plugins = process.env.RELINK_PLUGINS ?? path.resolve(bin, "../plugins");

// Fast enough for a test, in the same proportions as the defaults.
export const quick = {
	backoff_base: "30ms", backoff_cap: "500ms", settle: "400ms", list_interval: "250ms",
	operation_deadline: "2s", start_deadline: "4s", qr_deadline: "20s", stable_after: "1s",
	join_window: "300ms", flap_losses: 0, // stories drop an account as often as they like
};
export const quickIncident = {
	window: "3s", probe_interval: "300ms", probe_cap: "1500ms", quiet: "300ms", believe_logouts_after: "1m",
};
// The same for the mock; scan_ms is a story's own business.
export const fast = {
	create_ms: "4ms", disconnect_ms: "4ms", health_ms: "2ms", list_ms: "2ms", qr_ms: "10ms",
	auth_ms: "8ms", resume_ms: "15ms",
};
const quickWorker = {
	restart_base: "20ms", restart_cap: "200ms", restart_burst: 16, cool_down: "1s", ping_interval: "1s",
};

// Whatever becomes of a test, its processes and folders end with it.
const folders = [], children = new Set();
const killAll = () => children.forEach((child) => child.kill("SIGKILL"));
if (process.argv[1]?.endsWith(".test.mjs")) after(killAll); // a living child would keep it from ending
process.on("exit", () => {
	killAll();
	if (process.env.RELINK_KEEP) return;
	for (const dir of folders) rmSync(dir, { recursive: true, force: true });
});
for (const [signal, number] of [["SIGHUP", 1], ["SIGINT", 2], ["SIGTERM", 15]])
	process.on(signal, () => process.exit(128 + number));

export function folder() {
	folders.push(mkdtempSync(path.join(tmpdir(), "relink-")));
	return folders.at(-1);
}

export function start(program, args, options) {
	const child = spawn(program, args, options);
	children.add(child);
	child.on("exit", () => children.delete(child));
	return child;
}

const yaml = (object, indent = "") => Object.entries(object).map(([k, v]) =>
	Array.isArray(v) ? `${indent}${k}:\n` + v.map((item) => typeof item === "string" ? `${indent}  - ${JSON.stringify(item)}\n`
		: `${indent}  -\n` + yaml(item, indent + "    ")).join("")
	: v !== null && typeof v === "object" ? `${indent}${k}:\n` + yaml(v, indent + "  ")
	: `${indent}${k}: ${typeof v === "string" ? JSON.stringify(v) : v}\n`).join("");

// Ask again until `look` returns something true; fails with what `explain` says.
export async function until(look, { seconds = 20, every = 15, explain = () => "" } = {}) {
	const end = Date.now() + seconds * 1000;
	for (;;) {
		const found = await look();
		if (found) return found;
		if (Date.now() > end) throw new Error(`not within ${seconds} s: ${await explain()}`);
		await new Promise((go) => setTimeout(go, every));
	}
}

// fn of each item, `width` at a time.
export async function pooled(items, width, fn) {
	const queue = [...items];
	await Promise.all(Array.from({ length: width }, async () => {
		for (let item; (item = queue.shift()) !== undefined;) await fn(item);
	}));
}

export class Daemon {
	// instances: how many of the provider; each keeps its side in a folder of its own.  prefix: words
	// before relinkd's command line.
	constructor({ provider = "mock", instances = 1, workers = 1, mock = {}, policy = {}, worker = {},
		log = { level: "info" }, incident = {}, more = {}, instance = {}, rate = {}, prefix = [],
		dir = folder() } = {}) {
		this.dir = dir;
		this.provider = provider;
		this.state = path.join(dir, "state");
		this.file = path.join(dir, "relink.yaml");
		this.names = Array.from({ length: instances }, (_, i) => `${provider}-${i + 1}`);
		this.config = {
			state_dir: this.state, plugin_dir: plugins, worker_path: path.join(bin, "relink-worker"),
			http: { listen: "127.0.0.1:0" }, log, policy: { ...quick, ...policy },
			incident: { ...quickIncident, ...incident },
			worker: { ...quickWorker, ...worker },
			providers: {
				[provider]: {
					workers, starts_per_minute: 60000, start_burst: 1000, ...rate,
					instances: this.names.map((id) => ({
						id, capacity: 100000, concurrent_starts: 1000, ...instance,
						config: { dir: path.join(dir, id), ...mock },
					})),
				},
			},
			...more,
		};
		this.writeConfig();
		this.command = [...prefix, path.join(bin, "relinkd")];
		this.as = {};           // uid, gid and folder, when another's
		this.agent = false;     // a connection for each request
		this.patience = 60000;  // ms, for one answer
		this.log = "";
		this.lives = 0;
	}

	writeConfig() {
		writeFileSync(this.file, yaml(this.config));
	}

	journals() {
		return this.names.map((id) => path.join(this.dir, id, "journal"));
	}

	// Resolves when it listens; rejects with its log when it ends before.
	start(env = {}) {
		this.lives++;
		const clean = { PATH: process.env.PATH };
		for (const name of ["ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"])
			if (process.env[name]) clean[name] = process.env[name];
		const [program, ...words] = this.command;
		const child = start(program, [...words, "--config", this.file],
			{ env: { ...clean, ...env }, stdio: ["ignore", "pipe", "pipe"], ...this.as });
		this.child = child;
		child.on("exit", (code, signal) => (child.ended = { code, signal }));
		// after its last line was read
		this.exited = new Promise((done) => child.on("close", () => done(child.ended)));
		child.stderr.on("data", (text) => (this.log += text));
		return new Promise((ready, failed) => {
			const late = setTimeout(() => child.kill("SIGABRT"), 30000); // then it says where it was
			this.exited.then(() => clearTimeout(late));
			child.stdout.on("data", (text) => {
				const at = /listening on http:\/\/([^:]+):(\d+)/.exec(text);
				if (!at) return;
				clearTimeout(late);
				this.port = Number(at[2]);
				this.key = readFileSync(path.join(this.state, "admin.key"), "utf8").trim();
				ready(this);
			});
			this.exited.then((end) => failed(Object.assign(
				new Error(`relinkd ended (${JSON.stringify(end)}):\n${this.log.slice(-3000)}`), end)));
		});
	}

	// For a start that must fail: resolves with { code, signal } and what it said.
	async refused(env) {
		const from = this.log.length;
		const end = await this.start(env).then(() => undefined, (e) => e);
		if (end === undefined) {
			await this.kill();
			throw new Error(`relinkd started:\n${this.log.slice(from)}`);
		}
		return { code: end.code, signal: end.signal, said: this.log.slice(from) };
	}

	// Resolves when the log has it; only what comes after `from`, a length of the log, counts.
	logs(pattern, { from = 0, seconds } = {}) {
		return until(() => pattern.exec(this.log.slice(from)),
			{ seconds, explain: () => `no ${pattern} in\n${this.log.slice(from).slice(-3000)}` });
	}

	// Nothing secret in what it has said so far, or in what `more` tells; see secrets.mjs.
	keepsSecrets(more = {}) {
		const key = this.key ? [["admin key", this.key.slice(-43)]] : [];
		expectNone([...secretsIn(this.config), ...key], { log: this.log, ...more });
	}

	running() {
		return this.child !== undefined && this.child.ended === undefined;
	}

	// At once, if it runs at all.
	async kill() {
		if (this.running()) this.child.kill("SIGKILL");
		return this.exited?.finally(() => this.keepsSecrets());
	}

	// In good order, with these signals one after the other; resolves with { code, signal }, which is
	// SIGABRT when it took far too long.
	async stop(...signals) {
		if (!this.running()) return this.exited;
		this.keepsSecrets(visibleOf(this.child.pid));
		for (const s of signals.length ? signals : ["SIGTERM"]) this.child.kill(s);
		const late = setTimeout(() => this.child.kill("SIGABRT"), 30000);
		return this.exited.finally(() => {
			clearTimeout(late);
			this.keepsSecrets();
		});
	}

	// One request: { status, headers, body }.  Rejects when the connection breaks, or no answer comes
	// in time.  A body that is a Buffer is sent as it is.
	request(method, url, body, headers = {}) {
		return new Promise((done, failed) => {
			const text = body === undefined || Buffer.isBuffer(body) ? body : JSON.stringify(body);
			const request = http.request({
				host: "127.0.0.1", port: this.port, method, path: url, agent: this.agent,
				headers: {
					Authorization: `Bearer ${this.key}`,
					...(text !== undefined ? { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) } : {}),
					...headers,
				},
			}, (answer) => {
				let got = "";
				answer.setEncoding("utf8");
				answer.on("data", (part) => (got += part));
				answer.on("error", failed);
				answer.on("end", () => {
					try {
						if (answer.statusCode >= 400) this.keepsSecrets({ [`the answer to ${method} ${url}`]: got });
						done({
							status: answer.statusCode, headers: answer.headers,
							body: got && /json/.test(answer.headers["content-type"]) ? JSON.parse(got) : got,
						});
					} catch (e) {
						failed(e);
					}
				});
			});
			request.on("error", failed);
			request.setTimeout(this.patience,
				() => request.destroy(new Error(`${method} ${url}: no answer in ${this.patience} ms`)));
			request.end(text);
		});
	}

	// The body of a request that must succeed.
	async ok(method, url, body, headers) {
		const answer = await this.request(method, url, body, headers);
		if (answer.status >= 300)
			throw new Error(`${method} ${url}: ${answer.status} ${JSON.stringify(answer.body)}`);
		return answer.body;
	}

	account(id) {
		return this.ok("GET", `/v1/accounts/${id}`);
	}

	async accounts() {
		const all = [];
		for (let cursor = ""; cursor !== null;) {
			const page = await this.ok("GET", `/v1/accounts?limit=1000${cursor && `&cursor=${cursor}`}`);
			all.push(...page.accounts);
			cursor = page.next_cursor;
		}
		return all;
	}

	verb(id, verb, args = {}) {
		return this.ok("POST", `/v1/accounts/${id}/verbs/${verb}`, args);
	}

	reaches(id, status, seconds) {
		let last;
		return until(async () => (last = await this.account(id)).status === status && last,
			{ seconds, explain: () => `${id} is ${JSON.stringify(last)}` });
	}
}

// The error with the daemon's last words below it, as a test report shows it.
export function withLog(e, d) {
	e.stack += `\n--- ${d.dir}\n${d.log.slice(-3000)}`;
	return e;
}

// A daemon for the length of a story; nothing that happens in it may be an error for an operator,
// unless the test says so with `errors`.
export async function withDaemon({ errors, env, mock, ...options }, story) {
	const d = new Daemon({ ...options, mock: { ...fast, ...mock } });
	await d.start(env);
	try {
		await story(d);
		const end = await d.stop();
		if (end.code !== 0) throw new Error(`relinkd ended: ${JSON.stringify(end)}`);
	} catch (e) {
		throw withLog(e, d);
	} finally {
		await d.kill();
	}
	const lines = d.log.split("\n").filter((l) => /^\S+ error /.test(l) && !errors?.test(l));
	if (lines.length > 0) throw new Error(`an operator is told of errors:\n${lines.join("\n")}`);
}

// A client that a good application is: it repeats what was not answered, with the same key, until
// somebody answers.  `alive()` resolves when a daemon listens again.
export class Client {
	constructor(daemon, alive) {
		this.daemon = daemon;
		this.alive = alive;
	}

	async send(method, url, body) {
		const key = randomUUID();
		for (let tries = 0; ; tries++) {
			await this.alive();
			try {
				const answer = await this.daemon.request(method, url, body, { "Idempotency-Key": key });
				if (answer.status === 409 && answer.body.code === "idempotency_in_progress") continue;
				if (answer.status === 503 && tries < 200) {
					await new Promise((go) => setTimeout(go, 20));
					continue;
				}
				return answer;
			} catch (e) {
				if (tries > 200 || e.code === undefined) throw e;
				await new Promise((go) => setTimeout(go, 10));
			}
		}
	}

	async ok(method, url, body) {
		const answer = await this.send(method, url, body);
		if (answer.status >= 300)
			throw new Error(`${method} ${url}: ${answer.status} ${JSON.stringify(answer.body)}`);
		return answer.body;
	}
}
