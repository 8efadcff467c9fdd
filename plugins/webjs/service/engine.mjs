// engine.mjs - one Chromium with one whatsapp-web.js client in it: started, asked, ended.
//
// What a caller would learn from a crash otherwise:
// - The library throws in handlers of its own long after initialize(): see blame.mjs.
// - It deletes the profile when the phone unlinks, and then shows a new code in the same browser.
//   Here a profile is never deleted, and that browser is ended.
// - Its own end() waits for Chromium without an end. Here everything has a deadline, and the last step
//   is always to kill what still carries our tag.
// - Chromium is led by a pipe and not by a port: no other user of the machine can drive it, and it ends
//   by itself when this process is killed.

import { createRequire } from "node:module";
import { blame } from "./blame.mjs";
import { overByError, overByEvent } from "./causes.mjs";
import { within } from "./deadline.mjs";
import { end, lives, ourBrowsers } from "./processes.mjs";

const { Client, LocalAuth, MessageMedia } = createRequire(import.meta.url)("whatsapp-web.js");

const KILL_MS = 5000; // a process that SIGKILL does not end in this time is stuck in the kernel
const GUARD_MS = 250;
// WhatsApp Web is one page: no renderer waits for a next one or for the address bar's pop-up, and nothing
// is drawn on a GPU.
const FLAGS = ["--disable-gpu", "--disable-software-rasterizer",
	"--disable-features=SpareRendererForSitePerProcess,WebUIOmniboxPopup,WebUIOmniboxAimPopup"];

class KeptLogin extends LocalAuth {
	constructor(options, onBrowser) {
		super(options);
		this.onBrowser = onBrowser;
	}
	async afterBrowserInitialized() {
		this.onBrowser(this.client.pupBrowser, this.client.pupPage);
	}
	async logout() {} // the folder stays: only delete of a profile removes it
}

// Runs in the page. WhatsApp's modules may be missing: not loaded yet, or another page.
function lookAtPage() {
	const module = (name) => {
		try {
			return window.require(name);
		} catch {
			return undefined;
		}
	};
	const me = module("WAWebUserPrefsMeUser")?.getMaybeMePnUser?.();
	const socket = module("WAWebSocketModel")?.Socket;
	return {
		url: window.location.href,
		state: socket?.state ?? null,
		synced: socket?.hasSynced === true,
		phone: me?.server === "c.us" ? me.user : null,
	};
}

export class Engine {
	#client;
	#page;
	#browser;
	#launching; // its process, before puppeteer gives it
	#abort = new AbortController();
	#ending;

	// session: its tag. profile: names the folder of its login. on: what is told (each with its arguments):
	// launched() or notLaunched({ cause, reason, text }), qr(text), authenticated(), ready(), changed(state),
	// message(m), sent(m), ack(m, level), and over({ cause, reason, text }) when the session cannot go on;
	// the caller then calls end().
	constructor({ session, profile, boot, settings, on }) {
		this.session = session;
		this.settings = settings;
		this.on = on;
		this.#client = new Client({
			authStrategy: new KeptLogin({ clientId: profile, dataPath: settings.profiles },
				(browser, page) => this.#watch(browser, page)),
			webVersionCache: { type: "local", path: settings.webCache },
			authTimeoutMs: settings.startDeadline,
			puppeteer: {
				executablePath: settings.chromium, headless: true, pipe: true, signal: this.#abort.signal,
				handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false,
				timeout: settings.startDeadline, protocolTimeout: settings.startDeadline + settings.callDeadline,
				args: [...FLAGS, `--relink-session=${session}`, `--relink-boot=${boot}`],
			},
		});
		this.#listen();
	}

	get pid() {
		return this.#browser?.process()?.pid;
	}

	// Who is logged in, once ready: { phone, platform }; phone is null when WhatsApp does not tell the number.
	get owner() {
		const { wid, platform } = this.#client.info ?? {};
		return { phone: wid?.server === "c.us" ? wid.user : null, platform: platform ?? null };
	}

	#listen() {
		const tell = (event, act) => this.#client.on(event, (...args) => this.#ending || act(...args));
		tell("qr", (text) => this.on.qr(text));
		tell("authenticated", () => this.on.authenticated());
		tell("ready", () => this.on.ready());
		tell("change_state", (state) => this.on.changed(state));
		tell("message", (message) => this.on.message(message));
		tell("message_create", (message) => message.fromMe && this.on.sent(message));
		tell("message_ack", (message, level) => message.fromMe && this.on.ack(message, level));
		tell("disconnected", (word) => this.on.over(overByEvent(word)));
		tell("auth_failure", (text) => this.on.over({ cause: "auth_corrupt", reason: "AUTH_FAILURE", text: String(text) }));
	}

	// The library calls this again after a log-out, with the same browser.
	#watch(browser, page) {
		if (this.#browser) return;
		this.#browser = browser;
		this.#page = page;
		if (!this.#ending) this.on.launched();
		const over = (text) => this.#ending || this.on.over({ cause: "engine_crash", reason: "BROWSER_GONE", text });
		browser.process().once("exit", (code, signal) => over(`Chromium ended with ${signal ?? `status ${code}`}`));
		browser.once("disconnected", () => over("the connection to Chromium broke"));
		page.once("error", () => over("the page crashed"));
		page.once("close", () => over("the page was closed"));
	}

	// Returns at once; what becomes of it is told.
	start() {
		const guard = setInterval(() => this.#guard(guard), GUARD_MS);
		const started = blame.run(this, () => this.#client.initialize());
		started.catch((error) => {
			clearInterval(guard);
			if (this.#ending) return;
			if (this.#browser) this.on.over(overByError(error));
			else this.on.notLaunched(overByError(error));
		});
	}

	// Puppeteer gives the browser only when it shows a page, and does not always notice when it dies before.
	#guard(timer) {
		if (this.#browser || this.#ending) return clearInterval(timer);
		this.#launching ??= this.#found()[0];
		if (this.#launching && !lives(this.#launching)) {
			clearInterval(timer);
			this.on.notLaunched({ cause: "engine_crash", reason: "BROWSER_GONE", text: "Chromium died while it started" });
		}
		return undefined;
	}

	#found() {
		return ourBrowsers(this.settings.profiles).filter(({ session }) => session === this.session);
	}

	// A handler of the library failed outside of any call. Set by the caller.
	suspect() {}

	// What the page shows: { url, state, synced, phone }; state is null when it is not WhatsApp. Undefined
	// while there is no page.
	async look() {
		const look = () => this.#page.evaluate(lookAtPage);
		return this.#page && this.#within(this.settings.probeDeadline, "looking at the page", look);
	}

	// The library learns of a login from the page's change to "synced". It listens only some time after
	// the page is there; when it was too late, this tells it.
	async tellSynced() {
		await this.#ask("telling of the login", () => void window.onAppStateHasSyncedEvent?.());
	}

	// A new code; it is told by qr().
	async renewQr() {
		await this.#ask("a new QR code", () => void window.require("WAWebCmd").Cmd.refreshQR());
	}

	// Unlink this device at WhatsApp. The page loads anew on that, which may cut off the answer.
	async logout() {
		await this.#ask("the logout", () => window.require("WAWebSocketModel").Socket.logout());
	}

	// chat: an id with its server. Resolves with the library's message, or undefined: no such chat.
	async send(chat, text, { media, ...options } = {}) {
		const content = media ? new MessageMedia(media.mimetype, media.data, media.filename) : text;
		return this.#within(this.settings.callDeadline, "sending",
			() => this.#client.sendMessage(chat, content, media ? { ...options, caption: text } : options));
	}

	async download(message) {
		return this.#within(this.settings.callDeadline, "fetching the file of a message", () => message.downloadMedia());
	}

	#ask(what, act) {
		return this.#within(this.settings.callDeadline, what, () => this.#page.evaluate(act));
	}

	#within(ms, what, act) {
		return within(ms, what, blame.run(this, act));
	}

	// End Chromium and tell nothing more; graceful lets it write its profile. Resolves with whether no
	// process of it is left.
	end({ graceful = false } = {}) {
		this.#ending ??= this.#end(graceful);
		return this.#ending;
	}

	async #end(graceful) {
		if (graceful && this.#browser)
			await this.#within(this.settings.closeDeadline, "closing Chromium", () => this.#browser.close()).catch(() => {});
		this.#abort.abort();
		// A browser that has died is no longer found by its tag; its children may live on in its group.
		const found = this.#found();
		const known = this.pid && !found.some(({ pid }) => pid === this.pid) ? [{ pid: this.pid }] : [];
		return (await end([...found, ...known], KILL_MS)).length === 0;
	}
}
