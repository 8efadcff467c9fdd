// account.js - one account: how it is, why, what can be done, what happened.

import { accountPath, get } from "./api.js";
import { all as verbs, forget } from "./actions.js";
import { attempts } from "./attempts.js";
import { el, replace, setText } from "./dom.js";
import { health } from "./health.js";
import { listen, soon } from "./live.js";
import { message } from "./message.js";
import { facts, setTag, tag } from "./parts.js";
import { pauseText } from "./pauses.js";
import { counter } from "./time.js";
import { timeline } from "./timeline.js";
import { statuses, titled } from "./words.js";

const when = (iso, form = "ago") => (iso === null ? null : counter(iso, form));
const code = (text) => (text === null ? null : el("code", {}, text));

const factsOf = (a) => facts([
	["Id", code(a.id)], ["Workspace", a.workspace], ["Provider", a.provider], ["Instance", a.instance], ["Phone", a.phone],
	["Priority", titled(a.priority)], ["Connected", when(a.connected_since, "for")], ["Made", when(a.created_at)],
	["Failed starts in a row", a.attempts || null], ["Phase", titled(a.phase)], ["Generation", String(a.generation)],
	["Session", code(a.session_id)], ["Login", code(a.profile)],
	["Incident", a.incident_id === null ? null : el("a", { href: "#/incidents" }, `Number ${a.incident_id}`)],
	["Metadata", Object.keys(a.metadata).length === 0 ? null : code(JSON.stringify(a.metadata))],
]);

// Why it is so, what comes by itself, what a person does.
function explained(a) {
	const next = a.next_attempt_at ?? a.estimated_start_at;
	return [
		el("p", { class: "why" }, a.explanation.why),
		el("p", {}, a.explanation.next, ...(next === null ? [] : [" ", el("strong", {}, a.next_attempt_at === null ? "Its turn comes " : "Next attempt ", counter(next, "in")), "."])),
		a.paused === null ? "" : el("p", { class: "ask-box" }, pauseText(a.paused)),
		el("p", { class: a.user_action === "none" ? "quiet" : "ask-box" }, a.explanation.do),
	];
}

export function account(page, at) {
	const id = at.rest;
	const title = el("h1", {}, id), status = tag(), why = el("div", { class: "explained" });
	const buttons = el("div", { class: "buttons wrap" }), about = el("div", {}), problem = el("p", { class: "problem", role: "alert" });
	const body = el("div", { class: "account" });
	let now, over = false;

	// The buttons stay the same elements while they stay the same words: who has the focus keeps it.
	let offered = "";
	const showVerbs = () => {
		const can = at.may ? verbs.filter((v) => v.can(now)) : [];
		const words = can.map((v) => v.name).join();
		if (words === offered || !at.may) return;
		offered = words;
		const focused = document.activeElement?.closest?.(".buttons") === buttons ? document.activeElement.textContent : undefined;
		replace(buttons, can.map((v) => el("button", { type: "button", class: v.main ? "main" : "", onclick: () => v.act(now) }, v.name)),
			el("button", { type: "button", class: "danger", onclick: async () => (await forget(now)) && (location.hash = "#/accounts") }, "Log out and delete"));
		if (focused !== undefined) ([...buttons.children].find((b) => b.textContent === focused) ?? buttons.firstElementChild).focus();
	};

	const show = (a) => {
		now = a;
		setText(title, a.label || a.id);
		document.title = `${a.label || a.id} – Relink`;
		setTag(status, statuses, a.status);
		replace(why, explained(a));
		replace(about, factsOf(a));
		showVerbs();
		setText(problem, "");
		body.hidden = false;
	};
	const gone = (e) => {
		if (over || e.name === "AbortError") return;
		setText(problem, e.message);
		body.hidden = e.status === 404;
	};
	const load = () => get(accountPath(id)).then((a) => over || show(a), gone);

	const parts = [health(id), timeline(id), attempts(id)];
	if (at.may) parts.push(message(id));
	const look = soon(() => Promise.all([load(), ...parts.map((p) => p.load?.())]), 60, 300);
	const off = listen((e) => (e.account === id || e.type === "gap") && look());
	replace(body,
		el("section", { class: "card", "aria-label": "Now" }, why, buttons),
		el("div", { class: "columns" },
			el("div", {}, parts[1].node, parts[2].node),
			el("div", {}, parts[0].node, parts[3]?.node ?? "", el("section", { class: "card" }, el("h2", {}, "Facts"), about))));
	body.hidden = true;
	page.append(el("p", {}, el("a", { href: "#/accounts" }, "‹ All accounts")),
		el("div", { class: "title" }, title, status), problem, body);
	look();
	return () => {
		over = true;
		off();
		look.stop();
	};
}
