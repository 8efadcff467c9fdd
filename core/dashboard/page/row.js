// row.js - one account in the list.

import { el, setAttribute, setText } from "./dom.js";
import { offer } from "./actions.js";
import { cell, score, setScore, setTag, tag } from "./parts.js";
import { counter, setCounter } from "./time.js";
import { actions, statuses } from "./words.js";

export function makeRow({ may }) {
	const parts = {
		name: el("a", { class: "name" }), about: el("span", { class: "quiet small" }),
		status: tag(), since: el("span", { class: "quiet small" }), score: score(),
		why: el("span", { class: "why" }), next: el("span", { class: "quiet small" }), todo: el("td", { role: "cell", class: "todo", "data-label": "Do" }),
	};
	const row = el("tr", { role: "row" },
		cell("Account", parts.name, parts.about), cell("Status", parts.status, parts.since),
		cell("Health", parts.score), cell("Why", parts.why, parts.next), parts.todo);
	row.parts = parts;
	row.may = may;
	return row;
}

// "Next attempt in 12 s", counting; nothing where none is planned.
function showNext(node, account) {
	const at = account.next_attempt_at ?? account.estimated_start_at;
	if (at === null) {
		setText(node, "");
		return;
	}
	if (node.firstElementChild === null) node.replaceChildren("", counter(at, "in"));
	node.firstChild.textContent = account.next_attempt_at === null ? "Its turn comes " : "Next attempt ";
	setCounter(node.lastElementChild, at, "in");
}

function showSince(node, account) {
	if (account.since === null) {
		setText(node, "");
		return;
	}
	if (node.firstElementChild === null) node.replaceChildren("for ", counter(account.since, "for"));
	setCounter(node.lastElementChild, account.since, "for");
}

// The one thing that a person would do now.
function showOffer(row, account) {
	const { todo } = row.parts;
	const wish = row.may ? offer(account) : undefined;
	const hint = wish === undefined && account.user_action !== "none" ? actions[account.user_action] ?? account.user_action : "";
	row.account = account;
	const key = wish?.name ?? hint;
	if (row.offered === key) return;
	row.offered = key;
	todo.replaceChildren(...(wish !== undefined
		? [el("button", { type: "button", onclick: () => wish.act(row.account), "aria-label": `${wish.name}: ${account.label || account.id}` }, wish.name)]
		: hint ? [el("span", { class: "tag ask" }, hint)] : []));
}

export function updateRow(row, account) {
	const { parts } = row;
	setText(parts.name, account.label || account.id);
	setAttribute(parts.name, "href", `#/accounts/${encodeURIComponent(account.id)}`);
	setText(parts.about, [account.label ? account.id : "", account.workspace, account.instance ?? account.provider].filter(Boolean).join(" · "));
	setTag(parts.status, statuses, account.status);
	showSince(parts.since, account);
	setScore(parts.score, account.health);
	setText(parts.why, account.explanation.why);
	showNext(parts.next, account);
	showOffer(row, account);
}
