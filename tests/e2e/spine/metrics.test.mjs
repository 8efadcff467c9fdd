// /metrics: the figures are what happened; Prometheus' own promtool takes them, the alert rules and the
// dashboard, and these name nothing that is not exported.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, test } from "node:test";
import { folder, until, withDaemon } from "../lib/daemon.mjs";
import { Figures, scrape } from "../lib/metrics.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
const etc = path.join(root, "etc");
const own = path.join(root, "build/tools/promtool");

// Not in one go with the others: their daemons would wait for this process, and end what says nothing.
async function promtool(args, { input = "", ...options } = {}) {
	const child = spawn(existsSync(own) ? own : "promtool", args, options);
	let said = "";
	for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (said += text));
	child.stdin.on("error", () => {}); // it may end without reading all
	child.stdin.end(input);
	const status = await new Promise((done, failed) => {
		child.on("close", done);
		child.on("error", (e) => failed(new Error(`promtool is missing (${e.code}); run tools/setup --test`)));
	});
	assert.equal(status, 0, `promtool ${args.join(" ")}:\n${said}`);
	return said;
}

const mock = { scan_ms: "20ms" };
const add = (d, id, more = {}) => d.ok("POST", "/v1/accounts", { provider: "mock", id, connect: true, ...more });
const unscanned = { metadata: { mock: { scan_ms: 0 } } };
const bearer = (key) => ({ Authorization: key === null ? "" : `Bearer ${key}` });

// The figures once `good` finds them so.
async function settles(d, good) {
	let last;
	return until(async () => good(last = await scrape(d)) && last, { explain: () => last.text.replace(/^#.*\n|^.*_bucket.*\n|^.* 0\n/gm, "") });
}

const STATUS = "relink_accounts";

// What the list says, counted.
async function counted(d) {
	const n = {};
	for (const a of await d.accounts()) n[a.status] = (n[a.status] ?? 0) + 1;
	return n;
}
const told = (f) => Object.fromEntries(f.samples.filter((s) => s.name === STATUS && s.value > 0)
	.map((s) => [s.labels.status, s.value]));

describe("metrics", { concurrency: 2, timeout: 120000 }, () => {
	test("accounts, their lives and what was asked of the provider are counted as they happen", () => withDaemon(
		{ mock, errors: /worker/ }, async (d) => {
			for (const id of ["a", "b", "c"]) await add(d, id);
			for (const id of ["a", "b", "c"]) await d.reaches(id, "connected");
			await add(d, "waits", unscanned);
			await d.reaches("waits", "qr_scanning");
			await d.ok("POST", "/v1/accounts", { provider: "mock", id: "idle" });
			let f = await scrape(d);
			assert.deepEqual(told(f), await counted(d));
			assert.equal(f.of(STATUS, { provider: "mock", status: "connected" }), 3);
			assert.equal(f.of(STATUS), 5);
			assert.equal(f.of("relink_attempts_total", { login: "new" }), 4);
			assert.equal(f.of("relink_attempt_outcomes_total", { outcome: "connected" }), 3);
			assert.equal(f.of("relink_start_duration_seconds_count", { outcome: "qr" }), 4);
			assert.equal(f.of("relink_start_queue_wait_seconds_count"), 4);
			assert.equal(f.of("relink_account_state_seconds_count", { state: "qr" }), 3);
			assert.equal(f.of("relink_operations_total", { method: "create", outcome: "ok" }), 4);
			assert.equal(f.of("relink_operation_duration_seconds_count", { method: "create" }), 4);
			assert.equal(f.of("relink_sessions_open", { provider_instance: "mock-1" }), 4);
			assert.equal(f.of("relink_instance_accounts", { provider_instance: "mock-1" }), 5);
			assert.equal(f.of("relink_session_ends_total"), undefined);

			await d.verb("a", "logout"); // a session ends, and not by our wish
			f = await settles(d, (x) => x.of("relink_session_ends_total", { cause: "logged_out" }) === 1);
			await d.ok("POST", "/v1/accounts/b/disconnect"); // and one by our wish
			await d.reaches("b", "disconnected");
			f = await settles(d, (x) => x.of("relink_session_ends_total", { cause: "by_request" }) === 1);
			assert.equal(f.of("relink_operations_total", { method: "disconnect", outcome: "ok" }) >= 1, true);
			await d.ok("POST", "/v1/accounts/b/connect"); // on the kept login, without a QR code
			await d.reaches("b", "connected");
			f = await scrape(d);
			assert.equal(f.of("relink_attempts_total", { login: "kept" }), 1);
			assert.equal(f.of("relink_start_duration_seconds_count", { outcome: "connected" }), 1);

			await d.ok("POST", "/v1/accounts/b/messages", { to: "1", text: "x" });
			await d.verb("b", "behave", { send: { fail: "refused", times: 1 } });
			assert.equal((await d.request("POST", "/v1/accounts/b/messages", { to: "1", text: "x" })).status, 422);
			f = await scrape(d);
			assert.equal(f.of("relink_messages_total"), 2);
			assert.equal(f.of("relink_messages_failed_total", { reason: "failed" }), 1);
			assert.equal(f.of("relink_operations_total", { method: "send", outcome: "refused" }), 1);

			process.kill((await d.ok("GET", "/v1/workers")).workers[0].pid, "SIGKILL");
			f = await settles(d, (x) => x.of("relink_worker_deaths_total") === 1
				&& x.of("relink_worker_up", { slot: "0" }) === 1);
			assert.equal(f.of("relink_worker_spawns_total"), 2);
			await d.request("DELETE", "/v1/accounts/c");
			f = await settles(d, (x) => x.of(STATUS) === 4);
			assert.deepEqual(told(f), await counted(d));

			// a new core counts from nothing, but accounts are what they are
			const journal = f.of("relink_journal_lines_total");
			await d.kill();
			await d.start();
			await d.reaches("b", "connected");
			f = await settles(d, (x) => x.of("relink_sessions_open") > 0);
			assert.deepEqual(told(f), await counted(d));
			assert.equal(f.of("relink_attempts_total"), 0);
			assert.ok(f.of("relink_journal_lines_total") >= journal);
		}));

	test("requests are counted by route, method and class of their answer, and nothing else", () => withDaemon(
		{ mock }, async (d) => {
			await d.ok("POST", "/v1/accounts", { provider: "mock", id: "an-account", workspace: "a-workspace" });
			for (let i = 0; i < 7; i++) await d.account("an-account");
			await d.request("GET", "/v1/accounts/nobody");
			await d.request("GET", "/no/such/path");
			await d.request("GET", "/v1/accounts", undefined, bearer("wrong"));
			const f = await scrape(d);
			const n = (method, route, status) => f.of("relink_http_requests_total", { method, route, status });
			assert.equal(n("GET", "/v1/accounts/{id}", "2xx"), 7);
			assert.equal(n("GET", "/v1/accounts/{id}", "4xx"), 1);
			assert.equal(n("POST", "/v1/accounts", "2xx"), 1);
			assert.equal(n("GET", "/v1/accounts", "4xx"), 1);
			assert.equal(n("", "", "4xx"), 1);
			assert.equal(f.of("relink_http_request_duration_seconds_count", { route: "/v1/accounts/{id}" }), 8);
			assert.equal(f.of("relink_http_limits_total", { reason: "wrong_key" }), 1);
			assert.equal(f.of("relink_http_requests_total", { route: "/metrics" }), undefined, "this one is not over");
			assert.doesNotMatch(f.text, /an-account|a-workspace|nobody|no\/such/);
		}));

	test("histograms and types are as Prometheus wants them, says promtool", () => withDaemon(
		// receivers that are not there: the outbox has a backlog
		{ mock, more: { dropin: { api_key: "old", webhook_url: "http://127.0.0.1:9/x", webhook_secret: "s" },
			webhooks: { allow_private: "127.0.0.1:9" } } }, async (d) => {
			await d.ok("POST", "/v1/webhooks", { url: "http://127.0.0.1:9/y", events: ["account.*"] });
			await d.request("POST", "/api/sessions?api_key=old", { workspace_id: "1", account_id: "1" });
			await add(d, "a");
			await d.reaches("a", "connected");
			const f = await settles(d, (x) => x.of("relink_store_write_duration_seconds_count") > 0);
			await promtool(["check", "metrics"], { input: f.text });
			for (const [name, type] of f.types) {
				if (type !== "histogram") continue;
				const series = new Map();
				for (const s of f.samples.filter((x) => x.name === `${name}_bucket`)) {
					const { le, ...labels } = s.labels;
					const key = JSON.stringify(labels);
					series.set(key, [...series.get(key) ?? [], [le === "+Inf" ? Infinity : Number(le), s.value]]);
				}
				for (const [key, buckets] of series) {
					assert.equal(buckets.at(-1)[0], Infinity);
					assert.equal(buckets.at(-1)[1], f.of(`${name}_count`, JSON.parse(key)), `${name}${key}`);
					for (let i = 1; i < buckets.length; i++)
						assert.ok(buckets[i][0] > buckets[i - 1][0] && buckets[i][1] >= buckets[i - 1][1], `${name}${key}`);
				}
			}
			// all that the table has; services only where an instance has a command
			const table = [...readFileSync(path.join(root, "core/out/metrics.def"), "utf8")
				.matchAll(/^METRIC\(\w+, \w+, "(\w+)"/gm)].map((m) => m[1]);
			const missing = table.filter((name) => !f.types.has(name));
			assert.deepEqual(missing, ["relink_session_ends_total", "relink_service_up", "relink_service_starts_total",
				"relink_service_deaths_total"]);
			assert.ok(f.of("process_resident_memory_bytes") > 1e6 && f.of("process_open_fds") > 5);
			assert.ok(Math.abs(f.of("process_start_time_seconds") - Date.now() / 1000) < 120);
		}));

	test("who may read them", () => withDaemon({ mock }, async (d) => {
		const key = async (wish) => (await d.ok("POST", "/v1/keys", wish)).key;
		const status = async (k) => (await d.request("GET", "/metrics", undefined, bearer(k))).status;
		assert.equal(await status(null), 401);
		assert.equal(await status(await key({ role: "viewer" })), 200);
		assert.equal(await status(await key({ role: "operator", workspace: "one" })), 403);
		const answer = await d.request("GET", "/metrics");
		assert.equal(answer.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
	}));

	test("with http.metrics_open this machine needs no key for them, and for nothing else", () => withDaemon(
		{ mock, more: { http: { listen: "127.0.0.1:0", metrics_open: true } } }, async (d) => {
			assert.equal((await scrape(d, bearer(null))).of("relink_build_info"), 1);
			for (const url of ["/v1/accounts", "/v1/workers"])
				assert.equal((await d.request("GET", url, undefined, bearer(null))).status, 401);
		}));

	test("alert rules and dashboard are sound, and name only what is exported", async () => {
		assert.match(await promtool(["check", "rules", path.join(etc, "prometheus/alerts.yml")]), /SUCCESS: \d+ rules found/);
		await promtool(["test", "rules", "alerts_test.yml"], { cwd: path.join(etc, "prometheus") });
		const table = new Map([...readFileSync(path.join(root, "core/out/metrics.def"), "utf8")
			.matchAll(/^METRIC\(\w+, (\w+), "(\w+)", "([a-z_ ]*)"/gm)].map((m) => [m[2], { type: m[1], labels: m[3] }]));
		const exported = new Set([...table].flatMap(([name, { type }]) =>
			type === "HISTOGRAM" ? ["_bucket", "_sum", "_count"].map((end) => name + end) : [name]));
		const named = (text) => [...text.matchAll(/\b(?:relink|process)_[a-z_]+/g)].map((m) => m[0]);
		const board = JSON.parse(readFileSync(path.join(etc, "grafana/relink.json"), "utf8"));
		const exprs = board.panels.flatMap((p) => p.targets.map((t) => t.expr));
		const rules = readFileSync(path.join(etc, "prometheus/alerts.yml"), "utf8");
		assert.ok(board.panels.length >= 15 && exprs.length >= 20);
		for (const name of [...exprs.flatMap(named), ...named(rules)])
			assert.ok(exported.has(name), `${name} is not exported`);
		// Grafana's expressions as rules, so that promtool parses them
		const file = path.join(folder(), "board.yml");
		writeFileSync(file, JSON.stringify({ groups: [{ name: "board", rules: exprs.map((expr, i) => ({
			record: `board:${i}`, expr: expr.replaceAll("$__rate_interval", "5m").replaceAll("$provider", ".*"),
		})) }] }));
		await promtool(["check", "rules", file]);
		for (const p of board.panels) {
			assert.ok(p.title && p.description && p.fieldConfig.defaults.unit, `panel ${p.id} says too little`);
			for (const t of p.targets) {
				for (const [, label] of t.legendFormat.matchAll(/\{\{(\w+)\}\}/g))
					assert.ok(named(t.expr).some((n) => table.get(n.replace(/_(bucket|sum|count)$/, ""))?.labels.split(" ").includes(label)
						|| table.get(n)?.labels.split(" ").includes(label)), `no metric in "${t.expr}" has the label ${label}`);
			}
		}
	});
});
