// old-service.mjs - as much of the old whatsapp-service as messages need: sessions that are connected at
// once, and its signed webhooks.

import { createHmac } from "node:crypto";
import http from "node:http";
import { plain } from "./seed.mjs";

export const API_KEY = "key-of-the-old-service", HMAC_SECRET = "hmac-secret-of-the-old-service";

export class OldService {
	constructor() {
		this.sessions = new Map();
		this.server = http.createServer((request, response) => this.take(request, response));
	}

	listen() {
		return new Promise((done) => this.server.listen(0, "127.0.0.1", () => done(this)));
	}

	close() {
		this.server.closeAllConnections();
		return new Promise((done) => this.server.close(done));
	}

	get config() {
		return { url: `http://127.0.0.1:${this.server.address().port}`, api_key: API_KEY, webhook_secret: HMAC_SECRET };
	}

	async take(request, response) {
		let text = "";
		for await (const part of request) text += part;
		const url = new URL(request.url, "http://old"), [, , , id, what] = url.pathname.split("/");
		const body = text ? JSON.parse(text) : {};
		const say = (answer, status = 200) => {
			response.writeHead(status, { "Content-Type": "application/json" });
			response.end(JSON.stringify(answer));
		};
		if ((body.api_key ?? url.searchParams.get("api_key")) !== API_KEY) return say({ error: "Invalid API key" }, 401);
		if (request.method === "POST") {
			this.sessions.set(body.session_id, { session_id: body.session_id, workspace_id: body.workspace_id,
				status: "connected", phone_number: "628111222333" });
			return say({ success: true, session_id: body.session_id, status: "qr_scanning" });
		}
		if (request.method === "DELETE") return say({ success: this.sessions.delete(id) });
		if (what === "metadata") {
			const s = this.sessions.get(id);
			return say({ success: true, session_id: id, metadata: s ? { workspaceId: s.workspace_id, status: s.status, phoneNumber: s.phone_number } : null });
		}
		return say({ success: true, sessions: [...this.sessions.values()], total: this.sessions.size });
	}

	// As its webhookNotifier does; resolves with the answer.
	tell(port, event, data) {
		const body = JSON.stringify({ event, data: { workspace_id: "relink", ...data } }), at = String(Math.floor(Date.now() / 1000));
		return plain(port, "POST", "/api/whatsapp/webhooks/webjs-seed", body, { "X-Timestamp": at,
			"X-HMAC-Signature": createHmac("sha256", HMAC_SECRET).update(at + body).digest("hex") });
	}
}
