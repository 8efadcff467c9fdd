// pauses.js - hands off: where automation is paused, above the list of accounts that are left alone by it.

import { get, remove } from "./api.js";
import { el, keyed, setText } from "./dom.js";
import { listen, soon } from "./live.js";
import { fail, note } from "./notes.js";
import { counter } from "./time.js";

const ofWhom = (p) => (p.scope === "everything" ? "everything" : `the ${p.scope} ${p.name}`);

// "Automation is paused for the workspace acme, for 3 min, ends in 7 min: a look at the phones"
export const pauseText = (p) => [`Automation is paused for ${ofWhom(p)}, for `, counter(p.since, "for"),
	...(p.until === null ? [] : [", ends ", counter(p.until, "in")]), `: ${p.reason}`];

async function end(p) {
	const path = p.scope === "everything" ? "/v1/pauses/everything" : `/v1/pauses/${p.scope}/${encodeURIComponent(p.name)}`;
	await remove(path).then(() => note(`Automation goes on for ${ofWhom(p)}.`), fail);
}

export function pauses(may) {
	const list = el("ul", { class: "pauses", hidden: true });
	const make = (p) => el("li", { class: "ask-box" }, el("p", {}, pauseText(p)),
		may ? el("button", { type: "button", onclick: () => end(p) }, "Go on") : "");
	const show = ({ pauses: all }) => {
		keyed(list, all, (p) => `${p.scope} ${p.name} ${p.since} ${p.until} ${p.reason}`, make, () => {});
		list.hidden = all.length === 0;
	};
	const look = soon(() => get("/v1/pauses").then(show, () => setText(list, "")), 50, 500);
	const off = listen((e) => /^automation\.|^gap$/.test(e.type) && look());
	look();
	return {
		node: list,
		end() {
			off();
			look.stop();
		},
	};
}
