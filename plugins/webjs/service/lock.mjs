// lock.mjs - one service for one data folder.
//
// Two services on one folder would end each other's browsers as orphans. Node.js has no flock(), so the
// lock is a file that names a process by pid and start time; a lock whose process is gone is taken over.
// It is put in place by link(), which never replaces another's.

import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { startOf } from "./processes.mjs";
import { Wrong } from "./settings.mjs";

// Take the folder, which is made when missing. Returns what gives it back; throws Wrong when another
// service has it.
export function lock(folder) {
	mkdirSync(folder, { recursive: true, mode: 0o700 });
	const file = path.join(folder, "lock"), mine = `${file}.${process.pid}`;
	writeFileSync(mine, JSON.stringify({ pid: process.pid, start: startOf(process.pid) }));
	try {
		while (!place(mine, file)) removeOld(file, `${mine}.old`, folder);
	} finally {
		unlinkSync(mine);
	}
	return () => rmSync(file, { force: true });
}

function place(from, to) {
	try {
		linkSync(from, to);
		return true;
	} catch (e) {
		if (e.code !== "EEXIST") throw e;
		return false;
	}
}

// The pid of the living process that a lock names.
function holder(file) {
	try {
		const { pid, start } = JSON.parse(readFileSync(file, "utf8"));
		return startOf(pid) === start ? pid : undefined;
	} catch {
		return undefined; // no such file any more, or spoilt by a full disk: nobody's
	}
}

function removeOld(file, aside, folder) {
	const pid = holder(file);
	if (pid !== undefined) throw new Wrong(`${folder} is in use by process ${pid}; give each service a folder of its own`);
	try {
		renameSync(file, aside);
	} catch (e) {
		if (e.code === "ENOENT") return; // another service was quicker
		throw e;
	}
	if (holder(aside) !== undefined) place(aside, file); // it was so quick that this is its new lock
	unlinkSync(aside);
}
