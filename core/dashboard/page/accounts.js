// accounts.js - the list: one page of it, live.  Only that page is asked for, kept and shown, so 100,000
// accounts cost what fifty do.

import { get, query } from "./api.js";
import { el, keyed, replace, setText } from "./dom.js";
import { filters } from "./filters.js";
import { listen, soon } from "./live.js";
import { say } from "./notes.js";
import { empty, rows, table } from "./parts.js";
import { pauses } from "./pauses.js";
import { makeRow, updateRow } from "./row.js";
import { summary } from "./summary.js";
import { count } from "./words.js";

const PAGE = 50;
// After an event of an account that is on the page, and of one that may belong there now.
const SEEN_MS = 60, OTHERS_MS = 1500;

export function accounts(page, at) {
	const cursors = [""]; // of this page and those before it
	const body = rows(), none = el("div", {}), where = el("p", { class: "quiet", "aria-live": "polite" });
	const back = el("button", { type: "button", onclick: () => turn(-1) }, "Previous");
	const on = el("button", { type: "button", onclick: () => turn(1) }, "Next");
	let next = null, wanted = new AbortController(), shown = new Set(), over = false;

	const choice = filters(at.params, at.session, () => {
		cursors.splice(0, cursors.length, "");
		history.replaceState(null, "", query("#/accounts", choice.values()));
		load();
	});

	function draw(list) {
		shown = new Set(list.map((a) => a.id));
		keyed(body, list, (a) => a.id, () => makeRow(at), updateRow);
		replace(none, list.length > 0 ? [] : empty(choice.any() ? "No account is like that." : "There is no account yet. Make one with relinkctl account add, or POST /v1/accounts."));
		back.disabled = cursors.length === 1;
		on.disabled = next === null;
		const first = (cursors.length - 1) * PAGE;
		setText(where, list.length === 0 ? "" : `${(first + 1).toLocaleString()} to ${(first + list.length).toLocaleString()}`);
		body.closest(".list").hidden = list.length === 0;
	}

	async function load() {
		wanted.abort();
		wanted = new AbortController();
		try {
			const answer = await get(query("/v1/accounts", { ...choice.values(), limit: PAGE, cursor: cursors.at(-1) }), wanted.signal);
			if (over) return;
			next = answer.next_cursor;
			draw(answer.accounts);
			if (performance.getEntriesByName("first-view").length === 0) performance.mark("first-view");
		} catch (problem) {
			if (problem.name !== "AbortError" && !over) replace(none, el("p", { class: "problem", role: "alert" }, problem.message));
		}
	}

	async function turn(by) {
		if (by > 0) cursors.push(next);
		else cursors.pop();
		await load();
		say(`Page ${cursors.length}, ${count(body.children.length, "account")}`);
		const focused = by > 0 ? on : back;
		if (focused.disabled) (by > 0 ? back : on).focus();
		body.closest(".list").scrollIntoView({ block: "nearest" });
	}

	const look = soon(load, SEEN_MS, 250), lookLater = soon(load, OTHERS_MS, OTHERS_MS);
	const off = listen((e) => {
		if (e.type === "gap" || shown.has(e.account)) look();
		else if (/^account\.(status|created|changed|deleted|health|qr)$/.test(e.type)) lookLater();
	});

	const held = pauses(at.may), fleet = at.session.workspace === null ? summary() : undefined;
	page.append(el("h1", {}, "Accounts"), held.node, fleet?.node ?? "", choice.node,
		el("div", { class: "list card", hidden: true },
			table("Accounts", ["Account", "Status", "Health", "Why, and what comes next", "Do"], body),
			el("div", { class: "pager" }, where, el("div", { class: "buttons" }, back, on))),
		none);
	load();
	return () => {
		over = true;
		wanted.abort();
		off();
		look.stop();
		lookLater.stop();
		held.end();
		fleet?.end();
	};
}
