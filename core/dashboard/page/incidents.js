// incidents.js - many accounts that failed together: what is done about it, and what it was.

import { get } from "./api.js";
import { el, keyed, replace, setText } from "./dom.js";
import { listen, soon } from "./live.js";
import { empty, facts, setTag, tag } from "./parts.js";
import { counter } from "./time.js";
import { states, titled } from "./words.js";

const make = () => el("li", { class: "card" }, el("div", { class: "title" }, el("h2", {}), tag()), el("p", {}), el("div", {}));
function update(node, i) {
	const [head, text, about] = node.children;
	setText(head.firstElementChild, i.instance === null ? `All of ${i.provider}` : i.instance);
	setTag(head.lastElementChild, states, i.closed_at === null ? i.state : "calm");
	setText(text, i.text);
	replace(about, facts([
		["Accounts that failed", i.accounts.toLocaleString()], ["Began", counter(i.opened_at, "ago")],
		["Over", i.closed_at === null ? null : counter(i.closed_at, "ago")],
		["Next try", i.next_probe_at === null || i.closed_at !== null ? null : counter(i.next_probe_at, "in")],
		["Tries that failed, in a row", i.failed_rounds || null], ["Starts a minute", i.closed_at === null ? i.starts_per_minute : null],
		["Log-outs", i.logouts_believed ? "Believed: it went on for so long" : null],
		["Causes", Object.entries(i.causes).map(([cause, n]) => `${titled(cause)} ${n}`).join(", ")],
		["Number", String(i.id)],
	]));
}

export function incidents(page) {
	const list = el("ul", { class: "cards" }), none = el("div", {});
	page.append(el("h1", {}, "Incidents"), el("p", { class: "quiet" }, "When many accounts fail together, Relink holds back, tries a few, and costs none of them anything."), list, none);
	const load = async () => {
		try {
			const { incidents: all } = await get("/v1/incidents");
			keyed(list, all, (i) => i.id, make, update);
			replace(none, all.length === 0 ? empty("There was no incident.") : []);
		} catch (problem) {
			replace(none, el("p", { class: "problem" }, problem.message));
		}
	};
	const look = soon(load, 50, 500);
	const off = listen((e) => (e.type.startsWith("incident.") || e.type === "gap") && look());
	look();
	return () => {
		off();
		look.stop();
	};
}
