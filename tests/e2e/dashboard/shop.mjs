// shop.mjs - accounts as somebody might have them, in different states; and the views that show them.

import { until } from "../lib/daemon.mjs";

const labels = ["Berlin shop", "Support line", "Lisbon office", "Madrid store", "Sales, north", "Sales, south",
	"Returns desk", "Night shift", "Press", "Events", "Warehouse", "Front desk"];

// acct-2 dropped and came back, acct-3 was unlinked, acct-5 waits for a scan, acct-6 was never connected,
// acct-10 cannot be connected.
export async function fill(d) {
	const members = { 5: { metadata: { mock: { scan_ms: 0 } } }, 6: { connect: false }, 10: { metadata: { mock: { create: { fail: "network" } } } } };
	await Promise.all(labels.map((label, i) => d.ok("POST", "/v1/accounts", {
		provider: "mock", id: `acct-${i + 1}`, label, workspace: i % 3 ? "acme" : "default", connect: true, ...members[i + 1],
	})));
	const reached = (id, status) => d.reaches(id, status);
	await Promise.all(["acct-1", "acct-2", "acct-3", "acct-12"].map((id) => reached(id, "connected")));
	const before = (await d.account("acct-2")).generation;
	await d.verb("acct-2", "drop", { cause: "engine_crash" });
	await d.verb("acct-3", "logout");
	await reached("acct-3", "disconnected");
	await reached("acct-5", "qr_scanning");
	await until(async () => {
		const a = await d.account("acct-2");
		return a.generation > before && a.status === "connected";
	});
	if ("/v1/webhooks" in (await d.ok("GET", "/openapi.json")).paths)
		await d.ok("POST", "/v1/webhooks", { url: "https://shop.invalid/events", label: "Shop", events: ["account.*"] });
	const { pid } = (await d.ok("GET", "/v1/workers")).workers[1];
	process.kill(pid, "SIGKILL");
	await until(async () => (await d.ok("GET", "/v1/workers")).workers[1].deaths > 0);
}

// name, address, title, and a text that is there when it is filled
export const views = [
	["accounts", "#/accounts", "Accounts", "Sales, north"],
	["account", "#/accounts/acct-2", "Support line", "The account was made."],
	["alerts", "#/alerts", "Alerts", "acct-3"],
	["workers", "#/workers", "Workers", "1 death"],
	["instances", "#/instances", "Instances", "QR codes shown"],
	["incidents", "#/incidents", "Incidents", /Accounts that failed|There was no incident/],
];
