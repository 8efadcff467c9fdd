// share.js - a link that shows one account's code to the person with the phone, who has no key.

import { accountPath, post, remove } from "./api.js";
import { el, replace } from "./dom.js";
import { fail, say } from "./notes.js";
import { counter } from "./time.js";

// Without leave to write to the clipboard (plain http from elsewhere) the text is marked, to be copied by hand.
async function copy(field) {
	field.select();
	try {
		await navigator.clipboard.writeText(field.value);
		say("The link was copied.");
	} catch {
		say("The link is marked: copy it with Ctrl+C.");
	}
}

// In the QR dialog.  The link is told once, so it goes with the dialog; it stays good until its end.
export function share(account) {
	const path = accountPath(account.id, "/qr-link");
	const body = el("div", { class: "share-body" });
	const press = (words, act) => el("button", {
		type: "button",
		onclick: async (e) => {
			e.target.disabled = true;
			await act().catch(fail);
			e.target.disabled = false;
		},
	}, words);
	const begin = () => replace(body,
		el("p", { class: "quiet small" }, "Whoever opens it first sees this account's code and nothing else. They must reach this address."),
		press("Make a link", make));
	const make = async () => {
		const { url, expires_at: ends } = await post(path, {});
		const field = el("input", { id: "share-link", readonly: true, value: `${location.origin}${url}`, onfocus: (e) => e.target.select() });
		replace(body, el("label", { for: "share-link" }, "Link"), field,
			el("p", { class: "quiet small" }, "Good for ", counter(ends, "left"), ", for the first browser that opens it. A new one takes its place."),
			el("div", { class: "buttons" }, press("Copy", () => copy(field)), press("Withdraw", async () => {
				await remove(path);
				begin();
				say("The link was withdrawn.");
			})));
		field.focus();
		say("The link is made.");
	};
	begin();
	return el("details", { class: "share" }, el("summary", {}, "Somebody else has the phone?"), body);
}
