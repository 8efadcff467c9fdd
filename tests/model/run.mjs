#!/usr/bin/env node
// run.mjs - session.pml through spin: as it is, and with each of its mutants.
//
//	node tests/model/run.mjs FOLDER [NAME]      FOLDER: where spin and the compiler may write
//
// As it is, nothing may be found in any of the settings; each mutant must break the property that is named
// here with it, so that a property that nothing can break is noticed as well.  RELINK_LONG=1 adds
// settings with twice the faults.

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const model = join(dirname(fileURLToPath(import.meta.url)), "session.pml");
const source = readFileSync(model, "utf8");
const folder = resolve(process.argv[2] ?? ".");
const only = process.argv[3];

// name, definitions, and whether endless loops are looked for instead of broken assertions
const sound = [
	["a provider that lists", []],
	["a provider that lists: no endless loop", [], true],
	["a provider that fences", ["FENCED"]],
	["two crashes", ["CRASHES=2"]],
];
const long = [
	["two losses", ["LOSSES=2"]],
	["two early deadlines", ["DEADLINES=2"]],
	["two partial lists", ["PARTIALS=2"]],
	["two wishes", ["WISHES=2"]],
	["a provider that fences, two crashes, two losses", ["FENCED", "CRASHES=2", "LOSSES=2"]],
	["two crashes: no endless loop", ["CRASHES=2"], true],
];

const EXACTLY_ONE = "P2";
const A_REASON_EACH = "P3";
// what is taken away, and the properties of which one must break
const mutants = {
	M_SEND_FIRST: ["P5"],
	M_RESEND: [A_REASON_EACH, "P5"],
	M_CLOSE_FIRST: ["P4"],
	M_NO_SWEEP: [EXACTLY_ONE],
	M_ONE_LIST: [A_REASON_EACH],
	M_PARTIAL_IS_COMPLETE: [A_REASON_EACH],
	M_NO_SETTLE: [A_REASON_EACH],
	M_STALE_EVENT: ["P7"],
	M_JUDGE: ["reached"],
};

const words = /\/\* (P\d|reached)[^*]*\*\//;

// The property whose assertion spin says was violated: the comment behind it, or above it.
function property(expression) {
	const bare = s => s.replace(/[\s()]/g, "");
	const lines = source.split("\n");
	const at = lines.findIndex(l => l.includes("assert(") &&
		bare(expanded(l.slice(l.indexOf("assert(") + 6).replace(/;.*|\/\*.*$/g, ""))) === bare(expression));
	if (at < 0) throw new Error(`which assertion is "${expression}"?`);
	return (lines[at].match(words) ?? lines[at - 1].match(words))?.[1] ?? `line ${at + 1}`;
}
// The preprocessor has written numbers for our names of budgets.
function expanded(s) {
	return s.replace(/\b(LOSSES|DEADLINES|LIVES|MINTED|ABANDONED)\b/g, name =>
		source.match(new RegExp(`#define ${name} +(\\d+)`))[1]).replace(/\bfalse\b/g, "0");
}

function check(name, defines, loops = false) {
	const dir = join(folder, name.replace(/[^a-zA-Z0-9]+/g, "-"));
	const run = (program, ...args) => execFileSync(program, args, { cwd: dir, encoding: "utf8", maxBuffer: 64 << 20 });

	mkdirSync(dir, { recursive: true });
	run("spin", "-a", ...defines.map(d => `-D${d}`), model);
	// who fails at once takes longer to compile than to run
	run("gcc", name.startsWith("M_") ? "-O0" : "-O1", "-w", loops ? "-DNP" : "-DSAFETY", "-DMEMLIM=6000", "-o", "pan", "pan.c");
	const out = run("./pan", "-m2000000", ...(loops ? ["-l"] : []));
	const errors = out.match(/errors: (\d+)/)?.[1], states = out.match(/(\d+) states, stored/)?.[1];
	if (errors === undefined || /max search depth too small|out of memory|Search not completed/.test(out) && errors === "0")
		throw new Error(`${name}: spin did not finish\n${out}`);
	return { errors: Number(errors), states: Number(states), violated: out.match(/assertion violated (.*) \(at depth/)?.[1],
		out };
}

let failed = 0, n = 0;
function say(ok, name, what) {
	console.log(`${ok ? "ok" : "NOT OK"}  ${name}: ${what}`);
	failed += !ok;
	n++;
}
for (const [name, defines, loops] of process.env.RELINK_LONG ? [...sound, ...long] : sound) {
	if (only && only !== name) continue;
	const r = check(name, defines, loops);
	say(r.errors === 0 && r.states > 10000, name, `${r.states} states, ${r.errors} errors`);
	if (r.errors > 0) console.log(r.out);
}
for (const [name, expected] of Object.entries(mutants)) {
	if (only && only !== name) continue;
	const r = check(name, [name]);
	const broken = r.violated && property(r.violated);
	say(expected.includes(broken), name, broken ? `breaks ${broken}` : `breaks nothing, ${r.states} states`);
}
if (n === 0) throw new Error(`nothing is called "${only}"`);
console.log(failed > 0 ? `${failed} of ${n} are not as they should be` : `all ${n} as they should be`);
process.exit(failed > 0 ? 1 : 0);
