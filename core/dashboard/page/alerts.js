// alerts.js - what somebody should look at, newest first, until it is over.

import { get } from "./api.js";
import { el, keyed, replace, setText } from "./dom.js";
import { listen, soon } from "./live.js";
import { empty, facts, setTag, tag } from "./parts.js";
import { counter } from "./time.js";
import { actions, titled } from "./words.js";

const LIMIT = 100;

const kinds = {
	needs_person: ["Needs a person", "ask"], reconnect_loop: ["Starts again and again", "bad"], incident: ["Incident", "bad"],
	worker_quarantined: ["Worker stays away", "bad"], outbox_stuck: ["Webhook takes nothing", "bad"],
};
// Where one can do something about it.
const places = {
	needs_person: (a) => `#/accounts/${encodeURIComponent(a.subject)}`, reconnect_loop: (a) => `#/accounts/${encodeURIComponent(a.subject)}`,
	incident: () => "#/incidents", worker_quarantined: () => "#/workers", outbox_stuck: () => "#/webhooks",
};
const names = { incident: "Incident", worker_quarantined: "Worker", outbox_stuck: "Webhook" };

const make = () => el("li", { class: "card" }, el("div", { class: "title" }, el("h2", {}, el("a", {})), tag()), el("p", {}), el("div", {}));
function update(node, a) {
	const [head, text, about] = node.children, link = head.firstElementChild.firstElementChild;
	setText(link, a.account ?? `${names[a.kind] ?? titled(a.kind)} ${a.subject}`);
	link.href = places[a.kind]?.(a) ?? "#/alerts";
	setTag(head.lastElementChild, kinds, a.kind);
	setText(text, a.text);
	replace(about, facts([
		["Since", counter(a.raised_at, "ago")], ["What to do", actions[a.user_action] ?? null],
		["Cause", a.cause === "none" ? null : titled(a.cause)], ["Workspace", a.workspace], ["Provider", a.provider],
	]));
}

export function alerts(page) {
	const list = el("ul", { class: "cards" }), none = el("div", {});
	page.append(el("h1", {}, "Alerts"),
		el("p", { class: "quiet" }, "What somebody should look at. Each is told once, as an event and to webhooks, and goes when its reason is gone."), list, none);
	const load = async () => {
		try {
			const { alerts: all, next_before: more } = await get(`/v1/alerts?limit=${LIMIT}`);
			keyed(list, all, (a) => a.id, make, update);
			replace(none, all.length === 0 ? empty("Nobody needs to look at anything.")
				: more !== null ? el("p", { class: "quiet" }, `These are the newest ${LIMIT}; relinkctl alerts lists all.`) : []);
		} catch (problem) {
			replace(none, el("p", { class: "problem" }, problem.message));
		}
	};
	const look = soon(load, 50, 500);
	const off = listen((e) => (e.type.startsWith("alert.") || e.type === "gap") && look());
	look();
	return () => {
		off();
		look.stop();
	};
}
