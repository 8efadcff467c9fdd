// events.mjs - a subscriber of /v1/events.

import http from "node:http";
import { until } from "./daemon.mjs";

// "id: 7\nevent: account.status\ndata: {...}" as { id, type, data }; undefined for a comment.
function parse(block) {
	const fields = {};
	for (const line of block.split("\n")) {
		const [, name, value] = /^([a-z]*): ?(.*)$/.exec(line);
		fields[name] = name === "data" && fields.data !== undefined ? `${fields.data}\n${value}` : value;
	}
	if (fields.data === undefined) return undefined;
	return { id: Number(fields.id), type: fields.event, data: JSON.parse(fields.data) };
}

// One connection.  `events` grows until `ended` resolves.
export class Stream {
	constructor(daemon) {
		this.daemon = daemon;
		this.events = [];
		this.rest = "";
	}

	// Resolves with the status when the answer begins, rejects when nobody listens.  `socket` is the
	// path of the unix socket to use instead.
	open({ query = "", lastEventId, socket } = {}) {
		const headers = { Authorization: `Bearer ${this.daemon.key}`, Accept: "text/event-stream" };
		if (lastEventId !== undefined) headers["Last-Event-ID"] = String(lastEventId);
		return new Promise((begun, failed) => {
			this.request = http.request({
				path: `/v1/events${query}`, headers, agent: false,
				...(socket ? { socketPath: socket } : { host: "127.0.0.1", port: this.daemon.port }),
			}, (answer) => {
				this.answer = answer;
				this.ended = new Promise((over) => answer.on("close", over));
				answer.setEncoding("utf8");
				answer.on("error", () => {});
				answer.on("data", (text) => this.take(text));
				begun(answer.statusCode);
			});
			this.request.on("error", failed);
			this.request.end();
		});
	}

	take(text) {
		const blocks = (this.rest + text).split("\n\n");
		this.rest = blocks.pop();
		for (const event of blocks.map(parse)) if (event) this.events.push(event);
	}

	get last() {
		return this.events.at(-1)?.id;
	}

	// Resolves when it has come to number `seq`.
	reaches(seq, seconds = 20) {
		return until(() => this.last >= seq, { seconds, explain: () => `it is at ${this.last}, not at ${seq}` });
	}

	close() {
		this.request.destroy();
	}
}

// A subscriber as a browser's EventSource is: when the stream breaks it comes back with the number of
// the last event that it got whole.  `alive()` resolves when a daemon listens.
export class Follower {
	constructor(daemon, alive, from = 0) {
		this.daemon = daemon;
		this.alive = alive;
		this.last = from;
		this.events = [];
		this.streams = 0;
		this.following = this.follow();
	}

	async follow() {
		for (;;) {
			await this.alive();
			if (this.over) return;
			const stream = (this.stream = new Stream(this.daemon));
			stream.events = this.events;
			try {
				const status = await stream.open({ lastEventId: this.events.at(-1)?.id ?? this.last });
				if (status !== 200) throw new Error(`the stream was answered ${status}`);
				this.streams++;
				await stream.ended;
			} catch (e) {
				if (e.code === undefined) throw e; // not the network
			}
		}
	}

	reaches(seq) {
		return until(() => this.events.at(-1)?.id >= seq,
			{ explain: () => `it is at ${this.events.at(-1)?.id}, not at ${seq}` });
	}

	async stop() {
		this.over = true;
		this.stream?.close();
		await this.following;
	}
}
