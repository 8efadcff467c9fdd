// processes.mjs - our Chromium processes, as /proc tells.
//
// Each browser carries --relink-session=ID and --relink-boot=BOOT on its command line and a profile
// below our folder; it leads a process group of its own, in which its children are. A browser is ours
// only with all of that. So what an earlier life of this service left behind is found and ended, and
// nobody else's browser ever is.

import { readFileSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";

const PAGE_BYTES = 4096;
const GONE_POLL_MS = 20;

const read = (file) => {
	try {
		return readFileSync(file, "utf8");
	} catch {
		return ""; // it ended meanwhile, or belongs to somebody else
	}
};
const pids = () => readdirSync("/proc").filter((name) => /^\d+$/.test(name));

// The words behind the name in /proc/PID/stat: 0 state, 1 parent, 2 group, 19 start time.
const statOf = (text) => text.slice(text.lastIndexOf(")") + 2).split(" ");

const leadsGroup = (pid) => statOf(read(`/proc/${pid}/stat`))[2] === pid;

// When a process began, in ticks since the machine did; with the pid it names a process for ever.
export function startOf(pid) {
	const stat = statOf(read(`/proc/${pid}/stat`));
	return stat[0] && stat[0] !== "Z" ? Number(stat[19]) : undefined;
}

function option(args, name) {
	return args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
}

// Our browsers that run now: { pid, start, session, boot, folder }.
export function ourBrowsers(profiles) {
	const found = [];
	for (const pid of pids()) {
		const args = read(`/proc/${pid}/cmdline`).split("\0");
		const session = option(args, "relink-session"), folder = option(args, "user-data-dir");
		if (session === undefined || !folder?.startsWith(profiles + path.sep)) continue;
		if (!leadsGroup(pid)) continue; // a child, which has its parent's command line until it has its own
		found.push({ pid: Number(pid), start: startOf(pid), session, folder, boot: option(args, "relink-boot") });
	}
	return found;
}

// Does this very process still run? It, and nobody who has got its number since.
export const lives = ({ pid, start }) => start !== undefined && startOf(pid) === start;

// Processes of a group that are not over: [{ pid, args }].
function membersOf(group) {
	try {
		process.kill(-group, 0);
	} catch (e) {
		if (e.code === "ESRCH") return []; // most often; the rest costs a look at every process
	}
	return pids().filter((pid) => {
		const [state, , its] = statOf(read(`/proc/${pid}/stat`));
		return Number(its) === group && state !== "Z";
	}).map((pid) => ({ pid: Number(pid), args: read(`/proc/${pid}/cmdline`) }));
}

// A number of a browser that is long over may name somebody else's group by now.
const isChromium = ({ args }) => /--(type|relink-session)=/.test(args);

function kill({ pid: group }) {
	if (!membersOf(group).some(isChromium)) return;
	try {
		process.kill(-group, "SIGKILL");
	} catch {
		return; // it went by itself
	}
}
const anyLeft = ({ pid: group }) => membersOf(group).length > 0;

// Kill these browsers with all their processes. Resolves with those that would not go within `ms`.
export async function end(browsers, ms) {
	for (const browser of browsers) kill(browser);
	const last = Date.now() + ms;
	let left = browsers.filter(anyLeft);
	while (left.length > 0 && Date.now() < last) {
		await new Promise((go) => setTimeout(go, GONE_POLL_MS));
		left = left.filter(anyLeft);
	}
	return left;
}

// What each process group uses: group -> { processes, rss, own } in bytes. rss counts what processes
// share once for each of them; own leaves out what they share with others or with files, and is about
// what would be free without them.
export async function memoryByGroup() {
	const groups = new Map();
	await Promise.all(pids().map(async (pid) => {
		const [stat, statm] = await Promise.all([readFile(`/proc/${pid}/stat`, "utf8"),
			readFile(`/proc/${pid}/statm`, "utf8")]).catch(() => ["", ""]);
		if (!stat) return;
		const group = Number(statOf(stat)[2]);
		const [, resident, shared] = statm.split(" ").map(Number);
		const sum = groups.get(group) ?? { processes: 0, rss: 0, own: 0 };
		sum.processes++;
		sum.rss += resident * PAGE_BYTES;
		sum.own += (resident - shared) * PAGE_BYTES;
		groups.set(group, sum);
	}));
	return groups;
}
