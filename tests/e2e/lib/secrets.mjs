// secrets.mjs - the secrets of a test's daemon are looked for wherever it leaves words, in every test.
//
// Secrets are the admin's key and what the configuration says under names like api_key and
// webhook_secret; short ones, which chance could write, are left out.  A leak fails the test in which the
// daemon ends, and its whole file, whatever the test expects.

import { readdirSync, readFileSync } from "node:fs";

const SHORTEST = 16;
const isSecret = (name) => /(^|_)(key|secret|secret_old|token|password)$/.test(name);
const leaks = [];

process.on("exit", (code) => {
	if (leaks.length === 0) return;
	process.stderr.write(`secrets where they must not be:\n  ${leaks.join("\n  ")}\n`);
	process.exitCode = code || 1;
});

// [[name, text], ...] of all secrets below `config`.
export function secretsIn(config, path = "") {
	return Object.entries(config ?? {}).flatMap(([name, value]) =>
		value !== null && typeof value === "object" ? secretsIn(value, `${path}${name}.`)
			: isSecret(name) && String(value).length >= SHORTEST ? [[path + name, String(value)]] : []);
}

// "WHAT in PLACE" for each of `secrets` that stands in one of `places` ({ name: text }).
export const findIn = (secrets, places) => secrets.flatMap(([what, text]) =>
	Object.entries(places).filter(([, place]) => place.includes(text)).map(([place]) => `${what} in ${place}`));

// Throws when one is found, and has the whole file fail in the end.
export function expectNone(secrets, places) {
	const found = findIn(secrets, places);
	leaks.push(...found);
	if (found.length > 0) throw new Error(`secrets where they must not be: ${found.join(", ")}`);
}

function childrenOf(pid) {
	try {
		return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
			readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean));
	} catch {
		return []; // it has ended meanwhile
	}
}

// Arguments of a process and of all below it, and environments of those that are ours: { name: text }.  A
// backend that relinkd starts is told its key in its environment, and nobody else's.
export function visibleOf(pid, ours = /^relink/) {
	const found = {};
	try {
		found[`/proc/${pid}/cmdline`] = readFileSync(`/proc/${pid}/cmdline`, "latin1");
		if (ours.test(readFileSync(`/proc/${pid}/comm`, "latin1")))
			found[`/proc/${pid}/environ`] = readFileSync(`/proc/${pid}/environ`, "latin1");
	} catch { /* it has ended meanwhile */ }
	return Object.assign(found, ...childrenOf(pid).map((child) => visibleOf(child, ours)));
}
