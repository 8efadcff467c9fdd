// gate.mjs - stands between the plugin and the service, passes all on, and can hold what a test names.

import { once } from "node:events";
import http from "node:http";

export class Gate {
	seen = [];            // { method, path } of each request, oldest first
	onRequest = () => {}; // told of each request before it goes on; may return a promise to wait for
	onAnswer = () => {};  // the same for each answer, with its status

	// to: where the service listens.
	static async start(to) {
		const self = new Gate();
		self.to = to;
		self.server = http.createServer((request, response) => self.#pass(request, response));
		await once(self.server.listen(0, "127.0.0.1"), "listening");
		self.url = `http://127.0.0.1:${self.server.address().port}`;
		return self;
	}

	stop() {
		this.server.close();
		this.server.closeAllConnections();
	}

	// The whole request is taken and goes on, also when whoever asked is dead by then.
	async #pass(request, response) {
		const parts = [];
		for await (const part of request) parts.push(part);
		const body = Buffer.concat(parts), { method, url, headers } = request;
		const it = { method, path: new URL(url, this.to).pathname, body: body.toString() };
		this.seen.push(it);
		await this.onRequest(it);
		const onward = http.request(this.to + url, { method, headers, agent: false });
		onward.on("error", () => response.destroy());
		onward.on("response", async (answer) => {
			const got = [];
			for await (const part of answer) got.push(part);
			it.status = answer.statusCode;
			await this.onAnswer(it);
			response.writeHead(answer.statusCode, answer.headers).end(Buffer.concat(got));
		});
		onward.end(body);
	}
}
