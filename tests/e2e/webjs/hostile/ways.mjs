// ways.mjs - the ways in which an answer can be wrong: each takes an exchange and answers it, or does not.
//
// `acted` before a way means that what was asked was done first; else it was not.

import { gzipSync } from "node:zlib";
import { say } from "./fake.mjs";

const text = (json) => typeof json === "string" ? json : JSON.stringify(json);
const head = (status, n, more = "") =>
	`HTTP/1.1 ${status} Some words\r\nContent-Type: application/json\r\n${n === undefined ? "" : `Content-Length: ${n}\r\n`}${more}\r\n`;

// The same, after it was done.
export function acted(way) {
	const both = (x) => {
		const good = x.act();
		way({ ...x, act: () => good, good });
	};
	both.acts = true;
	return both;
}

// Does it, and changes the JSON of the answer.
export const changed = (change) => acted(({ response, good }) => {
	const json = structuredClone(good.json);
	say(response, { ...good, json: change(json) ?? json });
});

export const answers = (status, body = "", headers = {}) => ({ response }) => {
	response.writeHead(status, { "Content-Type": "application/json", ...headers });
	response.end(text(body));
};
export const error = (status, code, sentence, more = {}) => answers(status, { error: sentence, code, ...more });
export const hangs = () => {};
export const resets = ({ socket }) => socket.resetAndDestroy();
export const closes = ({ socket }) => socket.destroy();
export const raw = (bytes) => ({ socket }) => socket.end(bytes);

// As much of the good answer as `part` says, then the end of the connection.
export const cut = (part) => acted(({ socket, good }) => {
	const body = text(good.json);
	socket.end(head(good.status, Buffer.byteLength(body)) + body.slice(0, Math.floor(body.length * part)));
});

// A byte now and then, for ever.
export const trickles = ({ socket, fake }) => {
	socket.write(head(200, 1000));
	const timer = setInterval(() => socket.destroyed || fake.rules.length === 0 ? (clearInterval(timer), socket.destroy()) : socket.write(" "), 100);
};
// Its head, a line now and then.
export const tricklesHead = ({ socket, fake }) => {
	socket.write("HTTP/1.1 200 OK\r\n");
	const timer = setInterval(() => socket.destroyed || fake.rules.length === 0 ? (clearInterval(timer), socket.destroy()) : socket.write("X-More: 1\r\n"), 100);
};

// A body that has no end.
export const pours = ({ socket, fake }) => {
	const block = Buffer.alloc(65536, "[");
	socket.write(head(200));
	const more = () => {
		while (!socket.destroyed && fake.bytes < 1e9) {
			fake.bytes += block.length;
			if (!socket.write(block)) return void socket.once("drain", more);
		}
		socket.destroy();
	};
	more();
};

export const zipped = acted(({ response, good }) => {
	const body = gzipSync(text(good.json));
	response.writeHead(200, { "Content-Type": "application/json", "Content-Encoding": "gzip", "Content-Length": body.length });
	response.end(body);
});
// A few KiB that unpack to a lot.
export const bomb = ({ response }) => {
	const body = gzipSync(Buffer.alloc(64 << 20, " "));
	response.writeHead(200, { "Content-Type": "application/json", "Content-Encoding": "gzip", "Content-Length": body.length });
	response.end(body);
};
// Two answers to one question.
export const doubles = acted(({ socket, good }) => {
	const body = text(good.json), other = text({ error: "Session not found", code: "gone" });
	socket.end(head(good.status, body.length) + body + head(404, other.length) + other);
});
