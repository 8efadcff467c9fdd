// webhooks.js - receivers of events: how far each has got, what was given up, and sending again.

import { get, post, query } from "./api.js";
import { open } from "./dialog.js";
import { el, keyed, replace, setClass, setText } from "./dom.js";
import { fail, note } from "./notes.js";
import { empty, facts, tag } from "./parts.js";
import { poll } from "./poll.js";
import { counter, moment } from "./time.js";
import { count } from "./words.js";

const EVERY_MS = 2000;
const DEAD = 50;
const path = (w, rest = "") => `/v1/webhooks/${encodeURIComponent(w.id)}${rest}`;
const named = (w) => w.label || w.url;

async function test(w) {
	try {
		const { delivered, status, ms, error } = await post(path(w, "/test"), {});
		note(delivered ? `${named(w)} took the test in ${ms} ms.` : `${named(w)} did not take the test: ${error ?? `it answered ${status}`}`, !delivered);
	} catch (problem) {
		fail(problem);
	}
}

async function again(w, wish, done) {
	try {
		await post(path(w, "/replay"), wish);
		note(done);
	} catch (problem) {
		fail(problem);
	}
}

async function replayFrom(w) {
	const from = await open(`Send events to ${named(w)} again`, (close) => {
		const number = el("input", { id: "replay-from", type: "number", min: "1", step: "1", required: true, autofocus: true });
		return el("form", { class: "stack", onsubmit: (e) => {
			e.preventDefault();
			close(Number(number.value));
		} }, el("p", {}, "All its events from this number on are sent again. The receiver may know some of them: they have the same webhook-id."),
		el("label", { for: "replay-from" }, "From the event's number (seq)"), number,
		el("div", { class: "buttons" }, el("button", { type: "button", onclick: () => close() }, "Cancel"), el("button", { type: "submit", class: "main" }, "Send again")));
	});
	if (from !== undefined) await again(w, { from }, `Events from ${from} on are sent again.`);
}

const letter = (d) => el("li", {}, el("details", {},
	el("summary", {}, `${d.event.type ?? "event"} ${d.seq}`, " ", counter(d.died_at, "ago")),
	el("p", {}, `Given up after ${count(d.tries, "try", "tries")}: ${d.error}`),
	el("pre", { tabindex: "0", role: "region", "aria-label": `Event ${d.seq}` }, JSON.stringify(d.event, null, 1))));

function make(w) {
	const dead = el("ul", { class: "deaths", hidden: true }), toggle = el("button", { type: "button", "aria-expanded": "false" });
	const resend = el("button", { type: "button", onclick: () => again(node.now, { dead: true }, "Its dead letters are sent again.") }, "Send them again");
	const node = el("li", { class: "card" },
		el("div", { class: "title" }, el("h2", {}), tag()), el("p", { class: "quiet" }), el("div", {}), el("p", { class: "problem" }),
		el("div", { class: "buttons" }, el("button", { type: "button", onclick: () => test(node.now) }, "Test"),
			el("button", { type: "button", onclick: () => replayFrom(node.now) }, "Send again from…"), toggle, resend), dead);
	toggle.addEventListener("click", () => {
		dead.hidden = !dead.hidden;
		toggle.setAttribute("aria-expanded", String(!dead.hidden));
		if (!dead.hidden) node.refill();
	});
	node.refill = () => get(query(path(w, "/dead"), { limit: DEAD }))
		.then((all) => keyed(dead, all.dead, (d) => d.seq, letter, () => {}), (problem) => replace(dead, el("li", { class: "problem" }, problem.message)));
	node.parts = { dead, toggle, resend };
	return node;
}

function update(node, w) {
	const [head, url, about, problem] = node.children, { dead, toggle, resend } = node.parts;
	node.now = w;
	setText(head.firstElementChild, named(w));
	setText(head.lastElementChild, w.enabled ? (w.resending ? "Sending again" : "On") : "Off");
	setClass(head.lastElementChild, `tag ${w.enabled ? (w.resending ? "work" : w.accounts_behind > 0 ? "ask" : "good") : "bad"}`);
	setText(url, w.label ? w.url : "");
	replace(about, facts([
		["Waiting", w.backlog === null ? null : w.backlog.toLocaleString()], ["Oldest waits", w.oldest_waiting_at === null ? null : counter(w.oldest_waiting_at, "for")],
		["Accounts behind", w.accounts_behind || null], ["Delivered", w.delivered.toLocaleString()], ["Failed tries", w.failed.toLocaleString()],
		["Dead letters", w.dead_letters.toLocaleString()], ["Last success", w.last_success_at === null ? null : counter(w.last_success_at, "ago")],
		["Last failure", w.last_failure_at === null ? null : counter(w.last_failure_at, "ago")],
		["Events", w.events.join(", ")], ["Workspace", w.workspace ?? "All"], ["Its number", w.seq === null ? null : w.seq.toLocaleString()],
	]));
	setText(problem, w.enabled ? w.last_failure ?? "" : `Off since ${w.disabled_at === null ? "it was made" : moment(w.disabled_at)}${w.disabled_because ? `: ${w.disabled_because}` : ""}`);
	setText(toggle, count(w.dead_letters, "dead letter"));
	toggle.hidden = resend.hidden = w.dead_letters === 0;
	if (w.dead_letters === 0) dead.hidden = true;
	else if (node.letters !== w.dead_letters && !dead.hidden) node.refill();
	node.letters = w.dead_letters;
}

export function webhooks(page) {
	const list = el("ul", { class: "cards" }), none = el("div", {});
	page.append(el("h1", {}, "Webhooks"), el("p", { class: "quiet" }, "Receivers that events are sent to, at least once and in order for each account."), list, none);
	const timer = poll(async () => {
		try {
			const { webhooks: all } = await get("/v1/webhooks");
			keyed(list, all, (w) => w.id, make, update);
			replace(none, all.length === 0 ? empty("There is no webhook. Make one with POST /v1/webhooks.") : []);
		} catch (problem) {
			replace(none, el("p", { class: "problem" }, problem.message));
		}
	}, EVERY_MS);
	return timer.end;
}
