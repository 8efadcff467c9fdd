// /openapi.json: a public validator takes it, it has each route, the daemon answers as it says, and each
// route is asked by each role.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, test } from "node:test";
import { until, withDaemon } from "../lib/daemon.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, "../../..");
const load = (name) => import(name).catch((e) => {
	throw new Error(`the validator's packages are missing (${e.code}); run tools/setup --test`);
});

// Every line of the router's table; the drop-in face's marked.
const routes = [...readFileSync(path.join(root, "core/api/routes.def"), "utf8")
	.matchAll(/^ROUTE\((\w+),\s+"([^"]+)",\s+\w+,\s+(\w+),\s+(\w+)/gm)]
	.map(([, method, url, access, body]) => ({ method, url, access, body, dropin: access.startsWith("DROPIN") }));

const mock = { scan_ms: "20ms" };
const withFace = { mock, more: { dropin: { api_key: "the-old-key" }, webhooks: { allow_private: "127.0.0.1:9" } } };
const operations = (doc) => Object.entries(doc.paths).flatMap(([url, ways]) =>
	Object.entries(ways).map(([method, operation]) => ({ method: method.toUpperCase(), url, operation })));

// One request; the body of an answer without end is not waited for.
function ask(d, { method, url, key, body, headers = {} }) {
	const text = body === undefined ? undefined : JSON.stringify(body);
	return new Promise((done, failed) => {
		const request = http.request({ host: "127.0.0.1", port: d.port, method, path: url, agent: false, headers: {
			...(key === null ? {} : { Authorization: `Bearer ${key}` }), ...headers,
			...(text === undefined ? {} : { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) }),
		} }, (answer) => {
			const said = { status: answer.statusCode, type: (answer.headers["content-type"] ?? "").split(";")[0] };
			if (said.type === "text/event-stream") {
				answer.destroy();
				done({ ...said, text: "" });
				return;
			}
			let got = "";
			answer.setEncoding("utf8");
			answer.on("data", (part) => (got += part));
			answer.on("end", () => done({ ...said, text: got }));
		});
		request.on("error", failed);
		request.end(text);
	});
}

// The document as schemas that ajv checks answers against.
async function judge(doc) {
	const { default: Ajv } = await load("ajv/dist/2020.js");
	const { default: formats } = await load("ajv-formats");
	const ajv = formats.default ? formats.default(new (Ajv.default ?? Ajv)({ strict: false, allErrors: true }))
		: formats(new (Ajv.default ?? Ajv)({ strict: false, allErrors: true }));
	ajv.addSchema({ $id: "relink", components: doc.components });
	return (schema, value, where) => {
		const check = ajv.getSchema(`relink${schema.$ref}`) ?? ajv.compile({ $ref: `relink${schema.$ref}` });
		assert.ok(check(value), `${where}: ${ajv.errorsText(check.errors)}\n${JSON.stringify(value)}`);
	};
}

// Is this answer one that the document has, and of its shape?
function promised(matches, operation, answer, where) {
	const told = operation.responses[answer.status];
	assert.ok(told, `${where}: ${answer.status} is not documented: ${answer.text}`);
	if (answer.status === 204) return;
	assert.ok(told.content?.[answer.type] ?? told.content?.["*/*"], `${where}: ${answer.status} has ${answer.type}`);
	const { schema } = told.content[answer.type] ?? told.content["*/*"];
	if (schema === undefined) return;
	const value = JSON.parse(answer.text);
	matches(schema, value, where);
	if (answer.status >= 400) assert.ok(told.description.split(", ").includes(value.code), `${where}: ${value.code} is not documented`);
}

// Nobody listens there: a test delivery says so at once.
const nowhere = "http://127.0.0.1:9/";
const RANK = { viewer: 1, operator: 2, admin: 3 };
const bodies = {
	"POST /v1/accounts": (n) => ({ provider: "mock", id: `new-${n}` }),
	"PATCH /v1/accounts/{id}": () => ({ label: "x" }),
	"POST /v1/accounts/{id}/qr": () => ({ force: true }),
	"POST /v1/accounts/{id}/messages": () => ({ to: "1", text: "x" }),
	"POST /v1/keys": () => ({ role: "viewer" }),
	...Object.fromEntries(["everything", "provider/{provider}", "workspace/{workspace}", "account/{id}"]
		.map((scope) => [`PUT /v1/pauses/${scope}`, () => ({ reason: "a look", for_seconds: 600 })])),
	"POST /v1/bulk": () => ({ action: "reconnect", selector: { label_prefix: "nobody" }, dry_run: true }),
	"POST /v1/webhooks": () => ({ url: nowhere }),
	"POST /v1/webhooks/{webhook}/replay": () => ({ from: 1 }),
	"POST /v1/session": () => ({ key: "wrong" }),
};

describe("openapi", { concurrency: 2, timeout: 300000 }, () => {
	test("a public validator takes the document, with and without the drop-in face", async () => {
		const { Validator } = await load("@seriousme/openapi-schema-validator");
		for (const options of [{ mock }, withFace]) {
			await withDaemon(options, async (d) => {
				const doc = JSON.parse((await ask(d, { method: "GET", url: "/openapi.json", key: null })).text);
				const validator = new Validator();
				const found = await validator.validate(structuredClone(doc));
				assert.ok(found.valid, JSON.stringify(found.errors, null, 1));
				assert.equal(validator.version, "3.1");
				const face = options === withFace;
				assert.deepEqual(operations(doc).map((o) => `${o.method} ${o.url}`).sort(),
					routes.filter((r) => face || !r.dropin).map((r) => `${r.method} ${r.url}`).sort());
				const ids = operations(doc).map((o) => o.operation.operationId);
				assert.equal(new Set(ids).size, ids.length, "an operationId stands twice");
				for (const { method, url, operation: o } of operations(doc)) {
					const named = [...url.matchAll(/\{(\w+)\}/g)].map((m) => m[1]);
					assert.deepEqual(o.parameters.filter((p) => p.in === "path").map((p) => p.name), named, url);
					assert.ok(o.parameters.every((p) => p.description), `${method} ${url} has a parameter without text`);
					assert.ok(o.summary && Object.keys(o.responses).some((s) => s < 400), `${method} ${url}`);
				}
				// a document that is wrong is found to be
				delete doc.info.title;
				assert.ok(!(await new Validator().validate(doc)).valid);
			});
		}
	});

	test("each route by each role answers as documented", () => withDaemon({ ...withFace, errors: /./ }, async (d) => {
		const doc = await d.ok("GET", "/openapi.json");
		const matches = await judge(doc);
		const key = async (wish) => (await d.ok("POST", "/v1/keys", wish)).key;
		const who = { none: { key: null, rank: 0 }, wrong: { key: "wrong", rank: 0 }, admin: { key: d.key, rank: 3 } };
		for (const role of ["viewer", "operator"]) {
			who[role] = { key: await key({ role }), rank: RANK[role] };
			who[`${role} of acme`] = { key: await key({ role, workspace: "acme" }), rank: RANK[role], scoped: true };
		}
		who["admin by file"] = { key: await key({ role: "admin" }), rank: 3 };
		let n = 0, asked = 0;
		const hooks = [];
		// an account and a key of its own for each question, since some end them
		const fill = async (url, workspace) => {
			const id = `a-${++n}`;
			if (url.includes("{id}"))
				await d.ok("POST", "/v1/accounts", { provider: "mock", id, workspace, connect: /messages|verbs|check/.test(url) });
			if (/\{id\}.(messages|verbs|check)/.test(url)) await d.reaches(id, "connected");
			const made = url.includes("{key}") ? (await d.ok("POST", "/v1/keys", { role: "viewer" })).id : "";
			// a place in the journal is found a moment after the webhook was made
			const hook = url.includes("{webhook}") ? (await d.ok("POST", "/v1/webhooks", { url: nowhere, workspace })).id : "";
			if (url.endsWith("/replay")) await until(async () => (await d.ok("GET", `/v1/webhooks/${hook}`)).seq !== null);
			if (hook) hooks.push(hook);
			while (hooks.length > 50) await d.request("DELETE", `/v1/webhooks/${hooks.shift()}`);
			return url.replace("{webhook}", hook).replace("{id}", id).replace("{key}", made).replace("{verb}", "nothing").replace("{slot}", "0").replace("{incident}", "1")
				.replace("{instance}", "mock-1").replace("{provider}", "mock").replace("{session}", "s")
				.replace("{token}", "x".repeat(43)).replace("{workspace}", "acme").replace("{bulk}", "bulk_000000000000").replace("{file}", "main.js");
		};
		for (const { method, url, operation } of operations(doc)) {
			const route = routes.find((r) => r.method === method && r.url === url);
			const least = operation.security.find((s) => s.bearer)?.bearer[0];
			// the document says what the table says
			assert.equal(least ?? "none", /^(VIEWER|OPERATOR|ADMIN)/.exec(route.access)?.[1].toLowerCase() ?? "none", url);
			for (const [name, { key: k, rank, scoped }] of Object.entries(who)) {
				const where = `${method} ${url} by ${name}`;
				const request = { method, key: k, url: await fill(url, "acme"), body: bodies[`${method} ${url}`]?.(n) };
				const answer = await ask(d, request);
				asked++;
				if (route.dropin) {
					// a key of ours is none there, and what is open is open
					assert.equal([401, 403, 429].includes(answer.status), route.access === "DROPIN", `${where}: ${answer.status}`);
					continue;
				}
				promised(matches, operation, answer, where);
				if (url === "/v1/session" && method === "POST") {
					assert.equal(answer.status, 403, where); // no page of ours asks; dashboard/ logs in
				} else if (least === undefined) {
					assert.ok(answer.status !== 403 && (answer.status !== 401 || route.body === "HOOK"), `${where}: ${answer.status}`);
				} else if (rank === 0) {
					assert.ok(answer.status === 401 || (name === "wrong" && answer.status === 429), `${where}: ${answer.status}`);
				} else if (rank < RANK[least] || (scoped && !operation["x-relink-workspace-keys"])) {
					assert.equal(answer.status, 403, where);
				} else {
					assert.ok(answer.status < 400 || url.endsWith("/qr") || url.includes("{verb}") || url.includes("{incident}") || url.includes("{bulk}")
						|| (method === "DELETE" && url.includes("/pauses/")), `${where}: ${answer.status} ${answer.text}`);
				}
				if (!scoped || !/\{(id|webhook)\}/.test(url) || !operation["x-relink-workspace-keys"] || rank < RANK[least]) continue;
				const other = await ask(d, { ...request, url: await fill(url, "other") });
				assert.equal(other.status, 404, `${where}, of another workspace`);
				promised(matches, operation, other, where);
			}
			if (method === "POST" && url.endsWith("/drain")) await d.ok("POST", "/v1/instances/mock-1/resume");
		}
		assert.equal(asked, routes.length * Object.keys(who).length);
	}));

	test("answers with much in them are of the documented shape, and wrong requests too", () => withDaemon(
		{ mock, errors: /worker/ }, async (d) => {
			const doc = await d.ok("GET", "/openapi.json");
			const matches = await judge(doc);
			const check = async (method, url, pattern, body, headers) => {
				const answer = await ask(d, { method, url, key: d.key, body, headers });
				promised(matches, doc.paths[pattern][method.toLowerCase()], answer, `${method} ${url}`);
				return answer.status;
			};
			await d.ok("POST", "/v1/accounts", { provider: "mock", id: "a", connect: true, metadata: { x: 1 } });
			const waited = { Prefer: "wait=20" };
			await d.ok("POST", "/v1/accounts", { provider: "mock", id: "q", metadata: { mock: { scan_ms: 0 } } });
			assert.equal(await check("POST", "/v1/accounts/q/connect", "/v1/accounts/{id}/connect", {}, waited), 200);
			await d.reaches("q", "qr_scanning");
			await d.reaches("a", "connected");
			assert.equal(await check("GET", "/v1/accounts/q/qr", "/v1/accounts/{id}/qr"), 200);
			for (const [url, pattern] of [["/v1/accounts", "/v1/accounts"], ["/v1/accounts/q", "/v1/accounts/{id}"],
				["/v1/accounts/a", "/v1/accounts/{id}"], ["/v1/accounts/a/timeline", "/v1/accounts/{id}/timeline"],
				["/v1/health/summary", "/v1/health/summary"], ["/v1/workers", "/v1/workers"],
				["/v1/instances", "/v1/instances"], ["/v1/keys", "/v1/keys"]])
				assert.equal(await check("GET", url, pattern), 200, url);
			process.kill((await d.ok("GET", "/v1/workers")).workers[0].pid, "SIGKILL");
			await until(async () => (await d.ok("GET", "/v1/workers")).workers[0].deaths === 1 && (await d.request("GET", "/readyz")).status === 200);
			await d.reaches("a", "connected");
			assert.equal(await check("GET", "/v1/workers/0/deaths", "/v1/workers/{slot}/deaths"), 200);
			assert.equal(await check("GET", "/v1/workers", "/v1/workers"), 200);
			for (const [method, url, pattern, body, status] of [
				["POST", "/v1/accounts", "/v1/accounts", { provider: "none" }, 422],
				["POST", "/v1/accounts", "/v1/accounts", { provider: "mock", id: "a" }, 409],
				["POST", "/v1/accounts", "/v1/accounts", { provider: "mock", typo: 1 }, 400],
				["POST", "/v1/accounts", "/v1/accounts", {}, 400],
				["GET", "/v1/accounts?limit=x", "/v1/accounts", undefined, 400],
				["GET", "/v1/accounts?typo=x", "/v1/accounts", undefined, 400],
				["GET", "/v1/accounts/nobody", "/v1/accounts/{id}", undefined, 404],
				["GET", "/v1/workers/99/deaths", "/v1/workers/{slot}/deaths", undefined, 404],
				["GET", "/v1/instances/none", "/v1/instances/{instance}", undefined, 404],
				["DELETE", "/v1/keys/00000000", "/v1/keys/{key}", undefined, 404],
				["POST", "/v1/accounts/a/messages", "/v1/accounts/{id}/messages", { to: "1" }, 400],
				["POST", "/v1/accounts/q/messages", "/v1/accounts/{id}/messages", { to: "1", text: "x" }, 409],
				["POST", "/v1/accounts/a/verbs/none", "/v1/accounts/{id}/verbs/{verb}", {}, 422],
				["POST", "/v1/accounts/a/qr", "/v1/accounts/{id}/qr", {}, 409],
			]) assert.equal(await check(method, url, pattern, body), status, `${method} ${url}`);
			// request bodies are described by what reads them
			const { AccountNew, KeyNew } = doc.components.schemas;
			assert.deepEqual(AccountNew.required, ["provider"]);
			assert.deepEqual(Object.keys(KeyNew.properties), ["label", "role", "workspace", "expires_in", "expires_at"]);
		}));
});
