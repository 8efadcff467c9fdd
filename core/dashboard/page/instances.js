// instances.js - the running backends: how full they are, and taking them out of use.

import { get, post } from "./api.js";
import { confirm } from "./dialog.js";
import { el, keyed, replace, setText } from "./dom.js";
import { fail, note } from "./notes.js";
import { empty, facts, setTag, tag } from "./parts.js";
import { poll } from "./poll.js";
import { counter, span } from "./time.js";
import { count, said, states, tone } from "./words.js";

const EVERY_MS = 2000;
const inUse = (i) => i.drained_at === null && i.halted_at === null;

const load = () => el("div", { class: "load" }, el("span", { class: "bar", "aria-hidden": "true" }, el("i", {})), el("span", { class: "small" }));
function setLoad(node, i) {
	node.firstElementChild.firstElementChild.style.width = `${i.capacity > 0 ? Math.min(100, i.open / i.capacity * 100) : 0}%`;
	setText(node.lastElementChild, `${i.open.toLocaleString()} sessions of ${i.capacity.toLocaleString()}, ${count(i.accounts, "account")}`);
}

async function drain(i, again) {
	const sure = await confirm(`Drain ${i.id}?`, [
		`It gets no new accounts and no starts, until you resume it. ${count(i.accounts, "account")} ${i.accounts === 1 ? "belongs" : "belong"} there; ${i.open.toLocaleString()} have a session now.`,
		"Accounts move to another instance where one can take them with their login, and wait where none can.",
	], "Drain");
	if (!sure) return;
	await post(`/v1/instances/${encodeURIComponent(i.id)}/drain`, {}).then(() => note(`${i.id} is being drained.`), fail);
	again();
}
async function resume(i, again) {
	await post(`/v1/instances/${encodeURIComponent(i.id)}/resume`, {}).then(() => note(`${i.id} is in use again.`), fail);
	again();
}

const make = (at, again) => (i) => {
	const act = el("button", { type: "button" });
	const node = el("li", { class: "card" }, el("div", { class: "title" }, el("h2", {}, i.id), tag(), el("span", { class: "quiet" })),
		load(), el("div", {}), el("p", { class: "problem" }), at.may ? el("div", { class: "buttons" }, act) : "");
	act.addEventListener("click", () => (inUse(node.now) ? drain : resume)(node.now, again));
	node.act = act;
	return node;
};

function update(node, i) {
	const [head, bar, about, problem] = node.children, [, state, provider] = head.children;
	node.now = i;
	setTag(state, states, i.state);
	setText(provider, i.provider);
	setLoad(bar, i);
	replace(about, facts([
		["Starts under way", `${i.starting} of ${i.starts_allowed}`], ["Waiting to start", i.queued.toLocaleString()],
		["Queue is through in", i.queued > 0 && i.queue_drained_in_ms !== null ? span(i.queue_drained_in_ms / 1000) : null],
		["QR codes shown", i.qr_allowed === null ? String(i.qr_waiting) : `${i.qr_waiting} of ${i.qr_allowed}`],
		["Ending", i.ending || null], ["Sessions not ours", i.foreign_sessions || null],
		["Up", i.up_since === null ? null : counter(i.up_since, "for")], ["Down", i.down_since === null ? null : counter(i.down_since, "for")],
		["Last list", i.list.at === null ? null : counter(i.list.at, "ago")],
		["Drained", i.drained_at === null ? null : counter(i.drained_at, "ago")],
		["On trial", i.canary === null ? null : `${i.canary}% of the accounts`],
		["Its process", i.service === null ? null : el("span", { class: `tag ${tone(states, i.service.state)}` }, said(states, i.service.state))],
	]));
	setText(problem, [i.halted_at === null ? "" : `Its trial was halted: ${i.halted_why ?? ""}.`, i.given_up ? "Silent for so long that its accounts move." : "", i.list.error ?? "", i.service?.last_death ?? ""].filter(Boolean).join(" "));
	setText(node.act, inUse(i) ? "Drain" : "Resume");
}

export function instances(page, at) {
	const list = el("ul", { class: "cards" }), none = el("div", {});
	page.append(el("h1", {}, "Instances"), el("p", { class: "quiet" }, "The backends that hold the sessions."), list, none);
	const timer = poll(async () => {
		try {
			const { instances: all } = await get("/v1/instances");
			keyed(list, all, (i) => i.id, make(at, () => timer.now()), update);
			replace(none, all.length === 0 ? empty("No instance is configured.") : []);
		} catch (problem) {
			replace(none, el("p", { class: "problem" }, problem.message));
		}
	}, EVERY_MS);
	return timer.end;
}
