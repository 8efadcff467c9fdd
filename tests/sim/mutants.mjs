// mutants.mjs - breaks the product on purpose and expects the simulation to notice, each time.
//
//   node tests/sim/mutants.mjs WORKDIR [NAME | --some]
//
// A mutant is one text replacement in one file of core/.  The unchanged sources are compiled once;
// for each mutant its file is compiled again, linked, and run over several seeds (or as its own arguments say)
// until an invariant breaks.  A mutant whose text is no longer there, or that survives, fails the test.
// With --some every fifth is run, unless RELINK_LONG is set; the texts of all are looked for.

import { execFile } from "node:child_process";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { watchers } from "./invariants.mjs";

const run = promisify(execFile);
const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, "../..");
const work = path.resolve(process.argv[2] ?? "build/mutants");
const some = process.argv[3] === "--some" && !process.env.RELINK_LONG;
const only = process.argv[3] === "--some" ? undefined : process.argv[3];
const cores = availableParallelism?.() ?? cpus().length;

const waves = ["--kind", "waves-fenced", "--steps", "400000", "--seeds", "6"];
const mutants = [
	["a new status is not counted", "engine/step.c",
	 "	meter_place(e, m);\n", ""],
	["the deleted stay counted", "engine/meter.c",
	 "member_is_deleted(m) ? 0 : m->a.status + 1u", "m->a.status + 1u"],
	["who leaves the queue stays counted", "engine/queues.c",
	 "	i->provider->meter.queued[m->queue_line / 2]--;\n", ""],
	["create is sent before its intent is durable", "engine/step.c",
	 "batch_act(e, &(struct act){ ACT_CREATE,", "act_now(e, &(struct act){ ACT_CREATE,"],
	["disconnect is sent before the life is given up durably", "engine/step.c",
	 "batch_act(e, &(struct act){ ACT_CLOSE,", "act_now(e, &(struct act){ ACT_CLOSE,"],
	["an orphan is ended before it is given up durably", "engine/strays.c",
	 "batch_act(e, &(struct act){ ACT_END,", "act_now(e, &(struct act){ ACT_END,"],
	["an alert outlives its end on disk", "engine/alerts.c",
	 "	commit_alert_delete(batch_commit(e), a->r.kind, a->r.subject);\n", ""],
	["an alert is raised again after a restart", "engine/alerts.c",
	 "			m->alerts |= (uint8_t)(1u << a->r.kind);\n		else", "			m->alerts = 0;\n		else"],
	["an alert stays", "engine/alerts.c", "			if (open)\n", "			if (open && e->stopping)\n"],
	["those who need somebody after an incident are forgotten", "engine/incidents.c",
	 "		alerts_look(e);\n", ""],
	["an incident has thousands of alerts", "engine/alerts.c",
	 "if (!open && !is_in_an_incident(m))", "if (!open)", waves],
	["nobody is told who needs a person", "engine/step.c", "		alerts_judge(e, m);\n", "		(void)0;\n"],
	["somebody else than the policy changes an account", "engine/listing.c",
	 "			account_changed_apart(e, m);\n", ""],
	["a step goes by something that is not recorded", "engine/step.c",
	 "	account_step(&p, &m->a, &h->e, &fx);\n",
	 "	p.backoff_base += e->stats.steps % 7;\n	account_step(&p, &m->a, &h->e, &fx);\n	p.backoff_base -= e->stats.steps % 7;\n"],
	["orphans are not ended", "engine/strays.c",
	 "if (orphan_seen(&s->o, &rules, e->now, at) != ORPHAN_KILL)", "if (at != 0)"],
	["a life that came late is not looked up in the ledger", "engine/strays.c",
	 "if (l->result < 0 || !l->known)", "if (l->result <= 0)"],
	["an unknown create is sent again", "policy/account_life.c",
	 "	s->a->sure = 0;\n	s->fx->look = LOOK_NOW;",
	 "	s->a->sure = 0;\n	s->fx->mint = s->e->kind == EV_UNKNOWN;\n	s->fx->look = LOOK_NOW;"],
	["events of an older life count", "policy/account.c",
	 "(e->generation != a->generation || !", "(!"],
	["an error is an empty list", "engine/listing.c",
	 "		list_failed(e, i, op->asked_at, r);\n", "	{\n		i->serial++;\n		not_listed(e, i, op->asked_at);\n	}\n"],
	["a partial list is a complete one", "engine/listing.c",
	 "bool complete = r->complete && r->total == i->listing.n_sessions;", "bool complete = true;"],
	["one piece of evidence is enough to close", "policy/account_life.c",
	 "	if (e->source == SOURCE_PUSH ? listed : pushed || newer) {", "	if (e->source != SOURCE_NONE) {"],
	["a login that was scanned unseen is thrown away", "policy/account.c",
	 "return a->profile == PROFILE_NEW || a->profile == PROFILE_GOOD ||",
	 "return a->profile == PROFILE_GOOD ||"],
	["a session that ended is taken for a log-out", "policy/account_end.c",
	 "	if (rule->login_dead)\n", "	if (rule->login_dead || cause == RELINK_ENGINE_CRASH)\n"],
	["disconnect forgets that it is not wanted", "policy/account_wishes.c",
	 "	unwant(s->a);\n	step_set_cause(s, RELINK_BY_REQUEST, ACTION_NONE);\n	step_end_life(s, AFTER_IDLE);",
	 "	step_set_cause(s, RELINK_BY_REQUEST, ACTION_NONE);\n	step_end_life(s, AFTER_IDLE);"],
	["backoff has no cap", "policy/backoff.c",
	 "for (; n > 0 && top < cap_ms; n--)\n		top = top > cap_ms / 2 ? cap_ms : top * 2;\n	if (top > cap_ms)\n		top = cap_ms;",
	 "for (; n > 0 && top < 1ull << 40; n--)\n		top = top * 2;"],
	["more starts at once than the instance allows", "engine/admission.c",
	 "return takes_starts(e, i) && ramp_lets(", "return takes_starts(e, i) || ramp_lets("],
	["the ramp is not heeded", "policy/ramp.c",
	 "	       (person ? persons < r->parts / START : under_way < ramp_slots(r, most));", "	       persons <= most;"],
	["a person's start is nobody's", "engine/step.c",
	 "		m->person_slot = m->a.person;\n", "		m->person_slot = false;\n"],
	["who was served stays first in line", "engine/queues.c",
	 "	DL_DELETE(line->first, lane);\n	DL_APPEND(line->first, lane);\n	lane->turn = turn;", "	(void)line;"],
	["codes at once have no limit", "engine/admission.c",
	 "	return admit_may_scan(i->scans, i->conf->max_qr_waiting, person);", "	return true;"],
	["a code that is over is counted on", "engine/step.c",
	 "		i->scans += m->counted_scan ? 1 : -1ull;", "		i->scans += 1;"],
	["more starts than the bucket holds", "policy/admit.c", "	if (b->parts >= needed(burst, person)) {", "	if (b->parts + START >= needed(burst, person)) {\n		b->parts += START;"],
	["told before it is stored", "engine/batch.c",
	 "	commit_journal(batch_commit(e), r);\n", "	commit_journal(batch_commit(e), r);\n	if (r->tell)\n		bus_publish(e->bus, r);\n"],
	["answered before it is stored", "engine/batch.c",
	 "	if (b == NULL && e->in_flight == NULL) {\n		reply_now", "	if (b != e->in_flight || b == NULL) {\n		reply_now"],
	["what the store has no room for is dropped", "engine/batch.c",
	 "		if (e->held == NULL)\n			e->held = b;\n", "		if (e->held == NULL && store_has_room(e->store))\n			e->held = b;\n"],
	["an id is opened again before its old life is gone", "engine/step.c",
	 "		return m->n_strays > 0 || ", "		return m->n_strays > 1000 || "],
	["a start on a drained instance", "engine/admission.c", " && i->drained_at == 0", ""],
	["an account moves without giving its life up", "policy/account_move.c",
	 "	step_abandon(s);\n	s->a->after", "	s->a->after"],
	["a profile is resumed elsewhere without proof", "engine/step.c",
	 "	return m->n_strays > 0 && lives_elsewhere(m);", "	return false;"],
	["an instance is given up at its first silence", "engine/instances.c",
	 "e->now >= i->down_since + p->move_after_ms", "e->now >= i->down_since"],
	["a login moves without its credentials", "policy/place.c",
	 "	return a->profile != PROFILE_NEW || !a->person;", "	return false;"],
	["a crash forgets what is drained", "engine/load.c", "	i->drained_at = r->drained_at;\n", ""],
	["what a moved account left behind is looked for where it is now", "engine/load.c",
	 "	struct instance *i = instance_by_id(e, r->instance);",
	 "	struct instance *i = m != NULL ? m->instance : instance_by_id(e, r->instance);"],
	["accounts between two instances are not counted", "engine/places.c", "	p->moving++;\n", ""],
	["who waits elsewhere does not notice that an instance is back", "engine/instances.c",
	 "		if (m != NULL)\n			account_moved(e, m);\n", ""],
	["what is held waits for something new", "engine/batch.c",
	 "	batch_push(e);\n}", "	if (b != NULL)\n		batch_push(e);\n}"],
	["what was deleted before a crash stays for ever", "engine/load.c",
	 "m->a.state == ST_DELETED && m->n_strays == 0)", "m->a.state == ST_DELETED && m->n_strays == 1000)"],
	["a worker speaks for instances of others", "engine/listing.c",
	 "	return i != NULL && i->slot == slot && str_is(name, i->conf->id);", "	(void)slot;\n	(void)name;\n	return i != NULL;"],
	["what the ledger could not say makes a stranger", "engine/strays.c",
	 "stranger != NULL && l->result == 0 && !l->known", "stranger != NULL && !l->known",
	 ["--kind", "liars-listable", "--steps", "1200000", "--seeds", "40"]],
	["a start keeps its slot", "policy/account_end.c", "	a->slot = 0;\n", ""],
	["the journal begins again after a crash", "engine/load.c",
	 "	e->last_seq = facts.last_seq;\n", ""],
	["a new life has the number of the old one", "policy/account_life.c", "	a->generation++;\n", ""],
	["a worker is held while its process runs", "policy/worker.c",
	 "	s->w->misconfigured = s->e->misconfigured;\n	kill_it(s);",
	 "	s->fx->kill = true;\n	enter(s, WS_HELD, s->r->cool);"],
	["a held worker waits for a person only", "policy/worker.c",
	 "enter(s, WS_HELD, backoff_spread(&w->rng, s->r->cool));", "enter(s, WS_HELD, 0);"],
	["a silent worker gets no kill after its last words", "policy/worker.c",
	 "	s->fx->kill = true;\n	s->w->timer_at = 0;", "	s->w->timer_at = 0;"],
	["a silent worker is killed at once", "engine/workers.c",
	 "	if (fx.terminate)\n		pool_terminate(", "	if (fx.terminate)\n		pool_kill("],
	["a reload leaves the held alone", "engine/engine.c",
	 "		workers_start(e);\n		workers_renew(e);\n", "		workers_renew(e);\n"],
	["a ping that cannot be sent is forgotten", "policy/worker.c",
	 "	s->w->unsent = true;\n	ping_later(s);", "	s->w->unsent = true;"],
	["the process that an earlier core left is not looked for", "engine/services.c",
	 "	if (r == 0) {\n		tell_found(", "	r = ERR_NOTFOUND;\n	if (r == 0) {\n		tell_found("],
	["who cannot tell whether the old one runs starts another", "engine/services.c",
	 "	} else if (r == ERR_NOTFOUND) {", "	} else {"],
	["a service that hangs is left alone", "policy/service.c",
	 "		set_timer(st, st->r->hang);\n	silent(st);", "		set_timer(st, 0);\n	silent(st);"],
	["one silence ends a service", "policy/service.c",
	 "#define SILENCES_BELIEVED 2", "#define SILENCES_BELIEVED 0"],
	["a hung service gets no kill", "policy/service.c",
	 "	st->fx->kill = true;\n	enter(st, SS_KILLED, 0);", "	enter(st, SS_KILLED, 0);"],
	["a dead service can still be reached", "engine/instances.c",
	 "	i->reachable = false;\n	i->up_since = 0;\n	i->silent = true;", "	i->up_since = 0;\n	i->silent = true;"],
	["an instance without a process is never given up", "engine/listing.c",
	 "	if (service_is_down(i))\n		instance_judge(e, i);\n", ""],
	["an instance without a process is not down", "engine/instances.c",
	 "	return i->list_fails > 0 || service_is_down(i);", "	return i->list_fails > 0;"],
	["a process that could not be started is no loss", "engine/services.c", " || event == SE_NOSPAWN", ""],
	["who waits at an instance that does not answer is on the way", "engine/places.c",
	 "		state == ST_AUTH) &&\n	       is_up(e, m->instance);", "		state == ST_AUTH);"],
	["an answer to an earlier process counts for the new one", "engine/services.c",
	 "(service_runs(&s->s) && asked_at >= s->started_at)", "service_runs(&s->s)"],
	["the last words of a dead service make it reachable", "engine/services.c",
	 "(service_runs(&s->s) && asked_at >= s->started_at)", "asked_at >= s->started_at"],
	["what an account left behind that works alone is asked of everybody's worker", "engine/calls.c",
	 "	op->slot = slot_for(e, s->instance, member_by_row(e, s->life.row));\n", ""],
	["a SIGKILL of somebody else's blames accounts", "engine/quarantine.c",
	 " && (g->signal != SIGKILL || !innocent)", ""],
	["health is told again and again", "engine/health.c", "	if (sick == m->sick)\n		return;\n", ""],
	["an instance that is silent makes accounts sick", "policy/health.c",
	 "	if (!h->scored || f->unreachable)\n", "	if (!h->scored || !f->wanted)\n"],
	["one piece of evidence makes an account sick", "engine/health.c", " || health_awaits(&m->a)", ""],
	["a crash of the core forgets who was told sick", "engine/members.c",
	 "	m->sick = (r->flags & FLAG_SICK) != 0;\n", ""],
	["a pause lets who waits start", "engine/step.c", " && !hands_off_ours(e, m);", ";",
	 ["--kind", "pauses-fenced", "--steps", "600000", "--seeds", "8"]],
	["a deadline ends what is paused", "policy/account_life.c", "	if (!s->e->hands_off && (a->sure ||", "	if ((a->sure ||",
	 ["--kind", "pauses-fenced", "--steps", "600000", "--seeds", "8"]],
	["evidence ends what is paused", "policy/account_life.c", "	if (s->e->hands_off)\n		show_down(", "	if (s->e->hands_off && cause > 1000)\n		show_down(",
	 ["--kind", "pauses-fenced", "--steps", "600000", "--seeds", "8"]],
	["a pause ends what is left of a life", "policy/orphan.c", "if (r->hold || o->op", "if (o->op",
	 ["--kind", "pauses-fenced", "--steps", "600000", "--seeds", "8"]],
	["who waited for a pause to end waits for ever", "engine/hands_off.c", "	e->hands_left = e->last_row + 1;", "	e->hands_left = 0;",
	 ["--kind", "pauses-fenced", "--steps", "600000", "--seeds", "8"]],
	["a crash forgets that automation is paused", "engine/load.c", ".pause = load_pause,", ".pause = NULL,",
	 ["--kind", "pauses-fenced", "--steps", "600000", "--seeds", "8"]],
	["who waits is forgotten", "policy/account_end.c",
	 "	case AFTER_WAIT:\n		step_enter(s, ST_WAITING);", "	case AFTER_WAIT:\n		step_enter(s, ST_WAITING);\n		return;"],
	["who is flapping starts as soon as others", "policy/account_end.c", "return flap > ms ? flap : ms;", "return ms;"],
	["a loss costs who is flapping an attempt", "policy/account_end.c", "		if (on_ladder || (lost && s->e->excused))", "		if (lost && s->e->excused)"],
	["an incident decides about accounts all the same", "policy/account_end.c",
	 "	return s->e->brake != BRAKE_NONE && incident_counts(cause);", "	(void)cause;\n	return s->e->brake > 9;", waves],
	["no incident is ever recognised", "policy/incident.c",
	 "failing >= r->min_accounts &&", "failing > 100000 &&", waves],
	["all start while an incident holds", "engine/incidents.c",
	 "	if (scope_is_calm(s) || admit_is_person(class))", "	if (class < ADMIT_CLASSES)", waves],
	["a round of canaries has no end", "policy/incident.c",
	 "return !i->resting && i->given < r->canaries;", "return true;", waves],
	["what failed before an incident was recognised stays", "engine/incidents.c",
	 "	if (k->ended && m != NULL && m->instance != NULL)", "	if (k->ended && m != NULL && m->row == 0)", waves],
	["after a failed list nothing counts", "engine/incidents.c",
	 "	if (evidence || m->instance->reachable)", "	if (m->instance->reachable)",
	 ["--kind", "waves-listable", "--steps", "3200000", "--seeds", "48"]],
	["late events are not counted", "engine/step.c", "		e->stats.stale++;\n		return;", "		return;"],
	["who is unknown to the ledger is ended", "engine/strays.c",
	 "	if (stranger != NULL && l->result == 0 && !l->known) {\n		stranger->foreign = true; /* shown, never touched */\n		return;\n	}\n	if (stranger != NULL)\n		stranger_forget(l->instance, stranger);\n	if (l->result < 0 || !l->known)",
	 "	if (stranger != NULL)\n		stranger_forget(l->instance, stranger);\n	if (l->result < 0)"],
	["who is unknown to the ledger is not counted", "engine/strays.c", "		return s->foreign;", "		return false;"],
	["an operation that had no answer stays open", "engine/calls.c",
	 "	HASH_DEL(e->ops, op);\n	left(e, op, r->result);", "	if (r->result == ERR_TIMEOUT)\n		return;\n	HASH_DEL(e->ops, op);\n	left(e, op, r->result);"],
	["a deletion is not answered", "engine/commands.c",
	 "STR_NONE, STR_NONE);\n	accept(e, &c, m);\n	wish(e, m, EV_DELETE", "STR_NONE, STR_NONE);\n	(void)c;\n	wish(e, m, EV_DELETE"],
	["answered twice", "engine/batch.c",
	 "	if (a->command != NULL)\n		reply_now(e, &a->command, &a->result);\n	if (a->key", "	if (a->command != NULL)\n		a->command->reply(a->command->ctx, &a->result);\n	if (a->command != NULL)\n		reply_now(e, &a->command, &a->result);\n	if (a->key"],
	["one event of a commit is told", "engine/batch.c",
	 "	for (size_t i = 0; i < b->n_told; i++)\n		bus_publish", "	for (size_t i = 0; i < b->n_told && i < 1; i++)\n		bus_publish"],
	["who does not read keeps others from hearing", "out/bus.c",
	 "	if (b->n == b->size)\n		forget_oldest(b);", "	if (b->n == b->size)\n		return;"],
	["the policy remembers what is not its account's", "policy/backoff.c",
	 "	uint64_t top = base_ms;\n", "	static uint64_t dice;\n	uint64_t top = base_ms + dice++ % 2;\n"],
];

const flags = ["-std=gnu17", "-D_GNU_SOURCE", "-DCHANGES_A_TIME=3", "-DRELINK_VERSION=\"sim\"", "-O1", "-w", `-I${root}/core`, `-I${root}/include`,
	`-I${here}`];
const folders = ["core/engine", "core/policy", "core/record", "core/base"];

async function sources() {
	const list = [];
	for (const folder of folders)
		for (const f of await readdir(path.join(root, folder)))
			if (f.endsWith(".c")) list.push(path.join(folder, f));
	list.push("core/out/bus.c", "core/out/event_json.c", "core/out/metrics_text.c", "core/api/command.c");
	for (const f of await readdir(here)) if (f.endsWith(".c")) list.push(path.join("tests/sim", f));
	return list;
}

const link = (program, objects) => run("gcc", ["-o", program, ...objects, "-Wl,--wrap=account_step", "-ljansson"]);
const objectOf = (file) => path.join(work, file.replaceAll("/", "_").replace(/\.c$/, ".o"));

async function pooled(items, fn) {
	const queue = [...items];
	await Promise.all(Array.from({ length: cores }, async () => {
		for (let item; (item = queue.shift()) !== undefined;) await fn(item);
	}));
}

async function survives(program, args = ["--steps", "2400000", "--seeds", "8"]) {
	try {
		await run(program, args, { timeout: 240000 });
		return true;
	} catch (e) {
		const said = /BROKEN: ([^:\n]*)|bug: ([^\n]*)/.exec(e.stderr ?? "");
		return said ? { by: said[1] ?? `must(${said[2].slice(0, 60)})` } : { by: `signal ${e.signal}` };
	}
}

async function tryMutant([name, file, from, to, args], index, objects) {
	const text = await readFile(path.join(root, "core", file), "utf8");
	if (text.split(from).length !== 2)
		return `${name}: its text is ${text.includes(from) ? "not unique" : "gone"} in core/${file}`;
	if (some && index % 5 !== 0) return null;
	ran++;
	const source = path.join(work, `mutant${index}.c`), object = source.replace(/c$/, "o");
	const program = path.join(work, `mutant${index}`);
	await writeFile(source, text.replace(from, () => to));
	await run("gcc", [...flags, "-c", source, "-o", object]);
	await link(program, [...objects.filter((o) => o !== objectOf(`core/${file}`)), object]);
	const result = await survives(program, args);
	if (result === true) return `${name}: survived`;
	const may = watchers(name);

	if (may !== null && !may.includes(result.by))
		return `${name}: caught by "${result.by}", which its line in README.md does not name`;
	console.log(`caught  ${name}  (${result.by})`);
	return null;
}

await mkdir(work, { recursive: true });
const files = await sources();
await pooled(files, (f) => run("gcc", [...flags, "-c", path.join(root, f), "-o", objectOf(f)]));
const objects = files.map(objectOf);
const sound = path.join(work, "sound");
await link(sound, objects);
await run(sound, ["--steps", "200000"]);
const failures = [];
let ran = 0;
const chosen = mutants.filter((m) => !only || m[0] === only);
await pooled(chosen.entries(), async ([i, m]) => {
	const bad = await tryMutant(m, i, objects);
	if (bad) failures.push(bad);
});
for (const f of failures) console.error(`FAILED  ${f}`);
console.log(`${ran} of ${chosen.length} mutants run, ${failures.length} not caught`);
process.exit(failures.length > 0 || ran === 0 ? 1 : 0);
