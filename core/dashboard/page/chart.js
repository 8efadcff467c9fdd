// chart.js - a score over time as a line of steps; where there was none, there is a gap.

import { el, svg } from "./dom.js";
import { moment, span } from "./time.js";

const LEAST_MS = 60000;
const W = 320, H = 96, TOP = 6, BOTTOM = 18;

// points: newest first, each { at, score or null } from its time on.
export function chart(points, hours) {
	const end = Date.now(), oldest = Date.parse(points.at(-1)?.at ?? 0);
	// an account of an hour fills the chart, too
	const begin = Math.max(end - hours * 3600000, Math.min(oldest, end - LEAST_MS));
	const x = (at) => Math.max(0, Math.min(W, (at - begin) / (end - begin) * W)).toFixed(1);
	const y = (score) => (TOP + (100 - score) / 100 * (H - TOP - BOTTOM)).toFixed(1);
	const steps = [...points].reverse().map((p, i, all) => ({
		from: Math.max(begin, Date.parse(p.at)), to: i + 1 < all.length ? Date.parse(all[i + 1].at) : end, score: p.score,
	})).filter((s) => s.to > begin && s.score !== null);
	let line = "", area = "", last = -1;
	for (const s of steps) {
		line += `${s.from === last ? "L" : "M"}${x(s.from)} ${y(s.score)}L${x(s.to)} ${y(s.score)}`;
		area += `M${x(s.from)} ${y(0)}L${x(s.from)} ${y(s.score)}L${x(s.to)} ${y(s.score)}L${x(s.to)} ${y(0)}z`;
		last = s.to;
	}
	const scores = steps.map((s) => s.score);
	const text = scores.length === 0 ? `No score in the last ${hours} hours.`
		: `Health in the last ${hours} hours: now ${points[0].score ?? "without a score"}, between ${Math.min(...scores)} and ${Math.max(...scores)}; ${points.length} points since ${moment(points.at(-1).at)}.`;
	return el("figure", { class: "chart" },
		svg("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": text },
			...[0, 40, 70, 100].map((score) => svg("path", { class: "grid", d: `M0 ${y(score)}H${W}` })),
			svg("path", { class: "area", d: area }), svg("path", { class: "line", d: line }),
			svg("text", { x: "0", y: String(H - 4) }, `${span((end - begin) / 1000)} ago`), svg("text", { x: String(W), y: String(H - 4), "text-anchor": "end" }, "now")));
}
