// shell.js - what stands around the views: brand, navigation, the state of the stream, log-out.

import { account } from "./account.js";
import { accounts } from "./accounts.js";
import { alerts } from "./alerts.js";
import { get, remove } from "./api.js";
import { el, replace, setAttribute, setClass, setText } from "./dom.js";
import { hasRoute } from "./features.js";
import { incidents } from "./incidents.js";
import { instances } from "./instances.js";
import * as live from "./live.js";
import { fail } from "./notes.js";
import { webhooks } from "./webhooks.js";
import { workers } from "./workers.js";

// A view is view(page, { rest, params, session, may }): it fills the page and gives what ends it.  fleet: of
// no workspace, so keys of one do not see it; can: who else sees it, where the API has it.
const views = {
	accounts: { name: "Accounts", show: (page, at) => (at.rest ? account : accounts)(page, at) },
	alerts: { name: "Alerts", show: alerts, can: () => hasRoute("/v1/alerts") },
	workers: { name: "Workers", show: workers, fleet: true },
	instances: { name: "Instances", show: instances, fleet: true },
	incidents: { name: "Incidents", show: incidents, fleet: true },
	webhooks: { name: "Webhooks", show: webhooks, can: (session) => session.role !== "viewer" && hasRoute("/v1/webhooks") },
};

// "#/accounts/shop-1?a=b"
function place() {
	const [path, words] = location.hash.replace(/^#\/?/, "").split("?");
	const [name, rest] = path.split("/");
	let id = "";
	try {
		id = decodeURIComponent(rest ?? "");
	} catch {
		id = rest;
	}
	return { name: name in views ? name : "accounts", rest: id, params: new URLSearchParams(words ?? "") };
}

function navigation(session) {
	const links = new Map(Object.entries(views).filter(([, v]) => (!v.fleet || session.workspace === null) && (v.can?.(session) ?? true))
		.map(([name, v]) => [name, el("a", { href: `#/${name}` }, v.name)]));
	return { links, nav: el("nav", { "aria-label": "Views" }, el("ul", {}, [...links.values()].map((a) => el("li", {}, a)))) };
}

// How many of a view are open stands at its link.
const open = {
	alerts: ["alert.", async () => {
		const all = await get("/v1/alerts?limit=100");
		return all.next_before === null ? all.alerts.length : "100+";
	}],
	incidents: ["incident.", async () => (await get("/v1/incidents")).incidents.filter((i) => i.closed_at === null).length],
};
function watchOpen(link, [events, count]) {
	const badge = el("span", { class: "badge", hidden: true });
	link.append(" ", badge);
	const look = live.soon(async () => {
		const n = await count().catch(() => 0);
		badge.hidden = n === 0;
		setText(badge, n === 0 ? "" : `${n} open`);
	}, 50, 1000);
	const off = live.listen((e) => (e.type.startsWith(events) || e.type === "gap") && look());
	look();
	return () => {
		off();
		look.stop();
	};
}

// byUser: somebody has just logged in, and goes on at the title.
export function shell(app, session, left, byUser) {
	const { links, nav } = navigation(session);
	const state = el("span", { class: "live" }, "…");
	const page = el("main", { id: "main" });
	const logOut = () => remove("/v1/session").then(() => left(), fail);
	replace(app,
		el("header", { class: "top" },
			el("a", { class: "brand", href: "#/accounts" }, el("img", { src: "/dashboard/icon.svg", alt: "", width: "28", height: "28" }), "Relink"),
			nav,
			el("div", { class: "who" }, state,
				el("span", { class: "role", title: session.key === null ? "the key in admin.key" : `key ${session.key}` },
					session.workspace === null ? session.role : `${session.role} of ${session.workspace}`),
				el("button", { class: "plain", type: "button", onclick: logOut }, "Log out"))),
		page);

	live.start((now) => {
		setText(state, now === "live" ? "Live" : "Connecting again…");
		setClass(state, `live ${now}`);
	});
	let end = () => {};
	const go = (byUser) => {
		const at = place();
		end();
		for (const [name, link] of links) setAttribute(link, "aria-current", name === at.name && "page");
		replace(page);
		end = views[at.name].show(page, { ...at, session, may: session.role !== "viewer" }) ?? (() => {});
		const title = page.querySelector("h1");
		document.title = `${title?.textContent || views[at.name].name} – Relink`;
		if (!byUser || !title) return;
		title.tabIndex = -1;
		title.focus({ preventScroll: true });
		scrollTo(0, 0);
	};
	const onHash = () => go(true);
	addEventListener("hashchange", onHash);
	const watched = Object.keys(open).filter((name) => links.has(name)).map((name) => watchOpen(links.get(name), open[name]));
	go(byUser);
	return () => {
		removeEventListener("hashchange", onHash);
		for (const forget of watched) forget();
		end();
	};
}
