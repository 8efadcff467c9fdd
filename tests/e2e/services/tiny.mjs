// tiny.mjs - a backend that relinkd starts: as much of the webjs service's API as Relink needs, without a
// browser.  A profile that was scanned once is a file, so it is connected again without a scan.
//
// TINY_DIR: its folder.  TINY_PROFILES: that of the profiles, when others see them too.  TINY_PORT: where it listens.  TINY_KEY: what must come in X-API-Key, and must be
// seen nowhere else.  TINY_DEAF: it does not end on SIGTERM.

import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";

const { TINY_DIR: dir, TINY_PORT: port, TINY_KEY: key, TINY_DEAF: deaf } = process.env;
const profiles = process.env.TINY_PROFILES ?? path.join(dir, "profiles");
const boot = `boot-${process.pid}-${Date.now()}`;
const sessions = new Map();
const profile = (name) => path.join(profiles, name);
const lock = path.join(dir, "lock");

const isAlive = (pid) => {
	try {
		return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
	} catch {
		return false;
	}
};

mkdirSync(profiles, { recursive: true });
appendFileSync(path.join(dir, "starts"), `${process.pid}\n`);
if (existsSync(lock) && isAlive(readFileSync(lock, "utf8"))) {
	appendFileSync(path.join(dir, "doubles"), `${process.pid}\n`);
	process.exit(1);
}
writeFileSync(lock, String(process.pid));

const row = (s) => ({ session_id: s.session_id, account_id: s.account_id, profile: s.profile, generation: s.generation,
	state: s.state, cause: null, reason: null, text: null, phone_number: s.state === "connected" ? "15551234567" : null,
	qr: s.state === "qr" ? `2@tiny-${s.session_id}` : null, expires_in: s.state === "qr" ? 20 : null });

function scan(s) {
	writeFileSync(profile(s.profile), "scanned");
	s.state = "connected";
}

function create(body) {
	const s = { ...body, state: existsSync(profile(body.profile)) ? "connected" : "qr" };
	sessions.set(s.session_id, s);
	return [202, { success: true, boot_id: boot, ...row(s) }];
}

function take(method, [, , name, verb], body) {
	const s = sessions.get(name);
	if (name === undefined && method === "POST") return create(body);
	if (name === undefined) {
		const all = [...sessions.values()].map(row);
		return [200, { success: true, boot_id: boot, complete: true, total: all.length, sessions: all }];
	}
	if (s === undefined) return [404, { error: "Session not found", code: "gone" }];
	if (verb === "scan") scan(s);
	if (method === "DELETE") sessions.delete(name);
	return [200, { success: true, boot_id: boot, ...row(s) }];
}

const server = http.createServer(async (request, response) => {
	let text = "";
	for await (const part of request.setEncoding("utf8")) text += part;
	const answer = ([status, body]) => response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
	if (request.headers["x-api-key"] !== key) {
		appendFileSync(path.join(dir, "refused"), `${process.pid}\n`);
		return answer([401, { error: "wrong key", code: "unauthorized" }]);
	}
	const words = request.url.split("?")[0].split("/").slice(1);
	return answer(take(request.method, words, text ? JSON.parse(text) : {}));
});
server.keepAliveTimeout = 0;
server.listen(Number(port), "127.0.0.1", () => console.log(`tiny listens on ${port}`));
process.on("SIGTERM", () => {
	console.error("tiny was asked to end");
	if (deaf) return;
	rmSync(lock, { force: true });
	appendFileSync(path.join(dir, "orderly"), `${process.pid}\n`);
	process.exit(0);
});
