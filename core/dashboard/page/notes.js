// notes.js - what the page says aside: a note that goes by itself, and what screen readers hear.

import { el, setText } from "./dom.js";

const spoken = () => document.getElementById("said");

// Heard, not seen.
export function say(text) {
	setText(spoken(), "");
	setTimeout(() => setText(spoken(), text), 50);
}

// Seen and heard.  A failure stays until it is closed.
export function note(text, failed = false) {
	const box = el("div", { class: failed ? "note bad" : "note" }, el("p", {}, text));
	box.append(el("button", { class: "plain", type: "button", "aria-label": "Close this notice", onclick: () => box.remove() }, "×"));
	const all = document.getElementById("notes");
	while (all.children.length > 3) all.firstElementChild.remove();
	all.append(box);
	say(text);
	if (!failed) setTimeout(() => box.remove(), 6000);
}
export const fail = (problem) => note(problem.message, true);
