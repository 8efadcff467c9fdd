// login.js - the log-in with a key.  The key goes into one request, and nowhere else.

import { post } from "./api.js";
import { el, replace, setText } from "./dom.js";

export function login(app, why, entered) {
	const problem = el("p", { class: "problem", role: "alert" });
	const key = el("input", {
		id: "key", name: "key", type: "password", autocomplete: "current-password", required: true,
		spellcheck: "false", autocapitalize: "off", "aria-describedby": "key-where", placeholder: "relink_…",
	});
	const button = el("button", { class: "main", type: "submit" }, "Log in");
	const submit = async (e) => {
		e.preventDefault();
		button.disabled = true;
		setText(problem, "");
		try {
			const session = await post("/v1/session", { key: key.value.trim() });
			key.value = "";
			await entered(session);
		} catch (failure) {
			setText(problem, failure.message);
			key.select();
			key.focus();
		} finally {
			button.disabled = false;
		}
	};
	document.title = "Log in – Relink";
	replace(app, el("main", { id: "main", class: "login" },
		el("form", { class: "card", onsubmit: submit },
			el("img", { src: "/dashboard/icon.svg", alt: "", width: "48", height: "48" }),
			el("h1", {}, "Relink"),
			el("p", { class: "quiet" }, "Keeps WhatsApp accounts linked."),
			el("label", { for: "key" }, "API key"), key,
			el("p", { class: "quiet small", id: "key-where" },
				"The admin key is in the file admin.key of the daemon's state directory. Keys of other roles are made with POST /v1/keys."),
			problem, button)));
	setText(problem, why);
	key.focus();
}
