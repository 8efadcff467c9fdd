// measure.mjs - what is measured by tests and by figures.mjs in the same way.

import { readFileSync } from "node:fs";
import { cutRim, modulesOfHalfBlocks, readCode } from "../relinkctl/qr-read.mjs";

export const median = (list) => {
	const sorted = [...list].sort((a, b) => a - b), half = sorted.length >> 1;
	return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};
export const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;
export const summary = (list) => `median of ${list.length}: ${seconds(median(list))}, max ${seconds(Math.max(...list))}`;

// Processes that wanted a core in the last minute: figures of a busy machine say little.
export const load = () => readFileSync("/proc/loadavg", "utf8").split(" ")[0];

// What a phone's camera sees on the terminal: the text of the code.
export function scanned(stdout) {
	// A line that is begun anew was wiped; the last one says what to do.
	const lines = stdout.trimEnd().split(/\r?\n/).slice(0, -1).map((line) => line.replace(/^[^]*\r\x1b\[K/, ""));
	return readCode(cutRim(modulesOfHalfBlocks(lines, true)).code).toString();
}

// An account is made and connected with relinkctl, and its code drawn on the terminal. Resolves with how
// long that took, and with what the terminal shows.
export async function timeToCode(chain, id) {
	const began = Date.now();
	await chain.ctl("account", "add", id, "--provider", "webjs", "--connect", "--no-wait");
	const stdout = await chain.ctlOnTerminal("account", "qr", id, "--wait", "60");
	return { ms: Date.now() - began, shown: scanned(stdout) };
}

// Its Chromium dies; resolves with how long it took until the account is connected again.
export async function timeToResume(chain, id) {
	const old = await chain.account(id), [browser] = chain.service.browsers(old.session_id);
	const killed = Date.now();
	process.kill(browser.pid, "SIGKILL");
	await chain.resumes(old);
	return Date.now() - killed;
}

// The service dies and is started again at once; resolves with how long it took until all are connected.
export async function timeToRecover(chain, ids) {
	const old = await Promise.all(ids.map((id) => chain.account(id)));
	const killed = Date.now();
	await chain.service.kill();
	await chain.service.start();
	await Promise.all(old.map((a) => chain.resumes(a)));
	return Date.now() - killed;
}

// The providers of a relinkd that holds many sessions of one service, started as fast as they are asked for.
export const fleet = ({ url }, api_key) => ({
	webjs: { workers: 1, starts_per_minute: 60000, start_burst: 1000,
		instances: [{ id: "webjs-1", capacity: 1000, concurrent_starts: 100, config: { url, api_key } }] },
});
