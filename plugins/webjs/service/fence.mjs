// fence.mjs - the highest generation that was seen of each account, on disk before it has an effect.
//
// A create that was on its way for long must not bring an older life back, also not after this service
// was killed and started again. The file is a journal and is written anew, shorter, at each start. A
// line begins with its newline, so that one which a crash or a full disk cut off spoils no other; it was
// never answered, so it does not count.

import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import path from "node:path";

export class Fence {
	#highest = new Map();
	#fd;

	constructor(folder) {
		const file = path.join(folder, "generations");
		for (const line of linesOf(file)) this.#take(line);
		this.#fd = openSync(`${file}.new`, "w", 0o600);
		append(this.#fd, [...this.#highest].map(entry).join(""));
		renameSync(`${file}.new`, file);
		const dir = openSync(folder, "r");
		fsyncSync(dir);
		closeSync(dir);
	}

	#take(line) {
		try {
			const [account, generation] = JSON.parse(line);
			if (generation > this.highest(account)) this.#highest.set(account, generation);
		} catch {
			return; // cut off in the middle
		}
	}

	// 0: none was seen.
	highest(account) {
		return this.#highest.get(account) ?? 0;
	}

	// Returns when the disk has it; throws when the disk fails, and then nothing has changed.
	raise(account, generation) {
		if (generation <= this.highest(account)) return;
		append(this.#fd, entry([account, generation]));
		this.#highest.set(account, generation);
	}
}

const entry = (pair) => `\n${JSON.stringify(pair)}`;

function append(fd, text) {
	const bytes = Buffer.from(text);
	if (writeSync(fd, bytes) !== bytes.length) throw new Error("ENOSPC: the disk took only a part");
	fsyncSync(fd);
}

function linesOf(file) {
	try {
		return readFileSync(file, "utf8").split("\n");
	} catch (e) {
		if (e.code === "ENOENT") return [];
		throw e;
	}
}
