// processes.mjs - the Chromium processes of this machine as /proc shows them.
//
// The judge of the tests: it looks at processes itself and asks nothing of the service.  A page cannot
// say which session it belongs to, since all load the same text; so the owner of its connection is
// looked up: socket -> process -> browser -> its command line.

import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import path from "node:path";

const read = (file) => {
	try {
		return readFileSync(file, "utf8");
	} catch {
		return ""; // ended meanwhile, or not ours to read
	}
};
const pids = () => readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number);

// Chromium's children rewrite their command line into one string with blanks.
const words = (pid) => {
	const list = read(`/proc/${pid}/cmdline`).replace(/\0+$/, "").split("\0");
	return list.length === 1 ? list[0].split(" ") : list;
};
const option = (args, name) => args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);

// { pid, ppid, group, state, args } of a process that still runs; a zombie does not.
function look(pid) {
	const stat = read(`/proc/${pid}/stat`);
	const [state, ppid, group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
	return stat && state !== "Z" ? { pid, state, ppid: Number(ppid), group: Number(group), args: words(pid) } : undefined;
}

export const alive = (pid) => look(pid) !== undefined;
export const groupOf = (group) => pids().map(look).filter((p) => p?.group === group);

// What a browser process is to the tests. session: the service's tag, else the name of the profile.
function describe({ pid, ppid, group, args }) {
	const folder = option(args, "user-data-dir");
	const profile = folder && path.basename(folder).replace(/^session-/, "");
	return { pid, ppid, group, folder, profile, session: option(args, "relink-session") ?? profile };
}

// Browser processes (not their children) with a profile below `folder`.
export function browsersBelow(folder) {
	return pids().map(look)
		.filter((p) => p && p.pid === p.group) // a child has its parent's command line until it has its own
		.filter((p) => option(p.args, "user-data-dir")?.startsWith(folder + path.sep))
		.map(describe);
}

// Children of a browser of one type: "renderer", "utility", "gpu-process".
export function childrenOf(browser, type) {
	return groupOf(browser.group).filter((p) => option(p.args, "type") === type);
}

function inodeOf(port, peerPort) {
	const hex = (n) => `:${n.toString(16).toUpperCase().padStart(4, "0")}`;
	for (const line of (read("/proc/net/tcp") + read("/proc/net/tcp6")).split("\n")) {
		const [, local, remote, , , , , , , inode] = line.trim().split(/\s+/);
		if (local?.endsWith(hex(port)) && remote?.endsWith(hex(peerPort))) return inode;
	}
	return undefined;
}

function holderOf(inode) {
	for (const pid of pids()) {
		if (pid === process.pid || !/chrom/.test(read(`/proc/${pid}/cmdline`))) continue;
		try {
			for (const fd of readdirSync(`/proc/${pid}/fd`))
				if (readlinkSync(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`) return look(pid);
		} catch {
			continue; // ended, or its descriptors changed while we looked
		}
	}
	return undefined;
}

// The browser at the other end of a connection to us: from its port `port` to ours.
export function browserOf(port, ourPort) {
	let process = holderOf(inodeOf(port, ourPort));
	while (process?.args.some((arg) => arg.startsWith("--type="))) process = look(process.ppid);
	return process && describe(process);
}
