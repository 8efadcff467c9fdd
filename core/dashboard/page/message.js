// message.js - a message to see that an account sends.

import { accountPath, post } from "./api.js";
import { el } from "./dom.js";
import { fail, note } from "./notes.js";

// So that a second click, or a click again after a lost answer, sends nothing twice.
const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");

export function message(id) {
	const to = el("input", { name: "to", id: "message-to", required: true, maxlength: "128", inputmode: "tel", autocomplete: "off", placeholder: "4912345678" });
	const text = el("textarea", { name: "text", id: "message-text", required: true, maxlength: "4096", rows: "2" }, "A test from Relink.");
	const send = el("button", { type: "submit" }, "Send");
	let key = newKey();
	const form = el("form", {
		oninput: () => (key = newKey()),
		onsubmit: async (e) => {
			e.preventDefault();
			send.disabled = true;
			try {
				await post(accountPath(id, "/messages"), { to: to.value.trim(), text: text.value }, { "Idempotency-Key": key });
				note("The message was sent.");
				key = newKey();
			} catch (problem) {
				fail(problem);
			} finally {
				send.disabled = false;
			}
		},
	}, el("label", { for: "message-to" }, "To"), to, el("label", { for: "message-text" }, "Text"), text, el("div", { class: "buttons" }, send));
	return { node: el("section", { class: "card", "aria-labelledby": "message-title" }, el("h2", { id: "message-title" }, "Send a test message"), form) };
}
