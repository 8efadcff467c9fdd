// service.mjs - the service for a test: its folder, its life, its API, and the receiver of its webhooks.

import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { accessSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { browsersBelow } from "./standin/processes.mjs";

export const KEY = "key-of-the-tests", SECRET = "secret-of-the-tests";
export const VERSION = "2.3000.1017054665"; // of WhatsApp Web: what whatsapp-web.js 1.34.7 asks its cache for

const home = fileURLToPath(new URL("../../../plugins/webjs/service/", import.meta.url));
const browser = process.env.STANDIN_CHROMIUM ?? "/usr/bin/chromium";
const canRun = (file) => {
	try {
		accessSync(file);
		return true;
	} catch {
		return false;
	}
};

// Why tests cannot run on this machine, or false. Give it to a test as its option "skip".
export const noPackages = !existsSync(`${home}node_modules/whatsapp-web.js`)
	&& "no Node.js packages: run npm ci in plugins/webjs/service";
export const noChromium = noPackages || (!canRun(browser)
	&& `no ${browser}: apt-get install chromium, or name one in STANDIN_CHROMIUM`);

const folders = [], children = [];
function killGroup(group) {
	try {
		process.kill(-group, "SIGKILL");
	} catch {
		return; // it has just ended
	}
}
process.on("exit", () => {
	for (const child of children) child.kill("SIGKILL");
	for (const { group } of folders.flatMap(browsersBelow)) killGroup(group); // a frozen one would stay
	const gone = { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }; // Chromium may be writing its last
	for (const dir of process.env.RELINK_KEEP ? [] : folders) rmSync(dir, gone);
});

export function folder() {
	folders.push(mkdtempSync(path.join(tmpdir(), "relink-webjs-")));
	return folders.at(-1);
}

// Takes webhooks, as an application would; each must be signed.
export class Receiver {
	events = [];    // { event, data, id, sequence, boot_id, at, arrived }
	answer = 200;   // what it says, or a function that tells from the event; "hang up" cuts the connection, "half" says 200 and does not end
	unsigned = 0;
	#watchers = new Set();

	static async start(port = 0) {
		const self = new Receiver();
		self.server = http.createServer((request, response) => self.#take(request, response));
		await once(self.server.listen(port, "127.0.0.1"), "listening");
		self.port = self.server.address().port;
		self.url = `http://127.0.0.1:${self.port}/api/whatsapp/webhooks/webjs`;
		return self;
	}

	async #take(request, response) {
		const parts = [];
		for await (const part of request) parts.push(part);
		const raw = Buffer.concat(parts);
		const { "x-timestamp": timestamp, "x-hmac-signature": signature } = request.headers;
		if (signature !== createHmac("sha256", SECRET).update(timestamp + raw.toString()).digest("hex")) this.unsigned++;
		const event = JSON.parse(raw);
		const answer = typeof this.answer === "function" ? this.answer(event) : this.answer;
		if (answer === "hang up") return request.socket.destroy();
		if (answer === 200 || answer === "half") this.events.push({ ...event, arrived: Date.now() });
		if (answer === "half") response.writeHead(200, { "Content-Length": 100 }).write("half");
		else response.writeHead(answer).end();
		for (const check of [...this.#watchers]) check();
	}

	// The first event of that name, of that session, that came or comes behind `after` others.
	async got(event, session, { after = 0, seconds = 60, where = () => true } = {}) {
		const fits = (one) => one.event === event && one.data.session_id === session && where(one.data);
		let check, timer;
		try {
			return await new Promise((done, failed) => {
				check = () => {
					const found = this.events.slice(after).find(fits);
					if (found) done(found);
				};
				timer = setTimeout(() => failed(new Error(`not within ${seconds} s: ${event} of ${session}; there are ${
					this.events.map((one) => `${one.event} ${one.data.session_id}`).join(", ")}`)), seconds * 1000);
				this.#watchers.add(check);
				check();
			});
		} finally {
			clearTimeout(timer);
			this.#watchers.delete(check);
		}
	}

	stop() {
		this.server.close();
		this.server.closeAllConnections();
	}
}

export class Service {
	constructor({ dir = folder(), whatsapp, receiver, settings = {} } = {}) {
		this.dir = dir;
		this.data = path.join(dir, "data");
		this.log = "";
		this.settings = {
			"listen": "127.0.0.1:0", "data-dir": this.data, "probe-interval": "500ms", "probe-deadline": "1s",
			...(whatsapp && { "chromium": whatsapp.chromium, "web-cache": whatsapp.cache }),
			...(receiver && { "webhook-url": receiver.url }), ...settings,
		};
		this.env = {
			PATH: process.env.PATH, HOME: dir, RELINK_WEBJS_API_KEY: KEY, RELINK_WEBJS_WEBHOOK_SECRET: SECRET,
			...(process.env.STANDIN_CHROMIUM && { STANDIN_CHROMIUM: browser }), ...whatsapp?.env,
		};
	}

	// Resolves when it says that it is ready.
	async start() {
		const args = Object.entries(this.settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
		const child = spawn(process.execPath, [`${home}main.mjs`, ...args], { env: this.env, stdio: ["ignore", "pipe", "pipe"] });
		this.child = child;
		this.exited = new Promise((done) => child.on("exit", (code, signal) => done({ code, signal })));
		children.push(child);
		child.stderr.on("data", (text) => (this.log += text));
		await new Promise((ready, failed) => {
			child.stdout.on("data", (text) => {
				[, this.url, this.boot] = /ready on (\S+) boot (\S+)/.exec(text) ?? [];
				if (this.url) ready();
			});
			this.exited.then((end) => failed(new Error(`the service ended (${JSON.stringify(end)}):\n${this.log}`)));
		});
		return this;
	}

	// { status, body }
	call(method, route, body, { headers = { "X-API-Key": KEY } } = {}) {
		const text = body === undefined ? "" : JSON.stringify(body);
		const json = body === undefined ? {} : { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) };
		return new Promise((done, failed) => {
			const request = http.request(this.url + route, { method, agent: false, headers: { ...headers, ...json } });
			request.on("error", failed);
			request.on("response", async (response) => {
				let got = "";
				for await (const part of response.setEncoding("utf8")) got += part;
				done({ status: response.statusCode, body: JSON.parse(got) });
			});
			request.end(text);
		});
	}

	create(session, { account = session, profile = `p-${session}`, generation = 1, ...more } = {}) {
		return this.call("POST", "/api/sessions", { session_id: session, account_id: account, profile, generation, ...more });
	}

	async state(session) {
		const { status, body } = await this.call("GET", `/api/sessions/${session}/status`);
		return status === 404 ? "gone" : body.state;
	}

	async ids() {
		const { body } = await this.call("GET", "/api/sessions");
		return body.sessions.map((one) => one.session_id).sort();
	}

	// Browsers of this service, by /proc: of that session, else of all; its own trial is not counted.
	browsers(session) {
		return browsersBelow(this.data).filter((one) => session === undefined ? one.session !== "trial" : one.session === session);
	}

	kill() {
		this.child.kill("SIGKILL");
		return this.exited;
	}

	// End it in good order, unless it has ended; resolves with { code, signal }.
	async stop() {
		this.child.kill("SIGTERM");
		return this.exited;
	}
}
