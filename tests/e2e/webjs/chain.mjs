// chain.mjs - all of it for one story: relinkd, the worker with the plugin, our service, whatsapp-web.js,
// Chromium and the page that stands in for WhatsApp Web.

import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import path from "node:path";
import { Daemon, until, withLog } from "../lib/daemon.mjs";
import { Stream } from "../lib/events.mjs";
import { run, runOnTerminal } from "../relinkctl/run.mjs";
import { Gate } from "./gate.mjs";
import { KEY, SECRET, Service, VERSION, folder } from "./service.mjs";
import { Whatsapp } from "./standin/whatsapp.mjs";

// relinkd's: the service is told of it before relinkd runs.
async function freePort() {
	const server = net.createServer();
	await once(server.listen(0, "127.0.0.1"), "listening");
	const { port } = server.address();
	server.close();
	await once(server, "close");
	return port;
}

// Waits are short; deadlines are not, since Chromium takes minutes on a busy machine.
const patient = {
	flap_losses: 0, // one account loses its session of everything there is, in a minute
	start_deadline: "4m", qr_deadline: "4m", list_interval: "5s", settle: "1s", operation_deadline: "1m",
	stable_after: "1m", backoff_base: "200ms", backoff_cap: "2s", join_window: "5s",
};

const GUARD_S = 240; // no test waits for it

export class Chain {
	// policy: what of it is otherwise; null takes relinkd's defaults for all. settings: of the service.
	// webhooks false: what the service has to tell goes nowhere. `gate` is between the plugin and the service.
	static async start(options) {
		const self = new Chain();
		try {
			return await self.#start(options ?? {});
		} catch (e) {
			await self.stop();
			throw e;
		}
	}

	async #start({ policy = {}, settings = {}, instance = {}, webhooks = true }) {
		const dir = folder(), port = await freePort();
		this.whatsapp = await Whatsapp.start({ dir, version: VERSION });
		const receiver = { url: webhooks ? `http://127.0.0.1:${port}/webhooks/webjs` : "http://127.0.0.1:9/nobody" };
		this.service = new Service({ dir, whatsapp: this.whatsapp, receiver,
			settings: { "probe-deadline": "5s", "start-deadline": "3m", ...settings } });
		await this.service.start();
		this.service.settings.listen = new URL(this.service.url).host; // of its next life too
		this.gate = await Gate.start(this.service.url);
		this.d = new Daemon({ more: {
			http: { listen: `127.0.0.1:${port}` }, policy: policy === null ? {} : { ...patient, ...policy },
			providers: { webjs: { workers: 1, instances: [{ id: "webjs-1", ...instance,
				config: { url: this.gate.url, api_key: KEY, webhook_secret: SECRET } }] } },
		} });
		await this.d.start();
		await this.follow();
		await this.d.logs(/instance.reachable/);
		return this;
	}

	// Read the event stream from now on; a new life of relinkd needs a new one.
	async follow() {
		this.stream = new Stream(this.d);
		await this.stream.open();
	}

	async stop() {
		await this.d?.kill();
		if (this.service?.child) await this.service.stop();
		this.whatsapp?.stop();
		this.gate?.stop();
	}

	add(id, connect = true) {
		return this.d.ok("POST", "/v1/accounts", { provider: "webjs", id, connect });
	}

	account(id) {
		return this.d.account(id);
	}

	// The session of the account, or that of its first start when there was none.
	async session(id) {
		return (await this.becomes(id, (a) => a.session_id !== null)).session_id;
	}

	wish(id, what) {
		return this.d.ok("POST", `/v1/accounts/${id}/${what}`);
	}

	// Resolves with the account once it is so.
	async becomes(id, fits, seconds = GUARD_S) {
		let last;
		try {
			return await until(async () => fits(last = await this.account(id)) && last, { seconds,
				explain: async () => `${JSON.stringify(last)}\n${this.service.log.slice(-1500)}` });
		} catch (e) {
			throw withLog(e, this.d);
		}
	}

	reaches(id, status, seconds) {
		return this.becomes(id, (a) => a.status === status, seconds);
	}

	// Connected in a newer life than `before`, on the same login; nobody has scanned anything.
	async resumes(before, seconds) {
		const up = await this.becomes(before.id, (a) => a.generation > before.generation && a.status === "connected", seconds);
		assert.equal(up.profile, before.profile, "on its old login");
		assert.notEqual(up.session_id, before.session_id);
		return up;
	}

	// Resolves with { code, expires_at, deadline_at } once there is a code.
	async qr(id, seconds = GUARD_S) {
		const answer = await until(async () => {
			const one = await this.d.request("GET", `/v1/accounts/${id}/qr`);
			return one.status === 200 && one;
		}, { seconds, explain: async () => `${JSON.stringify(await this.account(id))}\n${this.d.log.slice(-1500)}` });
		return answer.body;
	}

	// A person scans the code that is shown; resolves with the account, connected.
	async scan(id, phone) {
		await this.qr(id);
		await this.whatsapp.scan(await this.session(id), { phone });
		return this.reaches(id, "connected");
	}

	async link(id, phone) {
		await this.add(id);
		return this.scan(id, phone);
	}

	// The page of the account's session does something.
	async tell(id, command, args) {
		return this.whatsapp.tell(await this.session(id), command, args);
	}

	// Send a message and resolve with its id: by the API's own route, or where it has none by the plugin's verb.
	async send(id, message, headers = {}) {
		const { status, body } = await this.d.request("POST", `/v1/accounts/${id}/messages`, message, headers);
		assert.equal(status, 200, JSON.stringify(body));
		return body.message.id;
	}

	// Ask until it is true.
	until(look, options) {
		return until(look, { seconds: GUARD_S, explain: () => `${this.service.log.slice(-1500)}\n${this.d.log.slice(-1500)}`, ...options });
	}

	// An event of the stream that came or comes.
	event(type, account, fits = () => true, seconds = GUARD_S) {
		const found = () => this.stream.events.find((e) => e.type === type && e.data.account === account && fits(e.data));
		return until(found, { seconds, explain: () => `${type} of ${account} among ${
			this.stream.events.map((e) => `${e.type} ${e.data.account} ${e.data.status} ${e.data.cause}`).join(", ")}` });
	}

	// relinkctl as an operator calls it, beside the daemon; it must succeed.
	async ctl(...args) {
		return this.#good(args, await run(args, this.#place));
	}

	// The same on a terminal, large enough for a QR code.
	async ctlOnTerminal(...args) {
		return this.#good(args, await runOnTerminal(args, { ...this.#place, columns: 140, rows: 90 }));
	}

	get #place() {
		return { env: { RELINK_SOCKET: path.join(this.d.state, "relink.sock") }, seconds: GUARD_S };
	}

	#good(args, { code, signal, stdout, stderr }) {
		assert.equal(code, 0, `relinkctl ${args.join(" ")}: ${signal ?? ""} ${stderr} ${stdout.slice(-300)}`);
		return stdout;
	}

	// Lines of level error, of relinkd and its worker and of the service.
	errors() {
		return `${this.d.log}\n${this.service.log}`.split("\n").filter((line) => /^\S+ error /.test(line));
	}
}
