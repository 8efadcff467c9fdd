// basics.js - what the other parts are made of: settings, chance, waiting, listeners.
//
// The parts of this folder become one script in one page (see ../page.mjs), so they share one scope.

const CONTROL = "@CONTROL@"; // the control server, for example http://127.0.0.1:41231
const VERSION = "@VERSION@"; // what window.Debug.VERSION says
const PAGE_ID = Math.random().toString(36).slice(2, 12);

// How this page behaves. The control server may change any of them for a session before it loads.
const conf = {
	boot: "normal",    // normal; nodebug: never becomes WhatsApp; opening: never gets past OPENING
	bootMs: 0,         // before window.Debug appears
	openMs: 50,        // from OPENING to UNPAIRED or CONNECTED
	syncMs: 50,        // from CONNECTED to hasSynced
	pairMs: 50,        // from the scan to CONNECTED, by way of PAIRING
	qrFirstMs: 60000,  // life of the first code and of each further one, as WhatsApp has it
	qrMs: 20000,
	qrMax: 6,          // after so many codes: UNPAIRED_IDLE, and no more; 0 is never
	idLength: 22,      // of the id of an outgoing message
	acks: [[1, 50], [2, 100], [3, 200]], // [level, ms after sending]
	sendMs: 10,        // how long a send takes
	sendFails: "",     // a text: sending throws it
};

const sleep = (ms) => new Promise((go) => setTimeout(go, ms));
const seconds = () => Math.floor(Date.now() / 1000);
const nothing = () => undefined;
const bytes = (n) => crypto.getRandomValues(new Uint8Array(n));
const base64 = (u8) => btoa(String.fromCharCode(...u8));
const hex = (n) => Array.from(bytes(n), (b) => b.toString(16).padStart(2, "0")).join("").toUpperCase();

const out = document.getElementById("out");
const say = (text) => {
	out.textContent = `${out.textContent}\n${new Date().toISOString()} ${text}`.slice(-4000);
};

// The page's own kind of event source, as far as the library uses it. One bad listener stops nothing.
class Events {
	constructor() {
		Object.defineProperty(this, "_listeners", { value: new Map(), enumerable: false });
		Object.defineProperty(this, "_awaited", { value: new Map(), enumerable: false });
	}
	on(names, fn) {
		for (const name of names.split(/\s+/))
			this._listeners.set(name, [...(this._listeners.get(name) ?? []), fn]);
		for (const name of names.split(/\s+/)) this._awaited.get(name)?.();
		return this;
	}
	// Resolves when somebody listens to this.
	listener(name) {
		if (this.count(name) > 0) return Promise.resolve();
		return new Promise((done) => this._awaited.set(name, done));
	}
	off(names, fn) {
		for (const name of names.split(/\s+/))
			this._listeners.set(name, (this._listeners.get(name) ?? [])
				.filter((f) => f !== fn && f.wrapped !== fn));
		return this;
	}
	once(names, fn) {
		const wrap = (...args) => {
			this.off(names, wrap);
			fn(...args);
		};
		wrap.wrapped = fn;
		return this.on(names, wrap);
	}
	trigger(name, ...args) {
		for (const fn of this._listeners.get(name) ?? []) {
			try {
				fn(...args);
			} catch (e) {
				say(`a listener of ${name} threw: ${e.message}`);
			}
		}
		return this;
	}
	count(name) {
		return (this._listeners.get(name) ?? []).length;
	}
}
