// receiver.mjs - the application's side of webhooks: the seed's middleware, VerifyWhatsAppHmac, and what it
// would have believed.

import { createHmac, timingSafeEqual } from "node:crypto";
import http from "node:http";
import { until } from "../lib/daemon.mjs";

export const SECRET = "hmac-secret-of-the-application";
export const PATH = "/api/whatsapp/webhooks/webjs";

const WINDOW_S = 300;

export class Receiver {
	// `answer(event)` is the status of the answer; "hang" gives none.  `finish` writes its body.
	constructor({ secret = SECRET, answer = () => 200, finish = (response) => response.end("{}") } = {}) {
		Object.assign(this, { secret, answer, finish, events: [], refused: [], requests: 0, port: 0, held: [] });
	}

	// Also again, on the same port.
	listen() {
		this.server = http.createServer((request, response) => this.take(request, response));
		return new Promise((done) => this.server.listen(this.port, "127.0.0.1", () => {
			this.port = this.server.address().port;
			done(this);
		}));
	}

	close() {
		this.server.closeAllConnections();
		return new Promise((done) => this.server.close(done));
	}

	get url() {
		return `http://127.0.0.1:${this.port}${PATH}`;
	}

	get dropin() {
		return { webhook_url: this.url, webhook_secret: this.secret };
	}

	// What is wrong with it; undefined: nothing.
	verify(request, body) {
		const at = request.headers["x-timestamp"], signature = request.headers["x-hmac-signature"];
		if (request.method !== "POST" || request.url !== PATH) return `${request.method} ${request.url}`;
		if (!/^\d+$/.test(at ?? "") || !/^[0-9a-f]{64}$/.test(signature ?? "")) return "no signature";
		if (Math.abs(Date.now() / 1000 - Number(at)) > WINDOW_S) return "the signature is too old";
		const good = createHmac("sha256", this.secret).update(at).update(body).digest("hex");
		if (!timingSafeEqual(Buffer.from(good), Buffer.from(signature))) return "the signature is wrong";
		if (request.headers["content-type"] !== "application/json") return "it is not JSON";
		return undefined;
	}

	async take(request, response) {
		const parts = [];
		for await (const part of request) parts.push(part);
		const body = Buffer.concat(parts), wrong = this.verify(request, body);
		this.requests++;
		if (wrong !== undefined) {
			this.refused.push(wrong);
			response.writeHead(401).end(JSON.stringify({ error: wrong }));
			return;
		}
		const { event, data, ...more } = JSON.parse(body);
		const got = { id: Number(request.headers["x-relink-event-id"]), event, data, more, headers: request.headers };
		const status = this.answer(got);
		if (status === "hang") {
			this.held.push(response);
			return;
		}
		if (status < 300) this.events.push(got);
		response.statusCode = status;
		if (status >= 300 && status < 400) response.setHeader("Location", this.elsewhere);
		this.finish(response, got);
	}

	of(session) {
		return this.events.filter((e) => e.data.session_id === session);
	}

	// Each event once, as at-least-once delivery wants of a receiver.
	namesOf(session) {
		return [...new Map(this.of(session).map((e) => [e.id, e])).values()].map((e) => e.event);
	}

	has(look, seconds) {
		return until(() => look(this.events), { seconds,
			explain: () => JSON.stringify({ got: this.events.map((e) => [e.id, e.event, e.data.session_id]), refused: this.refused }) });
	}
}
