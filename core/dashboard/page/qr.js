// qr.js - the QR code of an account, until it is scanned: renewed as the provider renews it, with the
// time that is left.

import { accountPath, get, text } from "./api.js";
import { regenerate } from "./actions.js";
import { open } from "./dialog.js";
import { el, replace, setText } from "./dom.js";
import { listen, soon } from "./live.js";
import { say } from "./notes.js";
import { share } from "./share.js";
import { counter } from "./time.js";

const steps = [
	"Open WhatsApp on the phone.", "Open Settings, then Linked devices.", "Tap Link a device, and point the phone at this code.",
];

// A picture from a text: an <img> runs nothing that could be in it.
const picture = (markup) => `data:image/svg+xml;base64,${btoa(String.fromCharCode(...new TextEncoder().encode(markup)))}`;

// How much of the time until `iso` is left, as a bar that shrinks.
function remaining(iso) {
	const whole = Math.max(1, Date.parse(iso) - Date.now()), bar = el("i", {});
	const draw = () => (bar.style.width = `${Math.max(0, Math.min(100, (Date.parse(iso) - Date.now()) / whole * 100))}%`);
	const timer = setInterval(() => (bar.isConnected ? draw() : clearInterval(timer)), 250);
	draw();
	return el("span", { class: "bar", "aria-hidden": "true" }, bar);
}

const waiting = (words) => el("div", { class: "qr-wait" }, el("span", { class: "spinner", "aria-hidden": "true" }), el("p", {}, words));

function codeOf(account, markup) {
	const { expires_at: ends, deadline_at: deadline } = account.qr;
	return [
		el("img", { class: "qr", src: picture(markup), alt: `QR code of ${account.label || account.id}`, width: "288", height: "288" }),
		ends === null ? "" : el("p", { class: "qr-left" }, remaining(ends), "This code is good for ", counter(ends, "left"), "; then a new one comes."),
		el("ol", { class: "steps" }, steps.map((step) => el("li", {}, step))),
		deadline === null ? "" : el("p", { class: "quiet small" }, "Relink waits for a scan for another ", counter(deadline, "left"), "."),
	];
}

export function showQr(account) {
	const id = account.id, name = account.label || id;
	let off = () => {}, look;
	return open(`Link ${name}`, (close, box) => {
		const stage = el("div", { class: "qr-stage" }, waiting("Getting the code…"));
		const sharing = share(account);
		let heard = "";
		const tell = (words) => {
			if (heard !== words) say(heard = words);
		};
		const button = (words, act) => el("button", { type: "button", class: "main", onclick: () => {
			close();
			act();
		} }, words);

		const finish = (a) => {
			if (stage.dataset.done) return;
			stage.dataset.done = "yes";
			sharing.remove();
			const done = button("Done", () => {});
			replace(stage, el("div", { class: "qr-done" }, el("span", { class: "tick", "aria-hidden": "true" }, "✓"),
				el("h3", {}, "Connected"), el("p", {}, a.phone === null ? `${name} is linked.` : `${name} is linked to ${a.phone}.`), done));
			done.focus();
			tell("Connected");
		};
		let drawn = "";
		const show = async (a) => {
			if (a.status === "connected") return finish(a);
			delete stage.dataset.done;
			if (a.qr !== null) {
				const markup = await text(accountPath(id, "/qr?format=svg"));
				if (markup !== drawn) {
					replace(stage, codeOf(a, markup));
					tell(drawn === "" ? "A QR code is shown. Scan it with the phone." : "A new QR code is shown.");
				}
				drawn = markup;
				return undefined;
			}
			drawn = "";
			if (a.status === "connecting" || a.status === "reconnecting" || a.status === "qr_scanning")
				replace(stage, waiting("Getting a code…"), el("p", { class: "quiet small" }, a.explanation.why));
			else if (a.status === "authenticated") replace(stage, waiting("Scanned. Connecting…"));
			else replace(stage, el("p", {}, a.explanation.why), el("p", {}, a.explanation.next), button("New QR code", () => regenerate(a)));
			return undefined;
		};
		const load = () => get(accountPath(id)).then(show).catch((problem) => {
			if (problem.code !== "no_qr") replace(stage, el("p", { class: "problem" }, problem.message)); // it went while we asked
		});
		look = soon(load, 10, 80);
		off = listen((e) => (e.account === id || e.type === "gap") && look());
		load();
		box.classList.add("qr-box");
		return [stage, sharing];
	}).finally(() => {
		off();
		look.stop();
	});
}
