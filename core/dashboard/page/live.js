// live.js - what happens, as it happens: one stream of events for the whole page.

import { get } from "./api.js";

const listeners = new Set();
let source, state = "off", onState = () => {};

const tell = (event) => listeners.forEach((fn) => fn(event));
function become(now) {
	if (state === now) return;
	state = now;
	onState(now);
}

// fn({ type, account, status, ... }); "gap": events were missed, and what is shown must be read anew.
export function listen(fn) {
	listeners.add(fn);
	return () => listeners.delete(fn);
}

const types = [
	"account.step", "account.status", "account.qr", "account.created", "account.changed", "account.deleted",
	"account.verb", "account.moved", "account.health", "account.flapping", "account.steady", "account.blamed",
	"session.orphan", "session.gone", "message.sent", "message.failed", "incident.changed", "incident.closed",
	"automation.paused", "automation.resumed", "instance.halted", "alert.raised", "alert.cleared",
];

function attach() {
	let broken = false;
	source = new EventSource("/v1/events");
	source.onopen = () => {
		become("live");
		if (broken) tell({ type: "gap" }); // also when the daemon is another one now
		broken = false;
	};
	source.onerror = () => {
		broken = true;
		become("lost");
		// An answer that is no stream ends it for good.  Is the session over? Then that answer says so, and
		// the page goes back to the log-in.
		if (source.readyState === EventSource.CLOSED)
			setTimeout(() => get("/v1/session").catch(() => {}).then(() => state !== "off" && start(onState, true)), 1000);
	};
	source.addEventListener("gap", () => tell({ type: "gap" }));
	for (const type of types) source.addEventListener(type, (e) => tell(JSON.parse(e.data)));
}

// told("live" | "lost")
export function start(told, again = false) {
	source?.close();
	onState = told;
	if (!again) state = "";
	attach();
	if (again) source.addEventListener("open", () => tell({ type: "gap" }), { once: true });
}
export function stop() {
	source?.close();
	state = "off";
}

// A function that runs `work` soon after it is called, at most once in `least` ms, never twice at once.
export function soon(work, delay, least) {
	let timer, running = false, again = false, last = 0, over = false;
	const run = async () => {
		timer = undefined;
		running = true;
		await work();
		running = false;
		last = Date.now();
		if (again && !over) ask();
		again = false;
	};
	const ask = () => {
		if (over || timer !== undefined) return;
		if (running) {
			again = true;
			return;
		}
		timer = setTimeout(run, Math.max(delay, last + least - Date.now()));
	};
	ask.stop = () => {
		over = true;
		clearTimeout(timer);
	};
	return ask;
}
