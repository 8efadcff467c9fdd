// mutants.mjs - breaks the policy on purpose and expects the library of scenarios to notice, each time.
//
//   node tools/relink-sim/mutants.mjs BUILD-FOLDER WORKDIR [NAME]
//
// What the model cannot show is tests/sim's and the unit tests' to notice: a start that resumes a dead
// login looks like a fresh one here, and a wave of log-outs is retried once anyway.
//
// A mutant is one text replacement in one file of core/, compiled and put in front of the libraries that
// relink-sim is linked from; then the scenarios run until a bound is broken.  A mutant whose text is gone,
// or that survives, fails.  BUILD-FOLDER has relink-sim built.

import { execFile } from "node:child_process";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, "../..");
const build = path.resolve(process.argv[2]), work = path.resolve(process.argv[3]);
const only = process.argv[4];
const first = ["click-in-storm", "priorities", "service-restart", "false-logout-wave", "logout-wave", "flapping",
	       "flapping-account", "false-logout-long", "core-restart", "clock-jump", "poison", "instance-dead", "instance-dead-move", "worker-dies", "drain-in-storm",
	       "packet-loss", "slow-starts", "release-breaks-starts", "big-workspace", "storm-5000"];

const mutants = [
	["the bucket gives without taking", "policy/admit.c", "		b->parts -= START;\n", ""],
	["the bucket has no size", "policy/admit.c", "	return parts > full ? full : parts;", "	return parts > full ? 4 * parts : parts;"],
	["the bucket fills twice as fast", "policy/admit.c", "b->parts + passed * per_minute;", "b->parts + 2 * passed * per_minute;"],
	["the bucket fills at half its rate", "policy/admit.c", "b->parts + passed * per_minute;", "b->parts + passed * per_minute / 2;"],
	["persons wait as others do", "policy/admit.c", "unsigned kind = a->person ? 0 : a->was_up ? 1 : 2;", "unsigned kind = a->was_up ? 1 : 2;"],
	["persons go last", "policy/admit.c", "unsigned kind = a->person ? 0 :", "unsigned kind = a->person ? 2 :"],
	["no cap of starts at an instance", "engine/admission.c", "	return takes_starts(e, i) && ramp_lets(", "	return takes_starts(e, i) || ramp_lets("],
	["every start is fresh", "policy/account_life.c", "	a->fresh = a->fresh_next || !account_may_resume(a);", "	a->fresh = 1;"],
	["a crash is a log-out", "policy/account_end.c", "	if (rule->login_dead)\n", "	if (rule->login_dead || cause == RELINK_ENGINE_CRASH)\n"],
	["one failed start blames the profile", "policy/account_end.c", "++a->profile_fails >= 2", "++a->profile_fails >= 1"],
	["gone sessions are not started again", "policy/account_end.c", "	step_set_cause(s, cause, ACTION_NONE);\n	return AFTER_WAIT;", "	step_set_cause(s, cause, ACTION_NONE);\n	return cause == RELINK_GONE ? AFTER_HOLD : AFTER_WAIT;"],
	["one failure spends the budget", "policy/account_end.c", "if (++a->fails >= cause_attempts(s->p->causes, cause, s->p->max_fails))", "if (++a->fails >= 1)"],
	["a network error spends it too", "policy/account_end.c", "	case THEN_PROVIDER:\n	case THEN_SLOW:\n	case THEN_NOTHING:\n	case THEN_DEFAULT:", "	case THEN_PROVIDER:\n		return AFTER_HOLD;\n	case THEN_SLOW:\n	case THEN_NOTHING:\n	case THEN_DEFAULT:"],
	["backoff begins at its cap", "policy/backoff.c", "	uint64_t top = base_ms;\n", "	uint64_t top = base_ms = cap_ms * 20;\n"],
	["waiting never ends", "policy/account_end.c", "void on_wait_over(struct step *s)\n{\n	step_queue(s);", "void on_wait_over(struct step *s)\n{\n	step_timer_in(s, 3600000);"],
	["absence is believed never", "policy/account_life.c", "	if (at < a->absent_since + s->p->settle) {", "	if (at < a->absent_since + s->p->settle * 1000) {"],
	["a start has no deadline to speak of", "policy/account_life.c", "	if (look_first(s, s->p->start_deadline))\n		return;\n	step_fail_and_close(s, theirs", "	if (look_first(s, s->p->start_deadline) || s->e->now != 0)\n		return;\n	step_fail_and_close(s, theirs"],
	["starts end after a second", "policy/account_life.c", "	step_enter(s, ST_STARTING);\n	step_timer_in(s, s->p->start_deadline);", "	step_enter(s, ST_STARTING);\n	step_timer_in(s, 1000);"],
	["a connected account keeps its start slot", "policy/account_life.c", "	believe(s);\n	a->slot = 0;\n	a->profile = PROFILE_GOOD;\n	step_enter(s, ST_AUTH);", "	believe(s);\n	a->profile = PROFILE_GOOD;\n	step_enter(s, ST_AUTH);"],
	["nobody moves", "policy/place.c", "	case PLACE_GIVEN_UP:\n	case PLACE_NOWHERE:\n		return leave_the_dead(a, r);", "	case PLACE_GIVEN_UP:\n	case PLACE_NOWHERE:\n		break;"],
	["who waits on a drained instance stays", "policy/place.c", "	case PLACE_DRAINED:\n		return leave_in_order(a, r);", "	case PLACE_DRAINED:\n		break;"],
	["a network error is a log-out", "policy/cause.c", "	unsigned c = cause < RELINK_CAUSE_COUNT ? cause : RELINK_UNKNOWN;\n", "	unsigned c = cause == RELINK_NETWORK ? RELINK_LOGGED_OUT : cause;\n"],
	["a crash is held", "policy/cause.c", "	unsigned c = cause < RELINK_CAUSE_COUNT ? cause : RELINK_UNKNOWN;\n", "	unsigned c = cause == RELINK_ENGINE_CRASH ? RELINK_BANNED : cause;\n"],
	["a gone session is a log-out", "policy/cause.c", "	unsigned c = cause < RELINK_CAUSE_COUNT ? cause : RELINK_UNKNOWN;\n", "	unsigned c = cause == RELINK_GONE ? RELINK_LOGGED_OUT : cause;\n"],
	["a closed life is never followed", "policy/account_end.c", "void on_closed(struct step *s)\n{\n	step_follow(s);", "void on_closed(struct step *s)\n{\n	s->fx->changed = true;"],
	["no incident is recognised", "policy/incident.c", "failing >= r->min_accounts &&", "failing > 100000 &&"],
	["an incident decides all the same", "policy/account_end.c", "	return s->e->brake != BRAKE_NONE && incident_counts(cause);", "	return s->e->brake > 9 && incident_counts(cause);"],
	["all start while an incident holds", "engine/incidents.c", "	if (scope_is_calm(s) || admit_is_person(class))", "	if (class < ADMIT_CLASSES)"],
	["a restart is an incident", "engine/incidents.c", "	return ev->excused && (ev->kind", "	return !ev->excused && (ev->kind"],
	["the ramp never widens", "policy/ramp.c", "	r->parts += r->careful ? START / width : START;\n", ""],
	["a ramp begins at nothing", "policy/ramp.c", "	r->parts = (first > 0 ? first : 1) * START;", "	r->parts = 0;"],
	["nobody flaps", "policy/flap.c", "	if (f->step == 0 && r->losses > 0 &&", "	if (f->step > 9 && r->losses > 0 &&"],
	["log-outs are believed at once", "policy/incident.c", " && s->now >= s->i->opened_at + s->r->believe;", ";"],
	["log-outs are never believed", "policy/incident.c", "s->i->logouts >= 2 * s->r->canaries &&", "s->i->logouts > 1000000 &&"],
	["a loss with its instance costs an attempt", "policy/account_end.c", "		if (on_ladder || (lost && s->e->excused))", "		if (on_ladder)"],
	["the state is not stored", "engine/engine.c", "		commit_account(batch_commit(e), &r);\n", "		(void)r;\n"],
	["workspaces take no turns", "engine/admission.c", "	queue_served(m->instance, class, m->workspace);\n", ""],
].filter((m) => !only || m[0] === only);

const commands = JSON.parse(await readFile(path.join(build, "compile_commands.json"), "utf8"));
const objects = (await readdir(path.join(build, "tools/relink-sim/CMakeFiles/relink-sim.dir")))
	.filter((f) => f.endsWith(".o")).map((f) => path.join(build, "tools/relink-sim/CMakeFiles/relink-sim.dir", f));
const libraries = ["engine", "api", "out", "policy", "conf", "base"].map((l) => path.join(build, `core/${l}/librelink_${l}.a`));

async function link(program, extra) {
	await run("gcc", ["-o", program, ...objects, ...extra, ...libraries, "-Wl,--wrap=account_step",
			  "-lyaml", "-ljansson", "-lm", "-lpthread"]);
}

async function caught(program) {
	for (const name of first) {
		try {
			await run("timeout", ["20", program, "-q", path.join(here, "scenarios", `${name}.yaml`)]);
		} catch (e) {
			return `${name}: ${/BROKEN: [^:]*: ([a-z_0-9]*)/.exec(e.stderr)?.[1] ?? (e.code === 124 ? "no end" : "must")}`;
		}
	}
	return null;
}

async function tryMutant([name, file, from, to], i) {
	const full = path.join(root, "core", file), text = await readFile(full, "utf8");

	if (text.split(from).length !== 2) return `${name}: its text is gone, or not unique, in core/${file}`;
	const source = path.join(work, `m${i}.c`), object = `${source}.o`, program = path.join(work, `m${i}`);
	const entry = commands.find((c) => c.file === full && c.output?.includes("relink_")) ?? commands.find((c) => c.file === full);
	const words = entry.command.split(" ").filter((w) => w !== "" && w !== "ccache" && !w.endsWith("/ccache") && w !== "-Werror");
	const flags = words.slice(1, words.indexOf("-o")).filter((w) => !/^-M|\.o(\.d)?$/.test(w));
	await writeFile(source, text.replace(from, () => to));
	await run(words[0], [...flags, "-w", "-c", source, "-o", object], { cwd: entry.directory });
	await link(program, [object]);
	const by = await caught(program);
	if (by === null) return `${name}: survived`;
	console.log(`caught  ${name}  (${by})`);
	return null;
}

await mkdir(work, { recursive: true });
const failures = [];
await link(path.join(work, "sound"), []);
const unsound = only ? null : await caught(path.join(work, "sound"));
if (unsound) failures.push(`without a mutant: ${unsound}`);
for (const [i, m] of mutants.entries()) {
	const bad = await tryMutant(m, i).catch((e) => `${m[0]}: ${e.stderr ?? e}`);
	if (bad) failures.push(bad);
}
for (const f of failures) console.error(`FAILED  ${f}`);
console.log(`${mutants.length} mutants, ${failures.length} not caught`);
process.exit(failures.length > 0 ? 1 : 0);
