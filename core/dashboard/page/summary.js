// summary.js - how well all accounts are, in one strip.

import { get } from "./api.js";
import { el, keyed, setClass, setText } from "./dom.js";
import { listen, soon } from "./live.js";
import { bands, count, said, statuses, tone } from "./words.js";

const figure = (name) => {
	const number = el("b", {});
	return { number, node: el("div", { class: "figure" }, number, el("span", {}, name)) };
};

export function summary() {
	const all = figure("accounts"), average = figure("average health"), sick = figure("need attention");
	const states = el("ul", { class: "legend states", "aria-label": "By status", hidden: true });
	const bar = el("div", { class: "bands", "aria-hidden": "true" }), legend = el("ul", { class: "legend" });
	const show = (s) => {
		const parts = [...Object.keys(bands).map((band) => ({ band, n: s.bands[band] })), { band: "none", n: s.accounts - s.scored }];
		const text = (band) => bands[band]?.[0] ?? "Without a score";
		setText(all.number, s.accounts.toLocaleString());
		setText(average.number, s.average === null ? "–" : String(s.average));
		setText(sick.number, (s.bands.critical + s.bands.failed + s.bands.warning).toLocaleString());
		keyed(bar, parts, (p) => p.band, () => el("i", {}), (node, p) => {
			setClass(node, `band ${p.band}`);
			node.style.flexGrow = p.n;
			node.hidden = p.n === 0;
		});
		keyed(legend, parts.filter((p) => p.n > 0), (p) => p.band, (p) => el("li", {}, el("i", { class: `band ${p.band}`, "aria-hidden": "true" }), el("span", {})),
			(node, p) => setText(node.lastElementChild, `${text(p.band)} ${p.n.toLocaleString()}`));
		// how many have each status, where the daemon counts that; each leads to its list
		const counted = Object.entries(s.statuses ?? {}).filter(([, n]) => n > 0);
		states.hidden = counted.length === 0;
		keyed(states, counted, ([word]) => word, ([word]) => el("li", {}, el("a", { class: `tag ${tone(statuses, word)}`, href: `#/accounts?status=${encodeURIComponent(word)}` })),
			(node, [word, n]) => setText(node.firstElementChild, `${said(statuses, word)} ${n.toLocaleString()}`));
		if (parts.every((p) => p.n === 0)) setText(legend, count(0, "account"));
	};
	const load = () => get("/v1/health/summary").then(show, () => {});
	const look = soon(load, 100, 1000);
	const off = listen(look);
	const timer = setInterval(look, 15000);
	load();
	return {
		node: el("section", { class: "summary card", "aria-label": "Health of all accounts" },
			el("div", { class: "figures" }, all.node, average.node, sick.node),
			el("div", { class: "spread" }, bar, legend), states),
		end() {
			off();
			look.stop();
			clearInterval(timer);
		},
	};
}
