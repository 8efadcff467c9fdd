// table.mjs - how the service can misbehave, and what Relink must show of it: one behaviour a row.
//
// row(name, when, spoil, sees, more)
//   when   "start": from before the account is connected on; "up": once it is connected
//   spoil  (fake, session) => puts it in place
//   sees   { status, cause, user_action, text }: what the account comes to show; those that are given
//          "same": nothing may change for three more answers of that kind, not even the generation
//   heals  "itself" once the service is good again, or "person": then by a reconnect; `anew`: by a new life
//   act    what is asked of Relink between the two

import {
	acted, answers, bomb, changed, closes, cut, doubles, error, hangs, pours, raw, resets, trickles, tricklesHead, zipped,
} from "./ways.mjs";

const rows = [];
const row = (name, when, spoil, sees, more = {}) => rows.push({ name, when, spoil, sees, heals: "itself", ...more });
const on = (route, way) => (fake) => fake.spoil(route, way);
const html = "<html><body>It works!</body></html>";

// ---- create: nothing may be asked twice, and what is unknown is looked up

const HELD = { status: "failed", user_action: "fix_config" };
const LATER = { status: "connecting" };
const MADE = { status: "connected", generation: 1 }; // what was done was found, and not done again

row("create: 401", "start", on("create", error(401, "unauthorized", "Invalid API key")),
	{ ...HELD, cause: "misconfigured", text: /set api_key/ }, { heals: "person" });
row("create: 403 of a proxy, in HTML", "start", on("create", answers(403, html)), { ...HELD, cause: "misconfigured" }, { heals: "person" });
row("create: 404 of something that is not the service", "start", on("create", answers(404, html)),
	{ ...HELD, cause: "misconfigured", text: /look at url/ }, { heals: "person" });
row("create: redirected, and nobody follows", "start", (fake) =>
	fake.spoil("create", answers(307, "", { Location: `${fake.url}/api/sessions` })),
{ ...HELD, cause: "misconfigured", text: /redirect/ }, { heals: "person" });
row("create: the id belongs to another account", "start", on("create", error(409, "conflict", "This session id belongs to another account")),
	{ ...HELD, cause: "misconfigured", text: /two Relinks/ }, { heals: "person" });
row("create: 429 with a Retry-After", "start", on("create", answers(429, { error: "slow down" }, { "Retry-After": "1" })),
	{ ...LATER, cause: "throttled", text: /slow down/ });
row("create: 429 for a year", "start", on("create", answers(429, "", { "Retry-After": "31536000" })),
	{ ...LATER, cause: "throttled" }, { heals: "person" });
row("create: 500 in HTML, not done", "start", on("create", answers(500, html)), { cause: "network", live: 0 });
row("create: 500 in HTML, and done", "start", on("create", acted(answers(500, html))), MADE);
row("create: 502, and done", "start", on("create", acted(answers(502, html))), MADE);
row("create: 503 without a body", "start", on("create", answers(503)), { cause: "network" });
row("create: 503, it is stopping", "start", on("create", error(503, "stopping", "The service is stopping")), { cause: "provider_down", text: /stopping/ });
row("create: full", "start", on("create", error(503, "capacity", "All 50 places for sessions are taken")), { cause: "capacity", text: /All 50/ });
row("create: an error in words that nobody knows", "start", on("create", answers(500, { error: "Flux capacitor" })),
	{ status: "failed", cause: "unknown", user_action: "check_provider", text: /Flux/ }, { heals: "person" });
row("create: hangs, not done", "start", on("create", hangs), { cause: "network" });
row("create: hangs, and done", "start", on("create", acted(hangs)), MADE);
row("create: reset, not done", "start", on("create", resets), { cause: "network" });
row("create: reset, and done", "start", on("create", acted(resets)), MADE);
row("create: closed without a word, and done", "start", on("create", acted(closes)), MADE);
row("create: cut in the middle", "start", on("create", cut(0.5)), MADE);
row("create: no JSON, and done", "start", on("create", acted(answers(200, "ok"))), MADE);
row("create: a list, and done", "start", on("create", acted(answers(200, "[]"))), MADE);
row("create: another session's answer", "start", on("create", changed((j) => { j.session_id = "webjs_other_1_00000000"; })), MADE);
row("create: another generation", "start", on("create", changed((j) => { j.generation += 7; })), MADE);
row("create: says success and does nothing", "start", (fake) => fake.spoil("create", ({ response, request, ...x }) =>
	answers(202, { success: true, session_id: "", generation: 1 })({ response, ...x })), { cause: "network" });
row("create: success is false", "start", on("create", changed((j) => ({ success: false, error: j.session_id }))), MADE);
row("create: two answers to one question", "start", on("create", doubles), MADE);
row("create: trickles for ever, and done", "start", on("create", acted(trickles)), MADE);
row("create: pours without an end, and done", "start", on("create", acted(pours)), MADE);

// ---- the way to connected: the code is in looks only; all else is also in lists

const WAITS = { status: "qr_scanning", user_action: "scan_qr" };
for (const [what, way] of [
	["hang", hangs], ["are garbage", answers(200, "\u0000\u0001{{{")], ["are 500", answers(500, html)], ["are 401", error(401, "unauthorized", "Invalid API key")],
	["are another session's", changed((j) => { j.session_id = "webjs_other_1_00000000"; })],
	["have numbers for texts", changed((j) => ({ ...j, state: 5, session_id: 7, qr: {} }))],
	["trickle", trickles],
]) row(`looks ${what} while a scan is awaited`, "qr", on("look", way), WAITS);
row("a code of 1 MiB", "qr", on("look", changed((j) => { j.qr = "x".repeat(1 << 20); })), WAITS);
row("looks say 404 of a session that lists show", "start", on("look", error(404, "gone", "Session not found")), { status: "connected" });

// ---- lists: an error or a part is never an empty list

for (const [what, way, more] of [
	["hang", hangs], ["are reset", resets], ["are 500", answers(500, html)], ["are 401", error(401, "unauthorized", "Invalid API key")],
	["are 404", answers(404, html)], ["are 429", answers(429, "", { "Retry-After": "1" })],
	["are redirected", answers(302, "", { Location: "http://127.0.0.1:9/" })],
	["are empty", answers(200)], ["are garbage", answers(200, "\xff\xfe not JSON")],
	["are no HTTP", raw("SSH-2.0-OpenSSH_9.2\r\n")],
	["are cut", cut(0.7)], ["trickle", trickles], ["trickle in their head", tricklesHead], ["have no end", pours],
	["are zipped though nobody asked", zipped], ["unpack to 64 MiB", bomb],
	["are 9 MiB long", changed((j) => { j.padding = " ".repeat(9 << 20); })],
	["nest 100000 deep", answers(200, "[".repeat(100000) + "]".repeat(100000))],
	["have sessions in an object", changed((j) => { j.sessions = Object.fromEntries(j.sessions.map((s) => [s.session_id, s])); })],
	["count more than they show", changed((j) => { j.total++; })],
	["have no count and no session", changed((j) => { delete j.total; j.sessions = []; })],
	["say that they are not complete", changed((j) => ({ ...j, complete: false, sessions: [], total: 0 }))],
	["have rows of wrong types", changed((j) => { j.sessions = j.sessions.map(() => ({ session_id: 5, state: [], generation: "one" })); })],
	["have a state that nobody knows", changed((j) => j.sessions.forEach((s) => { s.state = "transcended"; }))],
	["show each session twice, the second one down", changed((j) => { j.sessions.push(...j.sessions.map((s) => ({ ...s, state: "down", cause: "logged_out" }))); j.total *= 2; })],
	["name a member twice", acted(({ response, good }) => { response.end(JSON.stringify(good.json).replace(/\{/, '{"sessions":[],"total":0,')); })],
	["are full of strangers", changed((j) => { for (let i = 0; i < 500; i++) j.sessions.push({ session_id: `webjs_default_1_${i}`, account_id: `x${i}`, generation: 1, state: "connected" }); j.total = j.sessions.length; })],
	["show other accounts under strange ids as down", changed((j) => { j.sessions.push({ session_id: "webjs_default_2_ffffffff", account_id: "row0", generation: 99, state: "down", cause: "logged_out" }); j.total++; })],
	["have another boot each time", changed((j) => { j.boot_id = `b${Math.random()}`; })],
	["lack it once in a while", (() => { let n = 0; return changed((j) => n++ % 4 ? j : { ...j, sessions: [], total: 0 }); })()],
	["call it down once in a while", (() => { let n = 0; return changed((j) => { if (n++ % 4 === 0) j.sessions.forEach((s) => Object.assign(s, { state: "down", cause: "logged_out" })); }); })()],
]) row(`lists ${what}`, "up", on("list", way), "same", more);

row("lists lack a session that lives on", "up", (fake, session) => { fake.table.get(session).unlisted = true; }, { status: "connected", newer: true });
row("lists come from a cache that is older than the session", "start", (fake) => {
	const old = { success: true, boot_id: fake.boot, complete: true, total: 0, sessions: [] };
	fake.spoil("list", answers(200, old));
}, { cause: "gone" });
row("lists come from a cache and show the dead as connected", "up", (fake, session) => {
	const old = fake.on_list().json;
	fake.spoil("list", answers(200, old));
	fake.drop(session, "engine_crash");
}, { status: "connected" }, { anew: true });
row("it lists a generation that was never made", "up", on("list", changed((j) => j.sessions.forEach((s) => { s.generation += 5; }))), "same");

// ---- ends

const gone = { status: "disconnected", cause: "by_request" };
const disconnect = (d, id) => d.ok("POST", `/v1/accounts/${id}/disconnect`);
row("delete says success and does nothing", "up", on("delete", answers(200, { success: true, message: "Session disconnected successfully" })),
	{ ...gone, ask: "delete", times: 3 }, { act: disconnect, heals: "person", ends: true });
for (const [what, way] of [
	["is 500 and does nothing", answers(500, html)], ["hangs", hangs], ["is reset, and done", acted(resets)], ["answers garbage, and done", acted(answers(200, "}{"))],
	["is 404 of something else", answers(404, html)],
]) row(`delete ${what}`, "up", on("delete", way), { status: what.endsWith("done") ? "disconnected" : undefined, ask: "delete", times: 1 }, { act: disconnect, heals: "person", ends: true });
row("delete says 404 of a session that lives", "up", on("delete", error(404, "gone", "Session not found")),
	{ ...gone, ask: "delete", times: 3 }, { act: disconnect, heals: "person", ends: true });
row("delete of the old life lies while a new one is asked for", "up", on("delete", answers(200, { success: true })),
	{ status: "connected", newer: true }, { act: (d, id) => d.ok("POST", `/v1/accounts/${id}/reconnect`) });

// ---- deaths

for (const [cause, sees, heals] of [
	["engine_crash", { status: "connected", newer: true }], ["replaced", { status: "connected", newer: true }],
	["logged_out", { status: "disconnected", cause: "logged_out", user_action: "scan_qr" }, "person"],
	["tos_block", { status: "failed", cause: "tos_block", user_action: "unblock" }, "person"],
	["client_outdated", { status: "failed", cause: "client_outdated", user_action: "check_provider" }, "person"],
	["flux", { status: "connected", newer: true }],
]) row(`it ends, and says ${cause}`, "up", (fake, session) => fake.drop(session, cause), sees, { heals: heals ?? "itself" });
row("the service is killed and knows nobody", "up", (fake) => fake.restart(), { status: "connected", newer: true });

// ---- messages: none is sent twice

const send = (want) => async (d, id) => {
	const answer = await d.request("POST", `/v1/accounts/${id}/verbs/send`, { to: "15550001111", text: `to ${id}` });
	if (!want.includes(answer.status)) throw new Error(`send: ${answer.status} ${JSON.stringify(answer.body)}`);
};
for (const [what, way] of [
	["hangs, and done", acted(hangs)], ["is reset, and done", acted(resets)], ["is garbage, and done", acted(answers(200, "\u0000"))],
	["is 500 without a word", answers(500)], ["is 429", answers(429, "", { "Retry-After": "1" })],
	["says that the session is not found", error(404, "gone", "Session not found")],
	["answers 9 MiB, and done", acted(answers(200, { success: true, message_id: "x".repeat(9 << 20) }))],
]) row(`a message: the answer ${what}`, "up", on("send", way), "same", { act: send([502, 503, 504]) });

export { rows };
