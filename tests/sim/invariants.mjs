// invariants.mjs - the table of README.md: each check and each mutant that it names must be there.
//
//   node tests/sim/invariants.mjs
//
// mutants.mjs asks it which checks may catch a mutant.

import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, "../..");
const text = (file) => {
	try {
		return readFileSync(path.join(root, file), "utf8");
	} catch {
		return "";
	}
};
const joined = (folder, ends) => readdirSync(path.join(root, folder)).filter((f) => f.endsWith(ends))
	.map((f) => text(path.join(folder, f))).join("\n");

// "sim `a`; test `file` `text`": [["sim", "a"], ["test", "file", "text"]]
const entries = (cell) => cell.split(";").map((e) => [e.trim().split(" ")[0], ...[...e.matchAll(/`([^`]+)`/g)].map((m) => m[1])]);

export const rows = text("tests/sim/README.md").split("\n## Every invariant")[1].split("\n")
	.filter((l) => l.startsWith("| ")).slice(1)
	.map((l) => l.split("|").slice(1, 4).map((c) => c.trim()))
	.map(([what, checks, mutants]) => ({ what, checks: entries(checks), mutants: entries(mutants) }));

// The checks of the lines that have this mutant; null: no line has it.
export function watchers(mutant) {
	const lines = rows.filter((r) => r.mutants.some(([kind, name]) => kind === "sim" && name === mutant));

	return lines.length === 0 ? null : lines.flatMap((r) => r.checks.filter((c) => c[0] === "sim").map((c) => c[1]));
}

const sources = joined("tests/sim", ".c");
const here_too = {
	checks: {
		sim: (name) => new RegExp(`broken\\(\\s*"${name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}"`).test(sources),
		model: (name) => text("tests/model/session.pml").includes(`/* ${name}`),
		"relink-sim": (scenario, bound) => text(`tools/relink-sim/scenarios/${scenario}.yaml`).includes(`  ${bound}:`),
		test: (file, words) => text(file).includes(words),
	},
	mutants: {
		sim: (name) => text("tests/sim/mutants.mjs").includes(`\t["${name}", `),
		model: (name) => text("tests/model/run.mjs").includes(`\t${name}: [`),
		"relink-sim": (name) => text("tools/relink-sim/mutants.mjs").includes(`\t["${name}", `),
	},
};

function main() {
	const bad = [];

	for (const row of rows) {
		for (const column of ["checks", "mutants"]) {
			if (row[column].length === 0) bad.push(`"${row.what}" has no ${column}`);
			for (const [kind, ...names] of row[column]) {
				const is = here_too[column][kind];

				if (!is || names.length === 0 || !is(...names))
					bad.push(`"${row.what}": there is no ${kind} ${names.join(", ")} (${column})`);
			}
		}
	}
	for (let n = 1; n <= 10; n++)
		if (!rows.some((r) => r.what.startsWith(`${n}. `))) bad.push(`invariant ${n} is in no line`);
	for (const b of bad) console.error(`README.md: ${b}`);
	console.log(`${rows.length} lines, ${bad.length} wrong`);
	process.exit(bad.length > 0 || rows.length === 0 ? 1 : 0);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
