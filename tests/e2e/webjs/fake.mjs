// fake.mjs - a service without browsers: our contract in memory, where each session is connected at once.
//
// For what needs more sessions than Chromiums fit into a machine. It counts what it is asked.

import { once } from "node:events";
import http from "node:http";

export class FakeService {
	seen = []; // { at, method, path } of each request
	#sessions = new Map();

	static async start() {
		const self = new FakeService();
		self.server = http.createServer((request, response) => self.#take(request, response));
		await once(self.server.listen(0, "127.0.0.1"), "listening");
		self.url = `http://127.0.0.1:${self.server.address().port}`;
		return self;
	}

	stop() {
		this.server.close();
		this.server.closeAllConnections();
	}

	get lists() {
		return this.seen.filter(({ method, path }) => method === "GET" && path === "/api/sessions");
	}

	async #take(request, response) {
		let text = "";
		for await (const part of request.setEncoding("utf8")) text += part;
		const { pathname: path } = new URL(request.url, this.url), { method } = request;
		this.seen.push({ at: Date.now(), method, path });
		const [status, body] = this.#answer(method, path, text && JSON.parse(text));
		response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify({ boot_id: "fake", ...body }));
	}

	#answer(method, path, asked) {
		const [, id] = /^\/api\/sessions\/([^/]+)$/.exec(path) ?? [];
		if (method === "POST" && path === "/api/sessions") {
			const session = { ...asked, state: "connected", phone_number: null };
			this.#sessions.set(asked.session_id, session);
			return [202, { success: true, ...session }];
		}
		if (method === "GET" && path === "/api/sessions") {
			const sessions = [...this.#sessions.values()];
			return [200, { success: true, complete: true, total: sessions.length, sessions }];
		}
		if (!this.#sessions.has(id)) return [404, { error: "Session not found", code: "gone" }];
		if (method === "DELETE") this.#sessions.delete(id);
		return [200, { success: true, ...this.#sessions.get(id) }];
	}
}
