// seed.mjs - the application that Relink must please: its calls, as its documents write them.
//
// The key goes into the body, or into the query of a GET; no header is sent.  Beside that it is the
// PHP of its AccountStatusService and WhatsAppServiceClient, in JavaScript.

import http from "node:http";
import { inflateSync } from "node:zlib";
import { crc32 } from "../lib/crc32.mjs";

export const KEY = "node-api-key-of-the-seed";

// One request exactly as given: { status, headers, body }.  A body that is text is sent as it is.
export function plain(port, method, path, body, headers = {}) {
	return new Promise((done, failed) => {
		const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
		const request = http.request({ host: "127.0.0.1", port, method, path, agent: false, headers: {
			...(text !== undefined ? { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) } : {}),
			...headers,
		} }, (answer) => {
			let got = "";
			answer.setEncoding("utf8");
			answer.on("data", (part) => (got += part));
			answer.on("end", () => done({
				status: answer.statusCode, headers: answer.headers,
				body: got && /json/.test(answer.headers["content-type"]) ? JSON.parse(got) : got,
			}));
		});
		request.on("error", failed);
		request.setTimeout(60000, () => request.destroy(new Error(`${method} ${path}: no answer`)));
		request.end(text);
	});
}

// The application: one of its accounts, in its database.
export class Seed {
	static made = 0;

	constructor(d, { workspace = 1, account = 11, key = KEY } = {}) {
		Object.assign(this, { d, workspace, account, key, session: null, status: "disconnected" });
	}

	post(path, members) {
		return plain(this.d.port, "POST", path, { api_key: this.key, ...members });
	}

	get(path, query = {}) {
		return plain(this.d.port, "GET", `${path}?${new URLSearchParams({ api_key: this.key, ...query })}`);
	}

	// 'webjs_' . $workspaceId . '_' . time() . '_' . substr(md5(uniqid()), 0, 8)
	mint() {
		const hex = (++Seed.made).toString(16).padStart(8, "0");
		return (this.session = `webjs_${this.workspace}_${Math.floor(Date.now() / 1000)}_${hex}`);
	}

	own() {
		return { workspace_id: this.workspace, account_id: this.account };
	}

	create(more) {
		return this.post("/api/sessions", { session_id: this.session, ...this.own(), priority: "normal", ...more });
	}

	// AccountStatusService::reconnect() after the fix: a new id for what is down, else the same again.
	async reconnect() {
		if (["disconnected", "failed", "error"].includes(this.status) || !this.session) this.mint();
		else await this.disconnect();
		return this.create();
	}

	// And before it.
	reconnectAsBefore(id = this.session) {
		return this.post(`/api/sessions/${id}/reconnect`, this.own());
	}

	regenerate(more) {
		return this.post(`/api/sessions/${this.session}/regenerate-qr`, { ...this.own(), ...more });
	}

	disconnect() {
		return plain(this.d.port, "DELETE", `/api/sessions/${this.session}`, { workspace_id: this.workspace, api_key: this.key });
	}

	async look(id = this.session) {
		const answer = await this.get(`/api/sessions/${id}/status`, { workspace_id: this.workspace });
		if (answer.status === 200) this.status = answer.body.status;
		return answer;
	}
}

// The picture of a data URL: { width, height, dark(x, y) }; throws unless it is a sound PNG.
export function picture(url) {
	const png = Buffer.from(/^data:image\/png;base64,([A-Za-z0-9+/]+=*)$/.exec(url)[1], "base64");
	const parts = {};
	if (png.subarray(0, 8).toString("latin1") !== "\x89PNG\r\n\x1a\n") throw new Error("no PNG");
	for (let at = 8; at < png.length;) {
		const n = png.readUInt32BE(at), type = png.toString("latin1", at + 4, at + 8);
		if (crc32(png.subarray(at + 4, at + 8 + n)) !== png.readUInt32BE(at + 8 + n)) throw new Error(`CRC of ${type}`);
		parts[type] = png.subarray(at + 8, at + 8 + n);
		at += 12 + n;
	}
	const width = parts.IHDR.readUInt32BE(0), height = parts.IHDR.readUInt32BE(4), row = Math.ceil(width / 8) + 1;
	const rows = inflateSync(parts.IDAT);
	if (rows.length !== row * height || parts.IEND.length !== 0) throw new Error("rows are missing");
	return { width, height, dark: (x, y) => (rows[y * row + 1 + (x >> 3)] >> (7 - (x & 7)) & 1) === 0 };
}

// Its modules, dark is true, without the rim: relinkctl/qr-read.mjs reads their text.
export function modules(url) {
	const { width, dark } = picture(url);
	let rim = 0, run = 0;
	while (!dark(rim, rim)) rim++;
	while (dark(rim + run, rim)) run++; // the top of a finder, seven modules
	const scale = run / 7, n = (width - 2 * rim) / scale;
	return Array.from({ length: n }, (_, y) => Array.from({ length: n }, (_, x) =>
		dark(rim + x * scale, rim + y * scale)));
}
