// attempts.js - the sessions of an account: why each was begun, how it ended, what followed.

import { accountPath, get, query } from "./api.js";
import { el, keyed, setClass, setText } from "./dom.js";
import { empty } from "./parts.js";
import { counter } from "./time.js";

const PAGE = 10;
const states = { open: ["Open", "good"], ending: ["Ending", "ask"], gone: ["Over", "off"] };

const make = (a) => el("li", {},
	el("div", {}, el("b", {}, `Session ${a.generation}`), el("span", { class: "tag" }), counter(a.begun.at, "ago")),
	el("p", {}), el("p", { class: "quiet small" }, el("code", {}, a.session_id)));
function update(node, a) {
	const [word, tone] = states[a.state] ?? [a.state, "off"];
	setText(node.querySelector(".tag"), word);
	setClass(node.querySelector(".tag"), `tag ${tone}`);
	setText(node.children[1], a.says);
}

export function attempts(id) {
	const list = el("ol", { class: "attempts" }), none = empty("It had no session yet."), problem = el("p", { class: "problem" });
	const load = async () => {
		try {
			const { attempts: all } = await get(query(accountPath(id, "/attempts"), { limit: PAGE }));
			keyed(list, all, (a) => a.generation, make, update);
			none.hidden = all.length > 0;
			setText(problem, "");
		} catch (e) {
			if (e.status !== 404) setText(problem, e.message);
		}
	};
	return { load, node: el("section", { class: "card", "aria-labelledby": "attempts-title" },
		el("h2", { id: "attempts-title" }, "What was tried"), list, none, problem) };
}
