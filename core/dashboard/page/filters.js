// filters.js - which accounts the list shows, and in what order; kept in the address.

import { get } from "./api.js";
import { el } from "./dom.js";
import { hasParameter } from "./features.js";
import { statuses } from "./words.js";

const LIST = "/v1/accounts";
const TYPING_MS = 60;

const field = (label, control) => el("label", {}, el("span", {}, label), control);
const select = (name, options, chosen) => el("select", { name },
	options.map(([value, text]) => el("option", { value, selected: value === chosen }, text)));

// node; values(): parameters of the list; any(): is one set?
export function filters(params, session, changed) {
	const search = hasParameter(LIST, "q") ? "q" : "label_prefix";
	const controls = {
		[search]: el("input", { type: "search", name: search, value: params.get(search) ?? "", maxlength: "128", spellcheck: "false" }),
		status: select("status", [["", "All"], ...Object.entries(statuses).map(([word, [text]]) => [word, text])], params.get("status") ?? ""),
	};
	const fields = [field(search === "q" ? "Search" : "Label begins with", controls[search]), field("Status", controls.status)];
	if (session.workspace === null) {
		controls.provider = select("provider", [["", "All"]], "");
		controls.workspace = el("input", { type: "search", name: "workspace", value: params.get("workspace") ?? "", maxlength: "32", placeholder: "All", spellcheck: "false" });
		fields.push(field("Provider", controls.provider), field("Workspace", controls.workspace));
		get("/v1/policy").then(({ providers }) => {
			controls.provider.append(...providers.map((p) => el("option", { value: p.provider, selected: p.provider === params.get("provider") }, p.provider)));
		}, () => {});
	}
	if (hasParameter(LIST, "sort")) {
		controls.sort = select("sort", [["", "As they were made"], ["status", "Status"], ["health", "Health, worst first"], ["changed", "Latest change"]], params.get("sort") ?? "");
		fields.push(field("Order", controls.sort));
	}
	// what the address says holds until the providers are known
	let wished = params.get("provider") ?? "";
	let timer;
	const node = el("form", {
		class: "filters", role: "search", "aria-label": "Accounts",
		onsubmit: (e) => e.preventDefault(),
		oninput: (e) => {
			if (e.target === controls.provider) wished = e.target.value;
			clearTimeout(timer);
			timer = setTimeout(changed, e.target.tagName === "SELECT" ? 0 : TYPING_MS);
		},
	}, fields);
	const values = () => Object.fromEntries(Object.entries(controls)
		.map(([name, control]) => [name, name === "provider" ? wished : control.value.trim()]).filter(([, v]) => v !== ""));
	return { node, values, any: () => Object.keys(values()).some((name) => name !== "sort") };
}
