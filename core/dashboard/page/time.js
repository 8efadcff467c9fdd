// time.js - moments and spans in words, and texts that count.

import { setText } from "./dom.js";

const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];

// 3725 s: "1 h 2 min"
export function span(seconds) {
	let rest = Math.max(0, Math.round(seconds));
	const words = [];
	for (const [unit, size] of units) {
		const n = Math.floor(rest / size);
		if (n > 0 || (unit === "s" && words.length === 0)) words.push(`${n} ${unit}`);
		else if (words.length > 0) break; // "1 h", not "1 h 4 s"
		rest -= n * size;
		if (words.length === 2) break;
	}
	return words.join(" ");
}

export const clock = (iso) => new Date(iso).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
export const moment = (iso) => new Date(iso).toLocaleString(undefined,
	{ year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" });

const forms = {
	ago: (s) => (s > -2 && s < 5 ? "just now" : `${span(s)} ago`),
	for: (s) => span(s),
	in: (s) => (s >= 0 ? "now" : `in ${span(-s)}`),
	left: (s) => (s >= 0 ? "0 s" : span(-s)),
};
// A span reads "3 min", not "3 min 12 s", once nobody counts seconds.
const coarse = (s) => (Math.abs(s) < 120 ? s : Math.sign(s) * (Math.floor(Math.abs(s) / 60) * 60));
const write = (node) => {
	const seconds = (Date.now() - Date.parse(node.dateTime)) / 1000;
	setText(node, forms[node.dataset.form](node.dataset.form === "left" || seconds < 0 ? seconds : coarse(seconds)));
};

// A <time> that counts by itself: form is ago, for, in or left.
export function counter(iso, form) {
	const node = document.createElement("time");
	node.className = "counts";
	setCounter(node, iso, form);
	return node;
}
export function setCounter(node, iso, form) {
	if (node.dateTime !== iso || node.dataset.form !== form) {
		node.dateTime = iso;
		node.dataset.form = form;
		node.title = moment(iso);
	}
	write(node);
}
setInterval(() => document.querySelectorAll("time.counts").forEach(write), 1000);
