// health.js - how well an account is: the score with its reasons, the evidence, and what it was.

import { accountPath, get, query } from "./api.js";
import { chart } from "./chart.js";
import { el, replace, setText } from "./dom.js";
import { tagOf } from "./parts.js";
import { bands, titled } from "./words.js";

const HOURS = 24;

const reason = (c) => el("li", {}, el("b", { class: "points" }, String(c.points)), el("span", {}, c.text));
const stage = (s) => el("li", { class: `stage ${s.verdict}` }, el("b", {}, titled(s.name)), el("span", { class: "quiet small" }, s.text || titled(s.verdict)));

function scoreOf(h) {
	if (h === null) return el("p", { class: "quiet" }, "No score: a person is awaited, or nobody wants it connected.");
	return el("div", { class: "health-now" }, el("b", { class: "big" }, String(h.score)), tagOf(bands, h.band),
		el("span", { class: "quiet small" }, `${h.confidence}% sure`));
}

export function health(id) {
	const now = el("div", {}), reasons = el("ul", { class: "reasons" }), past = el("div", {}), stages = el("ul", { class: "stages" }), problem = el("p", { class: "problem" });
	const load = async () => {
		try {
			const h = await get(query(accountPath(id, "/health"), { history: HOURS }));
			replace(now, scoreOf(h.health));
			replace(reasons, (h.health?.components ?? []).map(reason));
			replace(stages, h.stages.map(stage));
			replace(past, chart(h.history, HOURS));
			setText(problem, "");
		} catch (e) {
			if (e.status !== 404) setText(problem, e.message);
		}
	};
	return { load, node: el("section", { class: "card", "aria-labelledby": "health-title" },
		el("h2", { id: "health-title" }, "Health"), now, reasons, past, el("h3", {}, "How that is known"), stages, problem) };
}
