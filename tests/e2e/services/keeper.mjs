// keeper.mjs - a daemon whose backend is tiny.mjs, and the truth about the processes of that.

import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Daemon, folder, until, withLog } from "../lib/daemon.mjs";

export const KEY = "key-that-nobody-else-may-see";
export const program = fileURLToPath(new URL("tiny.mjs", import.meta.url));

export const alive = (pid) => {
	try {
		return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
	} catch {
		return false;
	}
};

// They outlive the daemon, so they are ended here; before lib/daemon.mjs removes the folders.
const backends = [];
process.prependListener("exit", () => backends.forEach((b) => b.end()));

async function freePort() {
	const server = net.createServer();
	await once(server.listen(0, "127.0.0.1"), "listening");
	const { port } = server.address();
	server.close();
	await once(server, "close");
	return port;
}

export class Backend {
	constructor(dir, port) {
		this.dir = dir;
		this.port = port;
		backends.push(this);
	}

	static async make() {
		return new Backend(folder(), await freePort());
	}

	#lines(name) {
		const file = path.join(this.dir, name);
		return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n").filter(Boolean).map(Number) : [];
	}

	// Pids: of all that were started, of those that found another alive, of those that ended in good order,
	// and of those that refused a request, once for each.
	starts() { return this.#lines("starts"); }
	doubles() { return this.#lines("doubles"); }
	orderly() { return this.#lines("orderly"); }
	refused() { return this.#lines("refused"); }
	living() { return this.starts().filter(alive); }

	end() {
		for (const pid of this.living()) process.kill(pid, "SIGKILL");
	}

	// An instance of the provider webjs.
	instance(id, more = {}, environment = {}) {
		return {
			id, capacity: 100, concurrent_starts: 100,
			config: { url: `http://127.0.0.1:${this.port}`, api_key: KEY, timeout: "500ms", poll_interval: "200ms" },
			command: [process.execPath, program], command_directory: this.dir,
			command_environment: { TINY_DIR: this.dir, TINY_PORT: String(this.port), TINY_KEY: KEY, ...environment },
			command_start_timeout: "20s", command_stop_timeout: "10s", ...more,
		};
	}

	scan(session) {
		return new Promise((done, failed) => {
			const request = http.request({ host: "127.0.0.1", port: this.port, method: "POST", agent: false,
				path: `/api/sessions/${session}/scan`, headers: { "X-API-Key": KEY } });
			request.on("error", failed);
			request.on("response", (answer) => answer.resume().on("end", () => done(answer.statusCode)));
			request.end();
		});
	}
}

export const daemonOf = (instances, { provider, ...options } = {}) => new Daemon({
	...options, more: { providers: { webjs: { workers: 1, starts_per_minute: 60000, start_burst: 1000, ...provider, instances } } },
});

// A daemon with a backend of its own, and one account that is connected.
export async function withBackend({ more, environment, env, account = "shop", ...options }, story) {
	const backend = await Backend.make();
	const d = daemonOf([backend.instance("tiny-1", more, environment)], options);
	try {
		await d.start(env);
		if (account) await link(d, backend, account);
		await story(d, backend);
		if (backend.doubles().length > 0) throw new Error(`two at once: ${backend.doubles()}`);
	} catch (e) {
		throw withLog(e, d);
	} finally {
		await d.kill();
		backend.end();
	}
}

// Make an account and scan its code.
export async function link(d, backend, id) {
	await d.ok("POST", "/v1/accounts", { provider: "webjs", id, connect: true });
	const a = await d.reaches(id, "qr_scanning", 30);
	await backend.scan(a.session_id);
	return d.reaches(id, "connected");
}

// Connected, and not only as far as was last known.
export const surely = (d, id, where = () => true) => {
	let a;
	return until(async () => {
		a = await d.account(id);
		return a.status === "connected" && !a.checking && where(a) && a;
	}, { seconds: 30, explain: () => JSON.stringify(a) });
};

// The pid of the one that lives.
export const theOne = (backend, { not } = {}) => until(() => {
	const living = backend.living();
	return living.length === 1 && living[0] !== not && living[0];
}, { seconds: 30, explain: () => `living: ${backend.living()}` });

// What ps shows to everybody on this machine.
export const commandLines = () => execFileSync("ps", ["-eo", "args"], { encoding: "utf8" });
