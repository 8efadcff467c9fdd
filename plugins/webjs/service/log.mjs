// log.mjs - lines for the operator, on standard error.
//
// Writing must never stop the service: who reads the other end of the pipe may be slow, stuck or dead
// (the service outlives whoever started it). So lines are written one after the other beside the event
// loop, a bounded number waits, and when the reader is gone they are lost. Never log a message text, a
// QR code, a key or a URL with its query.

import { write } from "node:fs";

const LEVELS = ["error", "warn", "info", "debug"];
const MOST_WAITING = 2000;
const STDERR = 2;

export function makeLog(level) {
	const waiting = [];
	let writing = false, lost = 0;
	const next = () => {
		if (lost > 0 && waiting.length < MOST_WAITING / 2) {
			waiting.push(`${new Date().toISOString()} warn ${lost} lines of this log were lost\n`);
			lost = 0;
		}
		writing = waiting.length > 0;
		if (writing) write(STDERR, waiting.shift(), next);
	};
	const say = (name) => LEVELS.indexOf(name) > LEVELS.indexOf(level) ? () => {} : (text) => {
		const line = `${new Date().toISOString()} ${name} ${String(text).replace(/\s+/g, " ").slice(0, 1000)}\n`;
		if (waiting.length >= MOST_WAITING) lost++;
		else waiting.push(line);
		if (!writing) next();
	};
	// Resolves when all lines were written; a reader that is stuck would hold it up.
	const written = async () => {
		while (writing) await new Promise((go) => setImmediate(go));
	};
	return { written, ...Object.fromEntries(LEVELS.map((name) => [name, say(name)])) };
}
