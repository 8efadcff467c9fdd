// workers.js - worker processes: load, memory, lag, and what became of those before.

import { get } from "./api.js";
import { el, keyed, replace, setText } from "./dom.js";
import { empty, facts, setTag, tag } from "./parts.js";
import { poll } from "./poll.js";
import { counter } from "./time.js";
import { count, states } from "./words.js";

const EVERY_MS = 2000;
const memory = (kib) => (kib === 0 ? "–" : kib < 1024 ? `${kib} KiB` : `${Math.round(kib / 1024)} MiB`);

const block = (title, text) => (text ? [el("h4", {}, title), el("pre", { tabindex: "0", role: "region", "aria-label": title }, text)] : []);
const howLong = (ms) => (ms < 1000 ? `${ms} ms` : `${Math.round(ms / 1000)} s`);

const obituary = (d) => el("li", {},
	el("details", {},
		el("summary", {}, el("span", {}, d.how), " ", counter(d.at, "ago")),
		d.ended_because ? el("p", {}, `Relink ended it: ${d.ended_because}`) : "",
		facts([["Process", d.pid ? String(d.pid) : null], ["Ran", howLong(d.ran_ms)], ["Plugin", [d.plugin, d.version].filter(Boolean).join(" ")],
			["Accounts", String(d.accounts)], ["Signal", d.signal === null ? null : String(d.signal)], ["Exit status", d.exit_status === null ? null : String(d.exit_status)]]),
		d.ops.length > 0 ? el("p", {}, "It was at work on: ", d.ops.map((op) => `${op.kind} ${op.account ?? ""}`.trim()).join(", ")) : "",
		...block("Its own report", d.report), ...block("Its last lines", d.last_lines)));

function make(w) {
	const deaths = el("ul", { class: "deaths", hidden: true }), toggle = el("button", { type: "button", "aria-expanded": "false" });
	const node = el("li", { class: "card" },
		el("div", { class: "title" }, el("h2", {}, `Worker ${w.slot}`), tag(), el("span", { class: "quiet" })),
		el("div", {}), el("p", { class: "quiet" }), el("div", { class: "buttons" }, toggle), deaths);
	toggle.addEventListener("click", async () => {
		deaths.hidden = !deaths.hidden;
		toggle.setAttribute("aria-expanded", String(!deaths.hidden));
		if (!deaths.hidden) await node.refill();
	});
	node.refill = async () => {
		try {
			const answer = await get(`/v1/workers/${w.slot}/deaths?limit=20`);
			keyed(deaths, answer.deaths, (d) => `${d.at} ${d.pid}`, obituary, () => {});
			if (answer.deaths.length === 0) replace(deaths, el("li", {}, "None is known."));
		} catch (problem) {
			replace(deaths, el("li", { class: "problem" }, problem.message));
		}
	};
	node.parts = { toggle, deaths };
	return node;
}

function update(node, w) {
	const [head, about, last] = node.children, [, state, provider] = head.children;
	setTag(state, states, w.state);
	setText(provider, [w.provider, w.version, w.quarantine ? "quarantine: for accounts that others died of" : "", w.draining ? "draining" : ""].filter(Boolean).join(" · "));
	replace(about, facts([
		["Memory", memory(w.rss_kib)], ["Lag", `${w.lag_ms} ms`], ["Accounts", w.accounts.toLocaleString()], ["Under way", String(w.open_ops)],
		["Process", w.pid === null ? null : String(w.pid)], ["Runs", w.since === null ? null : counter(w.since, "for")],
		["Starts again", w.next_start_at === null ? null : counter(w.next_start_at, "in")],
		["Instances", w.instances.join(", ")], ["Kept in by", w.sandbox], ["Sessions not ours", w.foreign_sessions || null],
	]));
	setText(last, w.last_death ? `Last death: ${w.last_death}` : "");
	node.parts.toggle.hidden = w.deaths + w.recycled === 0 && !w.last_death;
	setText(node.parts.toggle, `${count(w.deaths, "death")}${w.recycled ? `, ${w.recycled} replaced in good order` : ""}`);
	if (node.deaths !== undefined && node.deaths !== w.deaths + w.recycled && !node.parts.deaths.hidden) node.refill();
	node.deaths = w.deaths + w.recycled;
}

export function workers(page) {
	const list = el("ul", { class: "cards" }), none = el("div", {});
	page.append(el("h1", {}, "Workers"), el("p", { class: "quiet" }, "The processes that the providers' plugins run in. One that dies costs no account its login."), list, none);
	const timer = poll(async () => {
		try {
			const { workers: all } = await get("/v1/workers");
			keyed(list, all, (w) => w.slot, make, update);
			replace(none, all.length === 0 ? empty("No provider is configured.") : []);
		} catch (problem) {
			replace(none, el("p", { class: "problem" }, problem.message));
		}
	}, EVERY_MS);
	return timer.end;
}
