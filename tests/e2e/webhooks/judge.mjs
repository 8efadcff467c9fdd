// judge.mjs - a receiver of Standard Webhooks that checks each request and counts.

import { createHmac, timingSafeEqual } from "node:crypto";
import http from "node:http";
import { until } from "../lib/daemon.mjs";

export class Judge {
	// `answer(event, request)` is the status of the answer; "hang" gives none.
	constructor({ answer = () => 200 } = {}) {
		Object.assign(this, { answer, secrets: [], got: [], wrong: [], requests: 0, port: 0, held: [] });
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
		return `http://127.0.0.1:${this.port}/hook`;
	}

	// The signatures that fit, by the number of their secret; as the specification has it.
	signedBy(headers, body) {
		const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": signatures = "" } = headers;
		return signatures.split(" ").map((signature) => this.secrets.findIndex((secret) => {
			const key = Buffer.from(secret.slice("whsec_".length), "base64");
			const good = `v1,${createHmac("sha256", key).update(`${id}.${at}.${body}`).digest("base64")}`;
			return good.length === signature.length && timingSafeEqual(Buffer.from(good), Buffer.from(signature));
		}));
	}

	async take(request, response) {
		const parts = [];
		for await (const part of request) parts.push(part);
		const body = Buffer.concat(parts).toString(), by = this.signedBy(request.headers, body);
		this.requests++;
		const at = Number(request.headers["webhook-timestamp"]);
		if (this.secrets.length > 0 && by.every((n) => n < 0)) this.wrong.push("no signature fits");
		if (Math.abs(Date.now() / 1000 - at) > 60) this.wrong.push(`the timestamp is ${at}`);
		if (request.headers["content-type"] !== "application/json") this.wrong.push("it is not JSON");
		const { type, timestamp, data, ...more } = JSON.parse(body);
		if (Object.keys(more).length > 0 || !Date.parse(timestamp)) this.wrong.push(body);
		const event = { id: request.headers["webhook-id"], type, data, by, headers: request.headers };
		const status = this.answer(event, request);
		if (status === "hang") {
			this.held.push(response);
			return;
		}
		if (status < 300) this.got.push(event);
		response.writeHead(status, { Location: this.elsewhere ?? "/" }).end("{}");
	}

	// Those of an account, each once, in the order in which they came first.
	of(account) {
		return [...new Map(this.got.filter((e) => e.data.account === account).map((e) => [e.id, e])).values()];
	}

	has(look, seconds) {
		return until(() => look(this.got), { seconds,
			explain: () => JSON.stringify({ got: this.got.map((e) => [e.id, e.type, e.data.account]), wrong: this.wrong }) });
	}
}
