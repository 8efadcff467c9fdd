// timeline.js - what happened to an account, and why, newest first.

import { accountPath, get, query } from "./api.js";
import { el, keyed, setText } from "./dom.js";
import { empty } from "./parts.js";
import { counter } from "./time.js";
import { said, statuses, titled, tone } from "./words.js";

const PAGE = 20;
const MOST = 500; // of what is shown at once

const names = {
	"account.step": "Step", "account.qr": "QR code", "account.created": "Made", "account.changed": "Changed",
	"account.verb": "Verb", "account.moved": "Moved", "account.health": "Health", "account.flapping": "Slowed down",
	"account.steady": "Steady", "account.blamed": "A worker died", "session.orphan": "Leftover session", "session.gone": "Session over",
	"message.sent": "Sent", "message.failed": "Not sent", "message.received": "Received", "message.ack": "Receipt",
};
const nameOf = (e) => (e.type === "account.status" ? said(statuses, e.status) : names[e.type] ?? titled(e.type.replace(".", " ")));
const toneOf = (e) => (e.type === "account.status" ? tone(statuses, e.status)
	: /blamed|failed/.test(e.type) ? "bad" : /qr|flapping|health/.test(e.type) ? "ask" : "off");

function entry(e) {
	return el("li", { class: toneOf(e) },
		el("div", {}, el("b", {}, nameOf(e)), counter(e.time, "ago")),
		e.says ? el("p", {}, e.says) : "",
		e.text && !(e.says ?? "").includes(e.text) ? el("p", { class: "quiet small" }, e.text) : "");
}

export function timeline(id) {
	const list = el("ol", { class: "timeline" }), none = empty("Nothing happened yet."), problem = el("p", { class: "problem" });
	const older = el("button", { type: "button", hidden: true, onclick: () => more() }, "Older");
	let entries = [], before = null;

	const draw = () => {
		keyed(list, entries, (e) => e.seq, entry, () => {});
		none.hidden = entries.length > 0;
		older.hidden = before === null || entries.length >= MOST;
	};
	// The newest go above what is there; where others lie between them, what is below is forgotten.
	const load = async () => {
		try {
			const page = await get(query(accountPath(id, "/timeline"), { limit: PAGE }));
			const last = page.entries.at(-1)?.seq ?? 0, joins = entries.some((e) => e.seq >= last);
			const below = joins ? entries.filter((e) => e.seq < last) : [];
			if (below.length === 0) before = page.next_before;
			entries = [...page.entries, ...below].slice(0, MOST);
			draw();
			setText(problem, "");
		} catch (e) {
			if (e.status !== 404) setText(problem, e.message);
		}
	};
	const more = async () => {
		try {
			const page = await get(query(accountPath(id, "/timeline"), { limit: PAGE, before }));
			entries.push(...page.entries);
			before = page.next_before;
			draw();
		} catch (e) {
			setText(problem, e.message);
		}
	};
	return { load, node: el("section", { class: "card", "aria-labelledby": "timeline-title" },
		el("h2", { id: "timeline-title" }, "What happened"), list, none, problem, older) };
}
