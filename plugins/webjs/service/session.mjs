// session.mjs - one life of an account: from its start to its end, once.
//
//   starting -> qr -> authenticated -> connected        each may become
//   starting -> authenticated -> connected              -> down, for ever
//
// Each state before connected has a deadline. While the page is there it is looked at every now and
// then: that is how a hung page, a lost page and states that the library does not tell are noticed. What
// comes after "down" is for whoever asked for the session: nothing is started again here.

import { overByState } from "./causes.mjs";
import { Late, within } from "./deadline.mjs";
import { Engine } from "./engine.mjs";
import { ApiError } from "./errors.mjs";
import { ackWord, describe, fileOf } from "./message.mjs";

const MISSES = 2;             // looks in a row without an answer, before a page counts as lost
const SECOND_LOOK_MS = 1000;
const SAME_WORD = { UNPAIRED: true, UNPAIRED_IDLE: true }; // normal before the login, the end after it
const FIRST_CODE_S = 60, NEXT_CODE_S = 20; // how long WhatsApp lets a code live, as far as known
const MOST_SENDING = 100;     // messages on their way at once
const REQUESTS_KEPT = 1000;
const NEW_CODE_POLL_MS = 50;
const ECHO_MS = 2000;         // after a logout, for the page to load anew: it has told WhatsApp then
const WAITING_FILES = 20;     // received files that are fetched one after the other; more go without

// What the old service called these states. It said qr_scanning from the first moment on.
const OLD_STATUS = {
	starting: "qr_scanning", qr: "qr_scanning", authenticated: "authenticated", connected: "connected",
	down: "disconnected",
};

export class Session {
	#timer;
	#probe;
	#offline;
	#misses = 0;
	#inbox = Promise.resolve();
	#waiting = 0;
	#sending = 0;
	#requests = new Map(); // the client's id of a message -> a promise of the message
	#missedLogin = false;
	#onEcho; // set while a logout is asked for: what WhatsApp says to that is no news

	// Who it is: { id, account, workspace, profile, generation }; generation 0 is unfenced.
	constructor(who, { boot, settings, log, tell, onOver, chromium }) {
		Object.assign(this, who, {
			state: "starting", since: Date.now(), createdAt: Date.now(), connectedAt: null, endedAt: null,
			cause: null, reason: null, text: null, phone: null, platform: null, waState: null, qr: null,
			gone: undefined, // once it is down: a promise of whether no process of it is left
			isGone: false, sends: { ok: 0, failed: 0 },
		});
		this.settings = settings;
		this.log = (level, text) => log[level](`session ${this.id}: ${text}`);
		this.tellOutside = tell;
		this.onOver = onOver;
		this.chromium = chromium;
		this.engine = new Engine({ session: this.id, profile: this.profile, boot, settings, on: this.#handlers() });
		this.engine.suspect = () => this.#lookSoon(0);
		this.#limit(settings.startDeadline, "no QR code and no login came");
	}

	#handlers() {
		return {
			launched: () => this.chromium.worked(),
			notLaunched: (why) => this.#onNotLaunched(why),
			qr: (text) => this.#onQr(text),
			authenticated: () => this.#onAuthenticated(),
			ready: () => this.#onReady(),
			changed: (state) => this.#onState(state),
			message: (message) => this.#onMessage(message),
			sent: (message) => this.#tell("message_sent", { message: { ...describe(message), status: "pending" } }),
			ack: (message, level) => this.#tell("message_status_updated", {
				message_id: message.id._serialized, recipient: message.to, ack_level: level,
				status: ackWord(level) ?? "unknown",
			}),
			over: (why) => this.#ended(why),
		};
	}

	// Begin when `free` is fulfilled: nobody else has the profile then.
	async start(free) {
		try {
			await free;
		} catch (error) {
			this.over({ cause: "engine_hang", reason: "NOT_FREE", text: error.message });
		}
		if (this.state !== "starting") return;
		this.engine.start();
		this.#lookSoon(this.settings.probeInterval);
	}

	get live() {
		return this.state !== "down";
	}

	// ---- the way to connected

	#enter(state) {
		this.log("info", `${this.state} -> ${state}`);
		this.state = state;
		this.since = Date.now();
		clearTimeout(this.#timer);
	}

	#limit(ms, text, cause = "engine_hang") {
		this.#timer = setTimeout(() => this.over({ cause, reason: "DEADLINE", text: `${text} within ${ms / 1000} s` }), ms);
	}

	// Puppeteer knows little of why, and it matters whether it is this profile or the whole machine.
	async #onNotLaunched(why) {
		const worse = await this.chromium.diagnose();
		this.over({ ...why, reason: "NOT_STARTED", ...worse });
	}

	#onQr(text) {
		// The library tells a code before WhatsApp has made one; the text then begins so.
		if (text.startsWith("undefined,") || text === this.qr?.text) return;
		if (this.state === "authenticated" || this.state === "connected")
			return void this.#ended({ cause: "logged_out", reason: "QR_AGAIN", text: "WhatsApp Web asks for a scan again" });
		const count = (this.qr?.count ?? 0) + 1;
		this.qr = { text, count, at: Date.now(), seconds: count === 1 ? FIRST_CODE_S : NEXT_CODE_S };
		if (this.state !== "qr") {
			this.#enter("qr");
			this.#limit(this.settings.qrDeadline, "nobody scanned the QR code", "qr_expired");
		}
		this.#tell("qr_code_generated", this.qrView());
	}

	#onAuthenticated() {
		if (this.state !== "starting" && this.state !== "qr") return; // again, after a reload of the page
		this.#enter("authenticated");
		this.qr = null;
		this.#limit(this.settings.readyDeadline, "WhatsApp Web did not get ready");
		this.#tell("session_authenticated", { status: "authenticated" });
	}

	#onReady() {
		if (this.state === "connected") return;
		this.#enter("connected");
		Object.assign(this, { connectedAt: Date.now(), qr: null, waState: "CONNECTED", ...this.engine.owner });
		this.#tell("session_ready", { status: "connected", phone_number: this.phone, platform: this.platform });
	}

	// ---- looking at the page

	#lookSoon(ms) {
		clearTimeout(this.#probe);
		if (this.live) this.#probe = setTimeout(() => this.#look(), ms);
	}

	async #look() {
		let seen, failure;
		try {
			seen = await this.engine.look();
		} catch (error) {
			failure = error;
		}
		if (!this.live) return;
		// Before the first code or login the page may well be loading; the start's deadline watches it.
		const missed = this.state !== "starting" && (failure || !seen?.state);
		this.#misses = missed ? this.#misses + 1 : 0;
		if (this.#misses >= MISSES) return void this.#ended(lost(seen, failure));
		if (seen?.state) this.#onSeen(seen);
		this.#lookSoon(missed ? SECOND_LOOK_MS : this.settings.probeInterval);
	}

	#onSeen({ state, synced, phone }) {
		const loggedIn = this.state === "authenticated" || this.state === "connected";
		if (!loggedIn && state === "CONNECTED" && synced) this.#onMissedLogin();
		const over = (loggedIn || !SAME_WORD[state]) && overByState(state);
		if (over) return void this.#ended(over);
		if (this.state === "qr" && state === "UNPAIRED_IDLE") {
			this.log("info", "WhatsApp stopped renewing the QR code; asking for a new one");
			this.engine.renewQr().catch((error) => this.log("warn", error.message));
		}
		if (this.state === "connected" && phone && phone !== this.phone) {
			this.phone = phone;
			this.#tell("session_changed", { phone_number: phone });
		}
		this.#onState(state);
	}

	#onMissedLogin() {
		if (!this.#missedLogin) return void (this.#missedLogin = true); // it may be telling us just now
		this.log("info", "the page is logged in, and the library does not know it; telling it");
		this.engine.tellSynced().catch((error) => this.log("warn", error.message));
	}

	// A connected session may be without WhatsApp for a while; it finds back by itself, or its time is up.
	#onState(state) {
		if (!this.live || state === this.waState) return;
		this.waState = state;
		if (this.state !== "connected") return;
		this.#tell("session_changed", { wa_state: state });
		clearTimeout(this.#offline);
		if (state !== "CONNECTED")
			this.#offline = setTimeout(() => this.over({ cause: "network", reason: state,
				text: `no connection to WhatsApp for ${this.settings.offlineDeadline / 1000} s` }), this.settings.offlineDeadline);
	}

	// ---- messages

	#onMessage(message) {
		this.#waiting++;
		this.#inbox = this.#inbox.then(() => this.#receive(message)).catch((error) =>
			this.log("warn", `a message could not be passed on: ${error.message}`)).finally(() => this.#waiting--);
	}

	async #receive(message) {
		const told = describe(message);
		if (message.hasMedia) {
			told.media = fileOf(message);
			if (told.media.size <= this.settings.mediaInline && this.#waiting <= WAITING_FILES)
				told.media.data = await this.engine.download(message).then((file) => file?.data ?? null, () => null);
		}
		this.#tell("message_received", { message: told });
	}

	checkConnected() {
		if (this.state !== "connected")
			throw new ApiError(400, "not_connected", "Session not connected. Please check session status.");
	}

	// chat: an id with its server. request: the client's own id of this message, or undefined: asked again
	// with the same one, it is not sent again. Resolves with the library's message; rejects with an ApiError.
	send(chat, text, { request, ...options }) {
		if (this.#requests.has(request)) return this.#requests.get(request);
		const sending = this.#send(chat, text, options);
		if (request === undefined) return sending;
		this.#requests.set(request, sending);
		// What surely failed may be tried again.
		sending.catch((error) => error.code === "outcome_unknown" || this.#requests.delete(request));
		if (this.#requests.size > REQUESTS_KEPT) this.#requests.delete(this.#requests.keys().next().value);
		return sending;
	}

	// fetchFile is asked only for a message that is sent, and while it counts as one on its way.
	async #send(chat, text, { fetchFile }) {
		this.checkConnected();
		if (this.#sending >= MOST_SENDING)
			throw new ApiError(429, "throttled", `${MOST_SENDING} messages of this session are on their way; try again later`);
		this.#sending++;
		try {
			const media = await fetchFile();
			const message = await this.engine.send(chat, text, media && { media });
			if (!message) throw new Error("No LID for user");
			this.sends.ok++;
			return message;
		} catch (error) {
			throw error instanceof ApiError ? error : this.#notSent(error);
		} finally {
			this.#sending--;
		}
	}

	#notSent(error) {
		const words = String(error?.message ?? error).split("\n")[0].slice(0, 250);
		if (/No LID for user|invalid wid/i.test(words))
			return new ApiError(422, "no_recipient", "WhatsApp does not know this recipient");
		this.sends.failed++;
		this.#lookSoon(0);
		if (error instanceof Late) return new ApiError(504, "outcome_unknown", `${words}; it may have been sent`);
		return new ApiError(502, "engine_failed", words);
	}

	// A new code, instead of waiting for WhatsApp to make one. Resolves with what qrView() says.
	async renewQr() {
		if (this.state !== "qr") throw new ApiError(409, "no_qr", `The session is ${this.state}: there is no QR code to renew`);
		const before = this.qr.count;
		await this.engine.renewQr();
		const last = Date.now() + this.settings.callDeadline;
		while (this.qr?.count === before && Date.now() < last) await new Promise((go) => setTimeout(go, NEW_CODE_POLL_MS));
		if (!this.qr || this.qr.count === before) throw new ApiError(504, "no_qr", "WhatsApp made no new QR code");
		return this.qrView();
	}

	// ---- the end

	// The session is over, now; the browser ends behind that. graceful: Chromium may write its profile.
	over({ cause, reason, text, graceful = cause !== "engine_hang" && cause !== "engine_crash" }) {
		if (!this.live) return this.gone;
		this.#enter("down");
		for (const timer of [this.#probe, this.#offline]) clearTimeout(timer);
		Object.assign(this, { cause, reason, text, endedAt: Date.now(), qr: null, waState: null });
		this.log(cause === "by_request" ? "info" : "warn", `${cause} (${reason}): ${text}`);
		this.#tell("session_disconnected", { reason, cause, text });
		this.gone = this.engine.end({ graceful }).then((gone) => {
			this.isGone = gone;
			if (!gone) this.log("error", "a process of its Chromium cannot be killed");
			return gone;
		});
		this.onOver(this);
		return this.gone;
	}

	// It ended by itself.
	#ended(why) {
		if (this.#onEcho) this.#onEcho();
		else this.over(why);
	}

	// Unlink the device at WhatsApp, then end. Rejects, and nothing has changed, when that cannot be asked.
	async logout() {
		if (this.state !== "authenticated" && this.state !== "connected")
			throw new ApiError(409, "not_linked", `The session is ${this.state}: there is no login to end`);
		const echo = new Promise((done) => (this.#onEcho = done));
		try {
			await this.engine.logout();
		} catch (error) {
			// The page loads anew when it is unlinked, and the answer may be lost in that.
			if (error instanceof Late || !/context was destroyed|detached/i.test(error.message)) {
				this.#onEcho = undefined;
				this.#lookSoon(0);
				throw new ApiError(error instanceof Late ? 504 : 502, "engine_failed", error.message);
			}
		}
		await within(ECHO_MS, "WhatsApp's farewell", echo).catch(() => {});
		return this.over({ cause: "by_request", reason: "LOGOUT", text: "logged out by request" });
	}

	// ---- what is told

	#tell(event, data) {
		this.tellOutside(event, {
			workspace_id: this.workspace, account_id: this.account, session_id: this.id, profile: this.profile,
			generation: this.generation, state: this.state, ...data,
		});
	}

	// The code that is shown now, as events and answers carry it; all null when there is none.
	qrView() {
		const { text = null, count = null, at = null, seconds } = this.qr ?? {};
		const left = this.qr && Math.max(0, seconds - Math.round((Date.now() - at) / 1000));
		return { qr: text, qr_count: count, is_regeneration: count > 1, expires_in: left, qr_generated_at: iso(at) };
	}

	view() {
		return {
			session_id: this.id, account_id: this.account, workspace_id: this.workspace, profile: this.profile,
			generation: this.generation, state: this.state, status: OLD_STATUS[this.state], cause: this.cause,
			reason: this.reason, text: this.text, phone_number: this.phone, platform: this.platform,
			wa_state: this.waState, ...this.qrView(), sent: this.sends.ok, send_failed: this.sends.failed,
			since: iso(this.since), created_at: iso(this.createdAt), connected_at: iso(this.connectedAt),
			ended_at: iso(this.endedAt), closing: !this.live && !this.isGone,
		};
	}
}

const iso = (ms) => (ms === null ? null : new Date(ms).toISOString());

function lost(seen, failure) {
	if (failure instanceof Late)
		return { cause: "engine_hang", reason: "HUNG", text: `the page does not answer: ${failure.message}` };
	if (failure) return { cause: "engine_crash", reason: "LOST", text: `the page cannot be asked: ${failure.message}` };
	const offline = seen?.url.startsWith("chrome-error:");
	return { cause: offline ? "network" : "engine_crash", reason: "NOT_WHATSAPP",
		text: offline ? "Chromium shows an error page: WhatsApp cannot be reached" : `the page is not WhatsApp but ${seen?.url}` };
}
