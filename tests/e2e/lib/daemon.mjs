// daemon.mjs - one relinkd for a test: its folder, its configuration, its life and its API.
//
// RELINK_BIN names the folder of the programs, RELINK_PLUGINS that of the plugins (tools/test sets
// both).  Everything else lies in a folder of the test's own; ports are ephemeral, so that tests run
// side by side.

import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";

export const bin = process.env.RELINK_BIN ?? path.resolve("build/crash/bin");
export const plugins = process.env.RELINK_PLUGINS ?? path.resolve(bin, "../plugins");

// Fast enough for a test, in the same proportions as the defaults.
export const quick = {
	backoff_base: "30ms", backoff_cap: "500ms", settle: "400ms", list_interval: "250ms",
	operation_deadline: "2s", start_deadline: "4s", qr_deadline: "20s", stable_after: "1s",
	join_window: "300ms",
};
const quickWorker = {
	restart_base: "20ms", restart_cap: "200ms", restart_burst: 16, cool_down: "1s",
	ping_interval: "1s",
};

export function folder() {
	const dir = mkdtempSync(path.join(tmpdir(), "relink-"));
	process.on("exit", () => {
		if (!process.env.RELINK_KEEP) rmSync(dir, { recursive: true, force: true });
	});
	return dir;
}

const yaml = (object, indent = "") => Object.entries(object).map(([k, v]) =>
	Array.isArray(v) ? `${indent}${k}:\n` + v.map((item) => `${indent}  -\n` + yaml(item, indent + "    ")).join("")
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

export class Daemon {
	// instances: how many of the provider; each keeps its side in a folder of its own.
	constructor({ provider = "mock", instances = 1, workers = 1, mock = {}, policy = {}, worker = {},
		log = { level: "info" }, more = {}, instance = {}, rate = {}, dir = folder() } = {}) {
		this.dir = dir;
		this.provider = provider;
		this.state = path.join(dir, "state");
		this.file = path.join(dir, "relink.yaml");
		this.names = Array.from({ length: instances }, (_, i) => `${provider}-${i + 1}`);
		this.config = {
			state_dir: this.state, plugin_dir: plugins, worker_path: path.join(bin, "relink-worker"),
			http: { listen: "127.0.0.1:0" }, log, policy: { ...quick, ...policy },
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
		const child = spawn(path.join(bin, "relinkd"), ["--config", this.file],
			{ env: { ...clean, ...env }, stdio: ["ignore", "pipe", "pipe"] });
		this.child = child;
		this.exited = new Promise((done) => child.on("exit", (code, signal) => {
			child.ended = { code, signal };
			done(child.ended);
		}));
		child.stderr.on("data", (text) => (this.log += text));
		return new Promise((ready, failed) => {
			child.stdout.on("data", (text) => {
				const at = /listening on http:\/\/([^:]+):(\d+)/.exec(text);
				if (!at) return;
				this.port = Number(at[2]);
				this.key = readFileSync(path.join(this.state, "admin.key"), "utf8").trim();
				ready(this);
			});
			this.exited.then((end) => failed(Object.assign(
				new Error(`relinkd ended (${JSON.stringify(end)}):\n${this.log.slice(-3000)}`), end)));
		});
	}

	running() {
		return this.child !== undefined && this.child.ended === undefined;
	}

	async kill() {
		if (this.running()) this.child.kill("SIGKILL");
		return this.exited;
	}

	// In good order; resolves with { code, signal }.
	async stop() {
		if (this.running()) this.child.kill("SIGTERM");
		return this.exited;
	}

	// One request: { status, headers, body }.  Rejects when the connection breaks.
	request(method, url, body, headers = {}) {
		return new Promise((done, failed) => {
			const text = body === undefined ? undefined : JSON.stringify(body);
			const request = http.request({
				host: "127.0.0.1", port: this.port, method, path: url, agent: false,
				headers: {
					Authorization: `Bearer ${this.key}`,
					...(text ? { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) } : {}),
					...headers,
				},
			}, (answer) => {
				let got = "";
				answer.setEncoding("utf8");
				answer.on("data", (part) => (got += part));
				answer.on("error", failed);
				answer.on("end", () => done({
					status: answer.statusCode, headers: answer.headers,
					body: got && /json/.test(answer.headers["content-type"]) ? JSON.parse(got) : got,
				}));
			});
			request.on("error", failed);
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

export const exists = existsSync;
