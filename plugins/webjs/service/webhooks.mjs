// webhooks.mjs - events on their way to the receiver, in order, each until it is taken.
//
// One event is sent at a time, so an old QR code never comes after the login. An answer 2xx means taken;
// all else, and no answer, is tried again, later and later. A receiver must know the event's id, since
// an answer may be lost. The queue is in memory and bounded: what does not fit is dropped, oldest first,
// and the receiver is told with an event "gap". After a restart the sequence begins anew under another
// boot id; who needs more than hints reads the list of sessions.

import http from "node:http";
import https from "node:https";
import { sign } from "./signature.mjs";

const ANSWER_MS = 10e3;
const FIRST_PAUSE_MS = 500, LONGEST_PAUSE_MS = 30e3;
const MOST_BYTES = 64 * 1024 ** 2;
// The receiver has read the event and will never take it: it must not hold up those behind it.
const NEVER = [400, 413, 415, 422];

export class Webhooks {
	#queue = [];
	#bytes = 0;
	#sequence = 0;
	#current = null; // the event that is being sent or waits to be sent again; no longer in the queue
	#gap = null;     // what was dropped between it and the queue
	#pause = 0;
	#timer = null;
	#waiters = [];
	counts = { sent: 0, failed: 0, dropped: 0 };

	constructor({ settings, boot, log, answerMs = ANSWER_MS }) {
		Object.assign(this, { boot, log, answerMs, secret: settings.webhookSecret, most: settings.webhookQueue });
		this.url = settings.webhookUrl && new URL(settings.webhookUrl);
		this.transport = this.url?.protocol === "https:" ? https : http;
		this.agent = new this.transport.Agent({ keepAlive: true, maxSockets: 1 });
	}

	get waiting() {
		return this.#queue.length + (this.#current ? 1 : 0);
	}

	tell(event, data) {
		if (!this.url) return;
		const item = this.#make(`evt_${this.boot}_${++this.#sequence}`, this.#sequence, event, data);
		this.#queue.push(item);
		this.#bytes += item.body.length;
		while (this.#queue.length > 1 && (this.#queue.length > this.most || this.#bytes > MOST_BYTES))
			this.#dropped(this.#shift());
		if (!this.#current) this.#next();
	}

	// Resolves when everything was taken, or after `ms`.
	flushed(ms) {
		if (this.waiting === 0) return Promise.resolve();
		return new Promise((done) => {
			setTimeout(done, ms).unref();
			this.#waiters.push(done);
		});
	}

	#make(id, sequence, event, data) {
		const fields = { event, data, id, sequence, boot_id: this.boot, at: new Date().toISOString() };
		return { event, sequence, body: Buffer.from(JSON.stringify(fields)) };
	}

	#shift() {
		const item = this.#queue.shift();
		this.#bytes -= item.body.length;
		return item;
	}

	#dropped({ event, sequence }) {
		this.counts.dropped++;
		if (event === "gap") return; // a receiver that refuses to hear of gaps
		const { dropped, from_sequence: first, to_sequence: last } = this.#gap ?? { dropped: 0, from_sequence: sequence, to_sequence: sequence };
		this.#gap = { dropped: dropped + 1, from_sequence: Math.min(first, sequence), to_sequence: Math.max(last, sequence) };
	}

	#take() {
		if (!this.#gap) return this.#queue.length > 0 ? this.#shift() : null;
		const { from_sequence: first, to_sequence: last, dropped } = this.#gap;
		this.log.warn(`webhooks: ${dropped} events were dropped (sequence ${first} to ${last})`);
		const item = this.#make(`gap_${this.boot}_${first}_${last}`, last, "gap", this.#gap);
		this.#gap = null;
		return item;
	}

	async #next() {
		this.#current ??= this.#take();
		if (!this.#current) return void this.#waiters.splice(0).forEach((done) => done());
		const failure = await this.#deliver(this.#current.body);
		if (failure && !NEVER.includes(failure.status)) return void this.#later(failure);
		if (failure) this.#dropped(this.#current);
		else this.counts.sent++;
		if (this.#pause > 0) this.log.info("webhooks: the receiver answers again");
		this.#pause = 0;
		this.#current = null;
		this.#next();
	}

	#later({ text }) {
		this.counts.failed++;
		if (this.#pause === 0) this.log.warn(`webhooks: ${text}; trying again`);
		this.#pause = Math.min(Math.max(this.#pause * 2, FIRST_PAUSE_MS), LONGEST_PAUSE_MS);
		this.#timer = setTimeout(() => this.#next(), this.#pause * (0.5 + Math.random() / 2));
	}

	// Resolves with undefined when the receiver took it, else { status, text }. Never rejects. An answer
	// counts from its status on, but is read to its end, since the connection is used again.
	#deliver(body) {
		return new Promise((done) => {
			const headers = {
				"Content-Type": "application/json", "Content-Length": body.length,
				"User-Agent": "relink-webjs/1", ...sign(this.secret, body),
			};
			let failure = { text: "the receiver hung up" };
			const request = this.transport.request(this.url, { method: "POST", agent: this.agent, headers });
			const late = () => request.destroy(new Error(`no answer in ${this.answerMs / 1000} s`));
			const timer = setTimeout(late, this.answerMs);
			request.on("error", ({ message }) => (failure &&= { ...failure, text: `no answer from the receiver: ${message}` }));
			request.on("response", (response) => {
				const { statusCode: status } = response;
				failure = status >= 200 && status < 300 ? undefined : { status, text: `the receiver answers ${status}` };
				response.on("error", () => {}).resume();
			});
			request.on("close", () => {
				clearTimeout(timer);
				done(failure);
			});
			request.end(body);
		});
	}
}
