// whatsapp.mjs - the stand-in for WhatsApp: serves its page, and does what a phone and a network would.
//
// Two servers on loopback, on free ports.  The control server is where pages report and get commands
// (an event stream each).  The TLS front answers as web.whatsapp.com; most loads never reach it, since
// the library serves the page itself, out of its local cache of web versions, where start() puts it.

import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { selfSigned } from "./certificate.mjs";
import { pageHtml } from "./page.mjs";
import { browserOf } from "./processes.mjs";

const OPEN = { "Access-Control-Allow-Origin": "*", "Cache-Control": "no-store" };

export class Whatsapp {
	// dir: a folder of its own. version: of WhatsApp Web, the one that the library asks its cache for.
	static async start({ dir, version }) {
		const self = new Whatsapp();
		self.control = http.createServer((request, response) => self.#serve(request, response));
		self.tls = https.createServer(selfSigned("web.whatsapp.com"), (request, response) => self.#front(request, response));
		for (const server of [self.control, self.tls]) await once(server.listen(0, "127.0.0.1"), "listening");
		self.url = `http://127.0.0.1:${self.control.address().port}`;
		self.html = pageHtml(self.url, version);
		self.cache = path.join(dir, "web-cache");
		mkdirSync(self.cache, { recursive: true });
		writeFileSync(path.join(self.cache, `${version}.html`), self.html);
		self.emptyCache = path.join(dir, "no-web-cache"); // for services that shall meet the TLS front
		self.env = { STANDIN_TLS_PORT: String(self.tls.address().port) };
		self.chromium = fileURLToPath(new URL("chromium", import.meta.url));
		return self;
	}

	constructor() {
		this.mode = "page";         // of the TLS front: page, hang, error (HTTP 503), close
		this.settings = new Map();  // session or "*" -> settings of pages that load from now on
		this.lines = new Map();     // page id -> { session, browser, send }
		this.replies = new Map();   // command id -> resolve
		this.events = [];           // what pages reported, oldest first
		this.watchers = new Set();
		this.commands = 0;
	}

	stop() {
		for (const server of [this.control, this.tls]) {
			server.close();
			server.closeAllConnections();
		}
	}

	// How pages behave that load from now on; "*" is every session. See page/basics.js.
	configure(settings, session = "*") {
		this.settings.set(session, { ...this.settings.get(session), ...settings });
	}

	// Something that a page of the session reported, or resolves when it does: `type` is boot, state, qr,
	// idle, login, logout, sent, seen. `from` is a mark() made before.
	reported(session, type, { from = 0, where = () => true, seconds = 60 } = {}) {
		return this.#when(`page of ${session} reports ${type}`, seconds, () =>
			this.events.slice(from).find((e) => e.session === session && e.type === type && where(e)));
	}

	mark() {
		return this.events.length;
	}

	// The page of a session that is now connected, or the next.
	page(session, { seconds = 60 } = {}) {
		return this.#when(`page of ${session} is there`, seconds, () =>
			[...this.lines.values()].find((line) => line.session === session));
	}

	// Tell the page of a session to do something; resolves with what it answers. See page/control.js.
	async tell(session, cmd, args = {}, { seconds = 60 } = {}) {
		const line = await this.page(session, { seconds });
		const id = ++this.commands;
		const reply = await new Promise((done, failed) => {
			this.replies.set(id, done);
			line.send({ id, cmd, args });
			setTimeout(() => failed(new Error(`${session} did not answer ${cmd} in ${seconds} s`)), seconds * 1000).unref();
		});
		if (!reply.ok) throw new Error(`${cmd} at ${session}: ${reply.error}`);
		return reply.result;
	}

	// What a person does: waits for the code on the page and scans it.
	async scan(session, args) {
		await this.reported(session, "qr");
		return this.tell(session, "scan", args);
	}

	#when(what, seconds, look) {
		return new Promise((done, failed) => {
			const timer = setTimeout(() => {
				this.watchers.delete(check);
				failed(new Error(`not within ${seconds} s: ${what}; last: ${JSON.stringify(this.events.slice(-5))}`));
			}, seconds * 1000);
			const check = () => {
				const found = look();
				if (!found) return;
				clearTimeout(timer);
				this.watchers.delete(check);
				done(found);
			};
			this.watchers.add(check);
			check();
		});
	}

	#changed() {
		for (const check of [...this.watchers]) check();
	}

	async #serve(request, response) {
		const url = new URL(request.url, this.url);
		const page = url.searchParams.get("page");
		if (url.pathname === "/page/config") {
			const session = this.#owner(request)?.session;
			response.writeHead(200, { "Content-Type": "application/json", ...OPEN });
			response.end(JSON.stringify({ ...this.settings.get("*"), ...this.settings.get(session) }));
		} else if (url.pathname === "/page/line") {
			this.#open(page, url.searchParams.get("url"), request, response);
		} else if (url.pathname === "/page/report") {
			this.#report(JSON.parse(await text(request)));
			response.writeHead(200, OPEN).end();
		} else {
			response.writeHead(404).end();
		}
	}

	#owner(request) {
		return browserOf(request.socket.remotePort, request.socket.localPort);
	}

	#open(page, url, request, response) {
		const browser = this.#owner(request);
		response.writeHead(200, { "Content-Type": "text/event-stream", ...OPEN }).write(": hello\n\n");
		this.lines.set(page, {
			page, url, browser, session: browser?.session,
			send: (command) => response.write(`data: ${JSON.stringify(command)}\n\n`),
		});
		request.on("close", () => this.lines.delete(page));
		this.#changed();
	}

	#report({ page, type, ...fields }) {
		if (type === "reply") {
			this.replies.get(fields.id)?.(fields);
			this.replies.delete(fields.id);
			return;
		}
		this.events.push({ at: Date.now(), session: this.lines.get(page)?.session, type, ...fields });
		this.#changed();
	}

	#front(request, response) {
		if (this.mode === "hang") return;
		if (this.mode === "close") {
			request.socket.destroy();
		} else if (this.mode === "error" || request.url === "/favicon.ico") {
			response.writeHead(this.mode === "error" ? 503 : 404).end("no");
		} else {
			response.writeHead(200, { "Content-Type": "text/html", "Cache-Control": "no-store" }).end(this.html);
		}
	}
}

async function text(request) {
	let got = "";
	for await (const part of request.setEncoding("utf8")) got += part;
	return got;
}
