// fake.mjs - a double of our service that can be told to misbehave, and knows what really happened.
//
// In a good mood it keeps the contract of plugins/webjs/service/README.md (../conformance.test.mjs holds it
// to that), with sessions that are only rows in a table.  `spoil` puts one of the ways of ways.mjs between
// a request and its answer.
//
// The truth is what was carried out, not what was answered: lives with their begin and end.  Two lives of
// an account at once, or a create of one (session, generation) that came twice, stand in `faults`.

import { once } from "node:events";
import http from "node:http";
import { sign } from "../../../../plugins/webjs/service/signature.mjs";

export const KEY = "key-of-the-fake", SECRET = "secret-of-the-fake";

class Refusal extends Error {
	constructor(status, code, sentence, more = {}) {
		super(sentence);
		this.answer = { status, json: { error: sentence, code, ...more } };
	}
}
const notFound = () => new Refusal(404, "gone", "Session not found");
const OLD_STATUS = { starting: "qr_scanning", qr: "qr_scanning", authenticated: "authenticated", connected: "connected", down: "disconnected" };
const NAME = /^[A-Za-z0-9_-]{1,128}$/;

// What is asked, by the route's name.
function routeOf(method, path) {
	const [, api, area, id, verb] = path.split("/");
	if (path === "/health" || path === "/health/live") return { name: "health" };
	if (api !== "api") return { name: "none" };
	if (area === "sessions" && !id) return { name: { GET: "list", POST: "create" }[method] ?? "none" };
	if (area === "sessions" && !verb) return { name: { GET: "look", DELETE: "delete" }[method] ?? "none", id };
	if (area === "sessions") return { name: { status: "look", metadata: "metadata", logout: "logout", "regenerate-qr": "renew", reconnect: "again", restore: "again" }[verb] ?? "none", id };
	if (area === "messages" && method === "POST") return { name: "send" };
	if (area === "messages") return { name: "validate", id };
	if (area === "profiles") return { name: method === "DELETE" ? "unprofile" : "profiles", id };
	return { name: "none" };
}

export class Fake {
	// webhook: where events go.  scanMs: so long after its QR code a new login is scanned; undefined: only
	// by scan().
	static async start({ webhook, scanMs, secret = SECRET } = {}) {
		const self = new Fake();
		Object.assign(self, { webhook, scanMs, secret });
		self.server = http.createServer((request, response) => self.#take(request, response));
		await once(self.server.listen(0, "127.0.0.1"), "listening");
		self.url = `http://127.0.0.1:${self.server.address().port}`;
		return self;
	}

	constructor() {
		this.boot = `fake${Math.random().toString(16).slice(2, 10)}`;
		this.table = new Map();    // session id -> life
		this.lives = [];           // the truth
		this.faults = [];
		this.creates = new Map();  // "session generation" -> how often asked
		this.highest = new Map();  // account -> generation
		this.logins = new Map();   // profile -> phone
		this.sent = new Map();     // text -> how often
		this.counts = {};          // route -> requests
		this.spoiled = {};         // route -> requests that met a rule
		this.bytes = 0;            // that ways have poured out
		this.rules = [];
		this.sequence = 0;
	}

	stop() {
		for (const life of this.lives) clearTimeout(life.timer);
		this.server.close();
		this.server.closeAllConnections();
	}

	// From now on requests of that route meet `way`; `where` chooses among them.
	spoil(route, way, where = () => true) {
		this.rules.push({ route, way, where });
	}

	cure() {
		this.rules = [];
	}

	// ---- HTTP

	async #take(request, response) {
		const parts = [];
		try {
			for await (const part of request) parts.push(part);
		} catch {
			return; // the client hung up
		}
		const raw = Buffer.concat(parts).toString(), url = new URL(request.url, "http://fake");
		const route = routeOf(request.method, url.pathname);
		this.counts[route.name] = (this.counts[route.name] ?? 0) + 1;
		const act = () => this.#act(request, route, raw, url);
		const rule = this.rules.find((r) => r.route === route.name && r.where(raw, route));
		request.socket.on("error", () => {});
		if (rule) {
			this.spoiled[route.name] = (this.spoiled[route.name] ?? 0) + 1;
			if (route.name === "create" && rule.way.acts === undefined) this.#asked(raw);
			return rule.way({ fake: this, request, response, act, socket: request.socket });
		}
		say(response, act());
	}

	#asked(raw) {
		const { session_id, generation } = JSON.parse(raw);
		const key = `${session_id} ${generation}`;
		this.creates.set(key, (this.creates.get(key) ?? 0) + 1);
		if (generation > 0 && this.creates.get(key) > 1) this.faults.push(`create of ${key} was asked ${this.creates.get(key)} times`);
	}

	#act(request, { name, id }, raw, url) {
		try {
			if (name === "health") return { status: 200, json: this.#health() };
			let body = {};
			if (raw) {
				try {
					body = JSON.parse(raw);
				} catch {
					throw new Refusal(400, "bad_request", "Body is not valid JSON");
				}
			}
			const key = request.headers["x-api-key"] ?? /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1]
				?? body.api_key ?? (request.method === "GET" ? url.searchParams.get("api_key") : undefined);
			if (key !== KEY) throw new Refusal(401, "unauthorized", "Invalid API key");
			return { status: 200, ...this[`on_${name}`]({ ...Object.fromEntries(url.searchParams), ...body }, id) };
		} catch (error) {
			if (error.answer) return error.answer;
			throw error;
		}
	}

	#health() {
		return { status: "healthy", boot_id: this.boot, reasons: [], sessions: { total: this.table.size } };
	}

	#find(id) {
		if (!this.table.has(id)) throw notFound();
		return this.table.get(id);
	}

	view(life) {
		const { session_id, account_id, workspace_id, profile, generation, state, cause, reason, text, phone, qr } = life;
		return {
			session_id, account_id, workspace_id, profile, generation, state, status: OLD_STATUS[state], cause, reason, text,
			phone_number: phone, platform: phone && "android", wa_state: state === "connected" ? "CONNECTED" : null,
			qr: qr?.text ?? null, qr_count: qr?.count ?? null, is_regeneration: (qr?.count ?? 0) > 1,
			expires_in: qr ? 60 : null, qr_generated_at: qr?.at ?? null, sent: life.sent, send_failed: 0,
			since: life.since, created_at: life.created, connected_at: life.connected ?? null, ended_at: life.ended ?? null, closing: false,
		};
	}

	// ---- what can be asked

	on_none() {
		throw new Refusal(404, "no_such_route", "Endpoint not found");
	}

	on_create(body) {
		const { session_id: id, account_id: account = null, workspace_id: workspace = null, profile = id, generation = 0 } = body;
		if (!NAME.test(id ?? "") || !NAME.test(profile)) throw new Refusal(400, "bad_request", "body/session_id must match pattern");
		if (!Number.isInteger(generation) || generation < 0) throw new Refusal(400, "bad_request", "body/generation must be >= 0");
		if (generation > 0 && account === null)
			throw new Refusal(400, "bad_request", "A generation counts the lives of an account: account_id is missing");
		if (generation > 0) this.#asked(JSON.stringify(body));
		const known = this.table.get(id), highest = this.highest.get(account) ?? 0;
		if (known && known.account_id !== account) throw new Refusal(409, "conflict", "This session id belongs to another account");
		if (generation < highest) throw new Refusal(409, "stale", `Generation ${generation} is too old: ${highest} was seen`, { generation: highest });
		if (known && generation === known.generation && (generation > 0 || known.state !== "down"))
			return { json: { success: true, boot_id: this.boot, ...this.view(known) } };
		if (generation > 0 && generation === highest)
			throw new Refusal(409, "stale", `Generation ${generation} was created before and is over`, { generation: highest });
		const user = this.lives.find((l) => !l.end && l.profile === profile && (l.account_id !== account || account === null) && l.session_id !== id);
		if (user) throw new Refusal(409, "profile_in_use", `The profile is open in session ${user.session_id}`);
		if (generation > 0) this.highest.set(account, generation);
		for (const life of this.lives) if (!life.end && account !== null && life.account_id === account) this.#over(life);
		for (const [other, life] of this.table) if (account !== null && life.account_id === account) this.table.delete(other);
		return { status: 202, json: { success: true, boot_id: this.boot, ...this.view(this.#begin({ session_id: id, account_id: account, workspace_id: workspace, profile, generation })) } };
	}

	on_list() {
		const sessions = [...this.table.values()].filter((life) => !life.unlisted)
			.map((life) => ({ ...this.view(life), memory: { processes: 8, rss_bytes: 1, own_bytes: 1 } }));
		return { json: { success: true, boot_id: this.boot, complete: true, total: sessions.length, sessions } };
	}

	on_look(_, id) {
		return { json: { boot_id: this.boot, ...this.view(this.#find(id)), memory: null } };
	}

	on_metadata(_, id) {
		const { session_id, ...metadata } = this.view(this.#find(id));
		return { json: { success: true, session_id, boot_id: this.boot, metadata } };
	}

	on_delete({ account_id: account, generation = 0 }, id) {
		const life = this.table.get(id), number = Number(generation);
		if (life && account !== undefined && life.account_id !== account) throw new Refusal(409, "conflict", "This session belongs to another account");
		if (number > 0 && life?.generation > number) throw new Refusal(409, "stale", `The session has generation ${life.generation}`, { generation: life.generation });
		if (number > 0 && account !== undefined) this.highest.set(account, Math.max(number, this.highest.get(account) ?? 0));
		if (!life) throw notFound();
		if (life.state !== "down") this.#over(life);
		this.table.delete(id);
		return { json: { success: true, message: "Session disconnected successfully" } };
	}

	on_logout(_, id) {
		const life = this.#find(id);
		if (!this.logins.has(life.profile)) throw new Refusal(409, "not_linked", "There is no login");
		this.#over(life);
		this.table.delete(id);
		this.logins.delete(life.profile);
		return { json: { success: true, message: "Logged out at WhatsApp; the profile is deleted" } };
	}

	on_renew(_, id) {
		const life = this.#find(id);
		if (life.state !== "qr") throw new Refusal(409, "no_qr", "The session does not show a QR code");
		this.#code(life);
		return { json: { success: true, session_id: id, qr: life.qr.text, qr_count: life.qr.count, expires_in: 60 } };
	}

	on_again(body, id) {
		const old = this.table.get(id);
		if (old?.generation > 0 && !(body.generation > old.generation))
			throw new Refusal(409, "stale", "The session has a generation; name a higher one", { generation: old.generation });
		if (old && !(old.generation > 0)) this.on_delete({}, id);
		return this.on_create({ profile: old?.profile, account_id: old?.account_id ?? undefined, ...body, session_id: id });
	}

	on_send(body) {
		const life = this.#find(body.session_id), chat = String(body.recipient_phone);
		const digits = chat.replace(/[\s().+-]/g, "");
		if (!/@(c|g)\.us$/.test(chat) && !/^\d{5,20}$/.test(digits)) throw new Refusal(400, "bad_request", "Invalid phone number format");
		if (!body.message && !body.media && !body.media_url) throw new Refusal(400, "bad_request", "There is nothing to send: message is empty");
		if (life.state !== "connected") throw new Refusal(400, "not_connected", "Session not connected. Please check session status.");
		this.sent.set(body.message, (this.sent.get(body.message) ?? 0) + 1);
		life.sent++;
		const id = `true_${digits}@c.us_3EB0${life.sent}`, timestamp = Math.floor(Date.now() / 1000);
		this.tell("message_sent", { ...this.view(life), message: { id, from: `${life.phone}@c.us`, to: `${digits}@c.us`, body: body.message,
			timestamp, from_me: true, type: "chat", has_media: false, status: "pending" } });
		return { json: { success: true, message_id: id, timestamp } };
	}

	on_validate(_, id) {
		const life = this.#find(id), can = life.state === "connected";
		return { json: { success: true, ...this.view(life), can_send: can, is_healthy: can } };
	}

	on_profiles() {
		const users = new Map(this.lives.filter((l) => !l.end).map((l) => [l.profile, l.session_id]));
		const profiles = [...new Set(this.lives.map((l) => l.profile))].map((profile) => ({ profile, session_id: users.get(profile) ?? null }));
		return { json: { success: true, total: profiles.length, profiles } };
	}

	on_unprofile(_, profile) {
		const user = this.lives.find((l) => !l.end && l.profile === profile);
		if (user) throw new Refusal(409, "profile_in_use", `The profile is open in session ${user.session_id}`);
		if (!this.lives.some((l) => l.profile === profile)) throw new Refusal(404, "gone", "Profile not found");
		this.logins.delete(profile);
		this.lives = this.lives.filter((l) => l.profile !== profile);
		return { json: { success: true, message: "Profile deleted" } };
	}

	// ---- lives

	#begin(who) {
		const now = Date.now(), others = this.lives.filter((l) => !l.end && l.account_id !== null && l.account_id === who.account_id);
		const life = { ...who, state: "starting", from: now, created: new Date(now).toISOString(), since: new Date(now).toISOString(),
			cause: null, reason: null, text: null, phone: null, qr: null, sent: 0 };
		for (const other of others) this.faults.push(`${who.account_id}: ${who.session_id} began while ${other.session_id} lived`);
		this.lives.push(life);
		this.table.set(life.session_id, life);
		life.timer = setTimeout(() => this.logins.has(life.profile) ? this.#login(life) : this.#code(life), 20);
		return life;
	}

	#enter(life, state, event, more) {
		Object.assign(life, { state, since: new Date().toISOString() }, more);
		if (event) this.tell(event, { ...this.view(life) });
	}

	#code(life) {
		const count = (life.qr?.count ?? 0) + 1;
		this.#enter(life, "qr", "qr_code_generated", { qr: { text: `2@${life.session_id},${count}`, count, at: new Date().toISOString() } });
		if (this.scanMs !== undefined) life.timer = setTimeout(() => this.scan(life.session_id), this.scanMs);
	}

	#login(life, phone = this.logins.get(life.profile)) {
		if (life.end) return;
		this.logins.set(life.profile, phone);
		this.#enter(life, "authenticated", "session_authenticated", { qr: null });
		life.timer = setTimeout(() => this.#enter(life, "connected", "session_ready", { phone, connected: new Date().toISOString() }), 20);
	}

	#over(life, more = {}) {
		clearTimeout(life.timer);
		Object.assign(life, { state: "down", end: Date.now(), ended: new Date().toISOString(), qr: null, cause: "by_request", ...more });
	}

	// A person scans.
	scan(id, phone = "628111222333") {
		const life = this.table.get(id);
		if (life?.state === "qr") this.#login(life, phone);
	}

	// It ends by itself, and stays in the list as down.
	drop(id, cause, reason = cause, text = `it ended: ${cause}`) {
		const life = this.table.get(id);
		if (["logged_out", "unpaired"].includes(cause)) this.logins.delete(life.profile);
		this.#over(life, { cause, reason, text });
		this.tell("session_disconnected", { ...this.view(life) });
	}

	// The process is killed and started again: it knows no session any more.
	restart() {
		for (const life of this.lives) if (!life.end) this.#over(life);
		this.table.clear();
		this.boot = `fake${Math.random().toString(16).slice(2, 10)}`;
	}

	living(account) {
		return this.lives.filter((l) => !l.end && l.account_id === account);
	}

	async tell(event, data) {
		if (!this.webhook) return;
		const sequence = ++this.sequence;
		const body = JSON.stringify({ event, id: `evt_${this.boot}_${sequence}`, sequence, boot_id: this.boot, at: new Date().toISOString(), data });
		await fetch(this.webhook, { method: "POST", headers: { "Content-Type": "application/json", ...sign(this.secret, body) }, body }).catch(() => {});
	}
}

export function say(response, { status, json, headers = {} }) {
	const text = JSON.stringify(json);
	response.writeHead(status, { "Content-Type": "application/json; charset=utf-8", "Content-Length": Buffer.byteLength(text), ...headers });
	response.end(text);
}
