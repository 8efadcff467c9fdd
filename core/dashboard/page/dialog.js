// dialog.js - dialogs: the focus goes in, and comes back to where it was.

import { el } from "./dom.js";

let n = 0;

// Shows at once.  content(close) gives what is inside; resolves with what close(value) was called with,
// undefined when it was left by Escape.
export function open(title, content, { wide = false } = {}) {
	const from = document.activeElement, id = `dialog-${++n}`;
	return new Promise((done) => {
		let value;
		const box = el("dialog", { "aria-labelledby": id, class: wide ? "wide" : "" });
		const close = (v) => {
			value = v;
			box.close();
		};
		box.append(
			el("div", { class: "dialog-head" }, el("h2", { id }, title),
				el("button", { class: "plain", type: "button", "aria-label": "Close", onclick: () => close() }, "×")),
			...[content(close, box)].flat());
		box.addEventListener("close", () => {
			box.remove();
			if (from?.isConnected) from.focus();
			done(value);
		});
		box.addEventListener("click", (e) => e.target === box && close());
		document.body.append(box);
		box.showModal();
		box.querySelector("[autofocus]")?.focus();
	});
}

// A question with two answers; true: go on.  The safe answer has the focus.
export const confirm = (title, texts, yes, { danger = false } = {}) => open(title, (close) => [
	...texts.map((text) => el("p", {}, text)),
	el("div", { class: "buttons" },
		el("button", { type: "button", autofocus: true, onclick: () => close(false) }, "Cancel"),
		el("button", { type: "button", class: danger ? "danger" : "main", onclick: () => close(true) }, yes)),
]).then((v) => v === true);
