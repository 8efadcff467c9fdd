// fake.mjs - a double of the old whatsapp-service, with its recorded answers, its deaths and its lies.
//
// Bodies and ways are those that were recorded from it; its times are scaled down.  Its Chromiums are real
// processes with a Chromium's command line, which hold their profile's lock as long as they live.  The
// service itself is no process: `dies` closes its port and forgets what it knew, `boots` opens it again.
//
// The truth: `asked` has each create with what was alive then, and `faults` what must never be.

import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import path from "node:path";
import { folder } from "../../lib/daemon.mjs";
import { picture } from "./code.mjs";

export const KEY = "key-of-the-seed", SECRET = "hmac-secret-of-the-seed";
const PAGE_MS = 60, READY_MS = 60, AGAIN_MS = 300; // recorded: 1.8 s, 2.6 s, 5 s
const NOBODY = { success: true, message: "Session already disconnected or not found in memory", alreadyDisconnected: true };

const later = (ms) => new Promise((go) => setTimeout(go, ms));
const iso = () => new Date().toISOString();
class Say extends Error {
	constructor(status, json) {
		super(json.error);
		Object.assign(this, { status, json });
	}
}

const browsers = new Set();
process.on("exit", () => browsers.forEach((child) => child.kill("SIGKILL")));

export class SeedFake {
	// limitMs: what it takes longer over ends the whole service.
	static async start({ limitMs = 20000, slowEnd = 0, secret = SECRET } = {}) {
		const self = new SeedFake();
		Object.assign(self, { limitMs, slowEnd, secret });
		await self.boots();
		return self;
	}

	constructor() {
		this.dir = folder();
		this.table = new Map();    // id -> { status, metadata, child }
		this.held = new Map();     // profile folder -> the Chromium that has its lock
		this.logins = new Map();   // profile folder -> phone
		this.asked = [];           // creates: { id, account, at, alive }
		this.faults = [];
		this.told = [];            // webhooks: { event, status }
		this.headers = 0;          // requests that carried a key in a header
		this.deaths = 0;
		this.crashes = 0;          // so many creates from now on lose their Chromium
		this.codes = 0;
		this.lists = 0;            // that were answered
		this.web = "ok";           // WhatsApp: "ok", "refused", "hangs"
		this.laravel = undefined;  // where its webhooks and questions go
		this.active = undefined;   // what Laravel's accounts/active says; undefined: it is asked
	}

	get url() {
		return `http://127.0.0.1:${this.port}`;
	}

	// ---- the process

	async boots() {
		this.server = http.createServer((request, response) => this.#take(request, response));
		await once(this.server.listen(this.port ?? 0, "127.0.0.1"), "listening");
		this.port = this.server.address().port;
		this.alive = true;
		this.#restore();
	}

	// "SIGKILL": its Chromiums live on.  "SIGTERM", or its own fault: they end with it, but for `frozen`.
	async dies(how = "SIGKILL", frozen) {
		const ended = [];
		this.alive = false;
		this.deaths++;
		this.server.close();
		this.server.closeAllConnections();
		for (const child of this.held.values()) {
			if (how === "SIGKILL" || child === frozen) continue;
			ended.push(once(child, "exit"));
			child.kill("SIGKILL");
		}
		this.table.clear();
		await Promise.all(ended);
	}

	stop() {
		if (this.alive) this.dies("SIGTERM");
		for (const child of this.held.values()) child.kill("SIGKILL");
	}

	// One after the other, with no limit on time.
	async #restore() {
		const answer = this.active ?? await this.#ask("GET", "/api/whatsapp/accounts/active");
		for (const { session_id, workspace_id } of answer?.sessions ?? []) {
			try {
				await this.#create(session_id, workspace_id);
			} catch (error) {
				await this.#ask("POST", `/api/whatsapp/sessions/${session_id}/mark-disconnected`, { workspace_id, reason: error.message });
			}
		}
	}

	#ask(method, route, body) {
		if (!this.laravel) return undefined;
		return fetch(this.laravel + route, { method, headers: { "X-API-Key": KEY, "Content-Type": "application/json" },
			body: body && JSON.stringify(body) }).then((r) => r.ok ? r.json() : undefined, () => undefined);
	}

	// ---- Chromium

	#folder(id, workspace) {
		return path.join(this.dir, "sessions", `workspace_${workspace}`, `session-${id}`);
	}

	#launch(id, workspace) {
		const profile = this.#folder(id, workspace);
		if (this.held.has(profile))
			throw new Say(500, { error: `Failed to launch the browser process!\n[19307:19307:1122/093929.496388:ERROR:chrome/browser/process_singleton_posix.cc:349] Failed to create ${profile}/SingletonLock: File exists (17)\n` });
		const child = spawn("/bin/sh", ["-c", "read end", "chromium", "--headless", "--single-process", `--user-data-dir=${profile}`, "about:blank"],
			{ stdio: ["pipe", "ignore", "ignore"] });
		child.session = id;
		browsers.add(child);
		this.held.set(profile, child);
		child.stdin.on("error", () => {});
		child.on("exit", () => {
			browsers.delete(child);
			child.over = true;
			if (this.held.get(profile) === child) this.held.delete(profile);
			child.onOver?.();
		});
		return child;
	}

	living(id) {
		return [...this.held.values()].filter((child) => child.session === id);
	}

	// What a machine does to a Chromium.
	async kill(id) {
		await Promise.all(this.living(id).map((child) => {
			child.kill("SIGKILL");
			return once(child, "exit");
		}));
	}
	freeze(id) {
		for (const child of this.living(id)) {
			child.kill("SIGSTOP");
			child.frozen = true;
		}
	}

	// ---- a session

	async #create(id, workspace, account) {
		const was = this.table.get(id), profile = this.#folder(id, workspace);
		const session = { id, workspace, account, status: "qr_scanning", metadata: {
			workspaceId: workspace, accountId: account, status: "qr_scanning", createdAt: iso(), phoneNumber: null, lastActivity: iso(), performanceStart: Date.now(),
		} };
		if (was) was.lost = true; // its entry is written over, its Chromium lives on unseen
		this.table.set(id, session);
		try {
			session.child = this.#launch(id, workspace);
			session.child.account = account;
		} catch (error) {
			if (this.table.get(id) === session) this.table.delete(id);
			throw error;
		}
		await this.#page(session);
		if (this.logins.has(profile)) this.#login(session, this.logins.get(profile));
		else this.#code(session);
	}

	// Resolves when the page is up; never, when WhatsApp does not come.
	async #page(session) {
		const crashed = new Promise((_, failed) => {
			session.child.onOver = () => failed(new Say(500, { error: "Protocol error (Runtime.callFunctionOn): Target closed." }));
		});
		crashed.catch(() => {});
		try {
			if (this.crashes-- > 0) session.child.kill("SIGKILL");
			await Promise.race([crashed, later(this.crashes >= 0 ? 60000 : PAGE_MS)]);
			if (this.web === "refused") // and its Chromium stays
				throw new Say(500, { error: "net::ERR_CONNECTION_REFUSED at https://web.whatsapp.com/" });
			if (this.web === "hangs") await Promise.race([crashed, new Promise(() => {})]);
		} catch (error) {
			if (this.table.get(session.id) === session) this.table.delete(session.id);
			throw error;
		} finally {
			session.child.onOver = undefined;
		}
	}

	#enter(session, status, more = {}) {
		session.status = status;
		Object.assign(session.metadata, { status, lastActivity: iso(), ...more });
	}

	#code(session) {
		const count = (session.metadata.qrCount ?? 0) + 1;
		session.code = `2@${session.id},${++this.codes}`.slice(0, 100);
		this.#enter(session, "qr_scanning", { qrCode: picture(session.code), qrGeneratedAt: Date.now(), qrCount: count });
		this.#tell("qr_code_generated", session, { qr_code: session.metadata.qrCode, expires_in: 60, qr_count: count, is_regeneration: count > 1 });
	}

	#login(session, phone) {
		this.logins.set(this.#folder(session.id, session.workspace), phone);
		this.#enter(session, "authenticated", { authenticatedAt: iso() });
		this.#tell("session_authenticated", session, { status: "authenticated" });
		setTimeout(() => {
			if (session.status !== "authenticated" || session.child.over) return;
			this.#enter(session, "connected", { phoneNumber: phone, connectedAt: iso(), platform: "android", phoneExtractionMethod: "client.info.wid" });
			this.#tell("session_ready", session, { phone_number: phone, status: "connected", platform: "android", extraction_method: "client.info.wid" });
		}, READY_MS);
	}

	// A person scans what is shown.
	scan(id, phone = "628111222333") {
		const session = this.table.get(id);
		if (session?.status === "qr_scanning" && session.code && !session.child.over) this.#login(session, phone);
	}

	// The phone unlinks: the same browser shows a new code; recorded: 0.2 s later.
	logout(id, ms = 20) {
		const session = this.table.get(id);
		this.logins.delete(this.#folder(id, session.workspace));
		this.#enter(session, "disconnected", { lastDisconnectReason: "LOGOUT", disconnectedAt: iso() });
		this.#tell("session_disconnected", session, { reason: "LOGOUT" });
		setTimeout(() => session.child.over || this.#code(session), ms);
	}

	// WhatsApp ends it: the browser is closed, and then comes the lie.
	conflict(id, reason = "CONFLICT") {
		const session = this.table.get(id);
		this.#enter(session, "disconnected", { lastDisconnectReason: reason, disconnectedAt: iso() });
		session.child.kill("SIGKILL");
		this.#tell("session_disconnected", session, { reason });
		setTimeout(() => this.#tell("session_reconnected", session, { status: "reconnected", timestamp: iso() }), AGAIN_MS);
	}

	noNumber(id) {
		const session = this.table.get(id);
		this.#enter(session, "error", { error: "phone_extraction_failed", lastError: "phone_extraction_failed" });
		this.#tell("session_error", session, { error: "phone_extraction_failed", message: "Phone number could not be extracted" });
	}

	async #tell(event, session, more) {
		if (!this.laravel || !this.alive) return;
		const body = JSON.stringify({ event, data: { workspace_id: session.workspace, session_id: session.id, ...more } });
		await this.posts(event, body);
	}

	// An event, signed as always: also an old one once more.
	async posts(event, body) {
		const timestamp = String(Math.floor(Date.now() / 1000));
		const answer = await fetch(`${this.laravel}/api/whatsapp/webhooks/webjs`, { method: "POST", body, headers: {
			"Content-Type": "application/json", "X-Timestamp": timestamp, "User-Agent": "WhatsApp-WebJS-Service/1.0", "X-Instance-Url": "http://localhost:3001",
			"X-HMAC-Signature": createHmac("sha256", this.secret).update(timestamp + body).digest("hex"),
		} }).catch(() => ({ status: 0 }));
		this.told.push({ event, body, status: answer.status });
	}

	// ---- HTTP

	async #take(request, response) {
		let raw = "";
		request.on("error", () => {});
		response.on("error", () => {});
		for await (const part of request) raw += part;
		const url = new URL(request.url, "http://seed"), [, , area, id, verb] = url.pathname.split("/");
		if (request.headers["x-api-key"] || request.headers.authorization) this.headers++;
		// Longer than this, and a timer throws in the service, whoever still waits.
		const limit = setTimeout(() => this.alive && this.dies("fault", this.frozenEnd), this.limitMs);
		const say = (status, json) => {
			clearTimeout(limit);
			if (!this.alive) return;
			response.writeHead(status, { "Content-Type": "application/json; charset=utf-8" });
			response.end(JSON.stringify(json));
		};
		try {
			let body = {};
			try {
				body = raw ? JSON.parse(raw) : {};
			} catch {
				clearTimeout(limit);
				response.writeHead(400, { "Content-Type": "text/html" });
				return void response.end("<!DOCTYPE html><html><body><pre>SyntaxError: Unexpected token</pre></body></html>");
			}
			if (url.pathname === "/health") return say(200, { status: "healthy", uptime: 30, sessions: { total: this.table.size } });
			if (url.pathname === "/health/live") return say(503, { alive: false, uptime: 1.4, event_loop_delay_ms: {} });
			const key = request.method === "GET" ? url.searchParams.get("api_key") : body.api_key;
			if (key !== KEY) throw new Say(401, { error: "Invalid API key" });
			say(200, await this.#route(request.method, area, id, verb, body));
		} catch (error) {
			if (!(error instanceof Say)) throw error;
			say(error.status, error.json);
		}
	}

	#route(method, area, id, verb, body) {
		const route = `${method} ${area}${id && area === "sessions" ? "/ID" : ""}${verb && area === "sessions" ? `/${verb}` : ""}`;
		const routes = {
			"POST sessions": () => this.#onCreate(body),
			"GET sessions": () => {
				this.lists++;
				const sessions = [...this.table.values()].map((s) => ({ session_id: s.id, workspace_id: s.workspace, status: s.status,
					phone_number: s.metadata.phoneNumber, connected_at: s.metadata.connectedAt }));
				return { success: true, sessions, total: sessions.length };
			},
			"GET sessions/ID/status": () => {
				const s = this.#find(id);
				return { session_id: id, status: s.status, phone_number: s.metadata.phoneNumber, workspace_id: s.workspace,
					connected_at: s.metadata.connectedAt, last_activity: s.metadata.lastActivity };
			},
			"GET sessions/ID/metadata": () => ({ success: true, session_id: id, metadata: this.#find(id).metadata }),
			"PUT sessions/ID/metadata": () => ({ success: true, session_id: id, metadata: this.table.has(id) ? Object.assign(this.table.get(id).metadata, body.updates) : null }),
			"DELETE sessions/ID": () => this.#onDelete(id),
			"POST sessions/ID/reconnect": async () => {
				await this.#onDelete(id);
				return this.#onCreate({ ...body, session_id: id });
			},
			"POST sessions/ID/regenerate-qr": async () => {
				await this.#onDelete(id);
				await this.#onCreate({ ...body, session_id: id });
				return { expires_in: 300 };
			},
			"POST sessions/ID/restore": () => {
				throw new Say(500, { error: "workspaceId is not defined" });
			},
		};
		if (area === "messages") return method === "POST" ? this.#onSend(body) : this.#onValidate(id);
		if (!routes[route]) throw new Say(404, { error: "Endpoint not found", available_endpoints: {} });
		return routes[route]();
	}

	#find(id) {
		if (!this.table.has(id)) throw new Say(404, { error: "Session not found" });
		return this.table.get(id);
	}

	async #onCreate({ session_id: id, workspace_id: workspace, account_id: account }) {
		if (!/^[-_\w]+$/.test(id)) throw new Say(500, { error: "Invalid clientId. Only alphanumeric characters, underscores and hyphens are allowed." });
		const alive = this.living(id).length;
		this.asked.push({ id, account, at: Date.now(), alive });
		if (this.table.has(id)) this.faults.push(`${id} was created though it was listed`);
		const others = [...this.held.values()].filter((c) => c.account === account && c.session !== id);
		if (account !== undefined && others.length > 0) this.faults.push(`${account} got a second Chromium while ${others[0].session} had one`);
		await this.#create(id, workspace, account);
		return { success: true, session_id: id, status: "qr_scanning" };
	}

	async #onDelete(id) {
		const session = this.table.get(id);
		if (!session) return NOBODY;
		if (session.child.frozen) {
			this.frozenEnd = session.child; // this question never ends, and the limit ends the service
			await new Promise(() => {});
		}
		this.table.delete(id);
		this.onEnd?.(id);
		if (!session.child.over) {
			setTimeout(() => session.child.kill("SIGKILL"), this.slowEnd);
			if (this.slowEnd === 0) await once(session.child, "exit");
		}
		return { success: true, message: "Session disconnected successfully" };
	}

	async #onSend({ session_id: id, recipient_phone: phone, message }) {
		if (!id || !phone || !message) throw new Say(400, { error: "Missing required fields", required: ["session_id", "recipient_phone", "message"] });
		const session = this.#find(id);
		if (session.status !== "connected") throw new Say(400, { error: "Session not connected. Please check session status." });
		if (session.child.over) throw new Say(500, { error: "Protocol error (Runtime.callFunctionOn): Session closed. Most likely the page has been closed." });
		if (session.child.frozen) await new Promise(() => {});
		const n = (session.sent = (session.sent ?? 0) + 1), message_id = `true_${phone}@c.us_3EB0AD97DF55CF1E23B2${n}`;
		this.#tell("message_sent", session, { message: { id: message_id, from: `${phone}@c.us`, to: `${phone}@c.us`, body: message, timestamp: 1, from_me: true, type: "chat", has_media: false } });
		return { success: true, message_id, timestamp: Math.floor(Date.now() / 1000) };
	}

	#onValidate(id) {
		const s = this.#find(id), can = s.status === "connected";
		return { success: true, session_id: id, status: s.status, can_send: can, is_healthy: true, last_activity: s.metadata.lastActivity,
			phone_number: s.metadata.phoneNumber, recommendations: [can ? "Session is ready to send messages" : "Session is waiting for QR code scan"] };
	}
}
