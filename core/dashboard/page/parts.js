// parts.js - small pieces that several views show.

import { el, setAttribute, setClass, setText } from "./dom.js";
import { bands, said, tone } from "./words.js";

export const tag = () => el("span", { class: "tag" });
export function setTag(node, table, word) {
	setText(node, said(table, word));
	setClass(node, `tag ${tone(table, word)}`);
}
export function tagOf(table, word) {
	const node = tag();
	setTag(node, table, word);
	return node;
}

// A score as number and bar.
export const score = () => el("span", { class: "score" }, el("b", {}), el("span", { class: "bar", "aria-hidden": "true" }, el("i", {})));
export function setScore(node, health) {
	const [number, bar] = node.children;
	setText(number, health === null ? "–" : String(health.score));
	setAttribute(node, "title", health === null ? "No score: a person is awaited, or nobody wants it connected"
		: `${said(bands, health.band)}, ${health.confidence}% sure${health.components.map((c) => `\n${c.points}: ${c.text}`).join("")}`);
	setClass(node, `score ${health === null ? "off" : tone(bands, health.band)}`);
	bar.firstElementChild.style.width = `${health?.score ?? 0}%`;
}

// Pairs of a name and what it is; those without a value are left out.
export const facts = (pairs) => el("dl", { class: "facts" },
	pairs.filter(([, value]) => value !== null && value !== undefined && value !== "")
		.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));

export const empty = (text) => el("p", { class: "empty" }, text);
export const cell = (label, ...children) => el("td", { role: "cell", "data-label": label }, ...children);
export const table = (caption, columns, body) => el("table", { role: "table" },
	el("caption", { class: "unseen" }, caption),
	el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, columns.map((name) => el("th", { role: "columnheader", scope: "col" }, name)))),
	body);
export const rows = () => el("tbody", { role: "rowgroup" });
