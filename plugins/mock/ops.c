/*
 * ops.c - create, disconnect, health and list, as a remote service would take them.
 *
 * Each runs the same way: look which fault it meets, decide, write the line, answer.  What is
 * written has happened, whatever the answer says.
 */
#include <errno.h>
#include <stdlib.h>

#include "instance.h"
#include "wreck.h"

/* More than this many sessions make no useful test; it bounds our memory. */
#define SESSIONS_MAX 1000000u

static void refuse(struct turn *t, int error)
{
	t->answer->result = (struct relink_result){ .size = sizeof t->answer->result };
	answer_set(t->answer, error == -ENOMEM ? RELINK_INTERNAL : RELINK_PROVIDER_DOWN, "%s",
		   t->backend->error);
	t->answer->result.unknown = error == -ENOMEM;
	answer_send(t->answer, 0);
}

/* The "mock" member of the metadata in a form that can be compared; *ret_json NULL: none.  False: it
 * is no script, and the operation was answered so. */
static bool read_metadata(struct turn *t, char **ret_json)
{
	struct relink_str text = t->req->metadata;
	json_t *metadata = NULL, *mock = NULL;
	struct script trial;
	char why[200];
	bool ok = true;

	*ret_json = NULL;
	if (text.n > 0 && memmem(text.p, text.n, "\"mock\"", 6) != NULL) {
		metadata = json_loadb(text.p, text.n, 0, NULL);
		mock = json_object_get(metadata, "mock");
	}
	if (mock != NULL) {
		script_clear(&trial);
		ok = script_merge(&trial, mock, false, why, sizeof why);
		if (ok)
			*ret_json = json_dumps(mock, JSON_COMPACT | JSON_SORT_KEYS);
	}
	json_decref(metadata);
	if (!ok) {
		answer_set(t->answer, RELINK_MISCONFIGURED, "metadata.mock: %s", why);
		answer_send(t->answer, 0);
	}
	return ok;
}

/* New metadata take the place of what was scripted for the account.  The counts of unchanged ones go
 * on from one create to the next. */
static bool take_metadata(struct turn *t)
{
	struct backend *b = t->backend;
	const char *base = t->account != NULL ? t->account->base : NULL;
	char *json;
	int r = 0;

	if (!read_metadata(t, &json))
		return false;
	if (strcmp(json != NULL ? json : "", base != NULL ? base : "") != 0) {
		backend_line(b, "behave");
		line_str(&b->out, "account", t->req->account);
		line_word(&b->out, "from", "metadata");
		line_word(&b->out, "json", json);
		backend_line_stop(b);
		r = backend_say(b);
		t->account = world_account(t->world, t->req->account);
	}
	free(json);
	if (r < 0)
		refuse(t, r);
	return r == 0;
}

bool turn_begin(struct turn *t, enum op op, void *self, const struct relink_request *req)
{
	struct instance *in = self;
	int r;

	*t = (struct turn){ .in = in,
			    .backend = &in->backend,
			    .world = &in->backend.world,
			    .req = req,
			    .op = op,
			    .result = "ok" };
	t->answer = answer_new(in, req->op);
	if (t->answer == NULL)
		return false;
	instance_greet(in);
	r = backend_begin(t->backend);
	if (r < 0) {
		refuse(t, r);
		return false;
	}
	t->account = world_account(t->world, req->account);
	if (op == OP_CREATE && !take_metadata(t)) {
		backend_end(t->backend);
		return false;
	}
	t->fault = world_is_down(t->world) ? FAULT_DOWN
					   : layers_fault(world_layers(t->world, t->account), op);
	if (t->fault == FAULT_WRECK)
		t->wreck = layers_wreck(world_layers(t->world, t->account), op);
	return true;
}

bool turn_arrives(struct turn *t)
{
	enum relink_cause cause;

	switch (t->fault) {
	case FAULT_DOWN:
		answer_set(t->answer, RELINK_NETWORK, "connect ECONNREFUSED (verb down)");
		t->result = cause_name(RELINK_NETWORK);
		return false;
	case FAULT_NEVER_ANSWER:
		t->result = "lost";
		return false;
	case FAULT_WRECK:
		if (!wreck_is_deadly(t->wreck))
			return true;
		t->result = "lost";
		return false;
	case FAULT_FAIL:
		cause = layers_fail_cause(world_layers(t->world, t->account), t->op,
					  &t->answer->result.retry_after_ms);
		answer_set(t->answer, cause, "%s (scripted)", cause_text(cause));
		t->result = cause_name(cause);
		return false;
	default:
		return true;
	}
}

void turn_line(struct turn *t)
{
	struct text *out = &t->backend->out;

	backend_line(t->backend, op_name(t->op));
	line_str(out, "account", t->req->account);
	line_str(out, "session", t->req->session);
	if (t->op != OP_LIST)
		line_u64(out, "gen", t->req->generation);
	line_word(out, "result", t->result);
	if (t->fault != FAULT_NONE)
		line_word(out, "fault", fault_name(t->fault));
	if (t->fault == FAULT_WRECK)
		line_word(out, "wreck", wreck_name(t->wreck));
}

bool turn_write(struct turn *t)
{
	int r;

	backend_line_stop(t->backend);
	r = backend_say(t->backend);
	backend_end(t->backend);
	if (r < 0)
		refuse(t, r);
	instance_wake(t->in);
	return r == 0;
}

void turn_answer(struct turn *t, uint64_t ms)
{
	switch (t->fault) {
	case FAULT_NEVER_ANSWER:
	case FAULT_LOSE_REPLY:
		answer_withhold(t->answer);
		return;
	case FAULT_UNKNOWN:
		answer_set(t->answer, RELINK_NETWORK, "the connection ended before the answer");
		t->answer->result.unknown = 1;
		break;
	case FAULT_WRECK:
		if (wreck_is_answer(t->wreck))
			ms = wreck_answer(t->answer, t->wreck, t->req->deadline_ms, ms);
		else
			wreck_process(t->in, t->wreck, wreck_size(t->wreck), t->req->session,
				      t->req->generation);
		break;
	default:
		break;
	}
	answer_send(t->answer, ms);
}

/* --- create --- */

/* A fenced service ends the account's lives before a new one begins. */
static bool is_fenced_off(const struct turn *t, const struct life *l)
{
	return t->in->fenced && l->generation < t->req->generation;
}

static bool is_namesake(const struct turn *t, const struct life *l)
{
	return str_is(t->req->session, l->session);
}

/* The lives that end so that this one can begin: of a fenced service those of older generations; of
 * any, a down session that has its id. */
static bool gives_way(const struct turn *t, const struct life *l)
{
	return is_fenced_off(t, l) || (is_namesake(t, l) && l->state == RELINK_STATE_DOWN);
}

/* A fence takes the create of a life that is there for what it is: the same request again. */
static bool is_there_already(struct turn *t)
{
	const struct life *l = NULL;

	if (t->in->fenced && t->account != NULL && t->req->generation == t->account->highest)
		l = life_find(t->account, t->req->session, t->req->generation);
	if (l == NULL || l->state == RELINK_STATE_DOWN)
		return false;
	t->result = "same";
	return true;
}

static bool is_stale(struct turn *t)
{
	uint64_t highest = t->account != NULL ? t->account->highest : 0;

	if (!t->in->fenced || t->account == NULL || t->req->generation > highest)
		return false;
	t->result = cause_name(RELINK_STALE);
	t->answer->result.generation = highest;
	answer_set(t->answer, RELINK_STALE, "generation %llu was seen already",
		   (unsigned long long)highest);
	return true;
}

static bool is_full(struct turn *t)
{
	int64_t capacity = layers_get(world_layers(t->world, NULL), KNOB_CAPACITY);
	size_t room = capacity > 0 ? (size_t)capacity : SESSIONS_MAX, n = t->world->n_lives;
	const struct life *l = t->account != NULL ? t->account->lives : NULL;

	for (; l != NULL; l = l->next)
		n -= gives_way(t, l);
	if (n < room)
		return false;
	t->result = cause_name(RELINK_CAPACITY);
	answer_set(t->answer, RELINK_CAPACITY, "maximum of %zu sessions reached", room);
	return true;
}

/* A browser locks its profile: nobody can open it twice. */
static bool is_locked(struct turn *t)
{
	const struct profile *p = world_profile(t->world, t->req->profile);
	uint32_t open = p != NULL ? p->open : 0;
	const struct life *l = t->account != NULL ? t->account->lives : NULL;

	for (; l != NULL; l = l->next)
		open -= l->profile == p && life_is_alive(l) && is_fenced_off(t, l);
	if (open == 0)
		return false;
	t->result = cause_name(RELINK_ENGINE_CRASH);
	answer_set(t->answer, RELINK_ENGINE_CRASH, "The browser is already running for profile %s",
		   p->name);
	return true;
}

/* As whatsapp-web.js services do, one without a fence overwrites the entry of a living session of that
 * id, which then lives on where nobody finds it. */
static void line_double(struct turn *t)
{
	const struct life *l =
	    t->account != NULL ? life_listed(t->account, t->req->session, 0) : NULL;

	if (t->in->fenced || l == NULL || !life_is_alive(l))
		return;
	backend_line_life(t->backend, "DOUBLE", l);
	backend_line_stop(t->backend);
}

static void lines_of_those_who_give_way(struct turn *t)
{
	const struct life *l = t->account != NULL ? t->account->lives : NULL;

	for (; l != NULL; l = l->next) {
		if (gives_way(t, l))
			backend_line_end(t->backend, l, "newer", RELINK_REPLACED, HOW_VANISH);
	}
}

void ops_create(void *self, const struct relink_request *req)
{
	uint64_t late = 0, ms;
	struct turn t;
	bool starts;

	if (!turn_begin(&t, OP_CREATE, self, req))
		return;
	ms = instance_delay(t.in, t.account, KNOB_CREATE_MS);
	if (t.fault == FAULT_LIE)
		t.result = "lost";
	starts = turn_arrives(&t) && t.fault != FAULT_LIE && !is_there_already(&t) && !is_stale(&t);
	if (starts)
		line_double(&t);
	starts = starts && !is_full(&t) && !is_locked(&t);
	if (starts)
		lines_of_those_who_give_way(&t);
	turn_line(&t);
	line_str(&t.backend->out, "profile", req->profile);
	line_u64(&t.backend->out, "resume", req->resume != 0);
	if (starts) {
		late = layers_timed(world_layers(t.world, t.account), KNOB_CREATE_LATE_APPLY_MS,
				    KNOB_CREATE_LATE_TIMES);
		if (late > 0)
			line_u64(&t.backend->out, "applies", t.world->now + late);
		plan_create(t.in, t.account, req->profile, t.world->now + late);
	}
	if (turn_write(&t))
		turn_answer(&t, ms > late ? ms : late);
}

/* --- disconnect --- */

struct life *turn_life(const struct turn *t)
{
	uint64_t generation = t->in->fenced ? t->req->generation : 0;

	return t->account != NULL ? life_listed(t->account, t->req->session, generation) : NULL;
}

void ops_disconnect(void *self, const struct relink_request *req)
{
	struct turn t;
	struct life *l;
	uint64_t ms;

	if (!turn_begin(&t, OP_DISCONNECT, self, req))
		return;
	ms = instance_delay(t.in, t.account, KNOB_DISCONNECT_MS);
	if (turn_arrives(&t)) {
		l = turn_life(&t);
		t.result = l == NULL ? "absent" : t.fault == FAULT_LIE ? "kept" : "ended";
		if (l != NULL && t.fault != FAULT_LIE)
			backend_line_end(t.backend, l, "disconnect", RELINK_BY_REQUEST, HOW_SILENT);
	}
	turn_line(&t);
	if (turn_write(&t))
		turn_answer(&t, ms);
}

/* --- health --- */

void ops_health(void *self, const struct relink_request *req)
{
	struct turn t;
	const struct life *l;
	uint64_t ms;

	if (!turn_begin(&t, OP_HEALTH, self, req))
		return;
	ms = instance_delay(t.in, t.account, KNOB_HEALTH_MS);
	if (turn_arrives(&t)) {
		l = t.fault == FAULT_LIE ? NULL : turn_life(&t);
		t.answer->result.state =
		    l != NULL ? (enum relink_state)l->state : RELINK_STATE_UNKNOWN;
		t.result = state_name(t.answer->result.state);
		if (t.fault == FAULT_LIE)
			t.answer->result.state = RELINK_STATE_CONNECTED;
		else if (l == NULL)
			answer_set(t.answer, RELINK_GONE, "Session not found");
		else if (l->state == RELINK_STATE_DOWN)
			answer_set(t.answer, (enum relink_cause)l->cause, "%s",
				   cause_text((enum relink_cause)l->cause));
	}
	turn_line(&t);
	if (turn_write(&t))
		turn_answer(&t, ms);
}

/* --- list --- */

static size_t count_listed(const struct world *w)
{
	struct life *l = NULL;
	size_t n = 0;

	while ((l = world_next_life(w, l)) != NULL)
		n += life_is_listed(l);
	return n;
}

static void tell_one(struct turn *t, const struct life *l)
{
	const struct relink_host *host = t->in->host;
	char phone[PHONE_BYTES] = "";
	struct relink_session s = { .size = sizeof s,
				    .session = str_of(l->session),
				    .account = str_of(l->account->id),
				    .generation = l->generation,
				    .state = (enum relink_state)l->state };

	if (l->state == RELINK_STATE_CONNECTED)
		instance_phone(t->in, l->account, phone);
	s.phone = str_of(phone);
	if (l->state == RELINK_STATE_DOWN) {
		s.cause = (enum relink_cause)l->cause;
		s.text = str_of(cause_text(s.cause));
	}
	host->listed(host, t->req->op, &s);
}

static void tell_first(struct turn *t, size_t n)
{
	struct life *l = NULL;

	while (n > 0 && (l = world_next_life(t->world, l)) != NULL) {
		if (life_is_listed(l)) {
			tell_one(t, l);
			n--;
		}
	}
}

void ops_list(void *self, const struct relink_request *req)
{
	struct turn t;
	size_t n = 0;
	uint64_t ms;

	if (!turn_begin(&t, OP_LIST, self, req))
		return;
	ms = instance_delay(t.in, NULL, KNOB_LIST_MS);
	if (turn_arrives(&t)) {
		t.answer->result.complete = t.fault != FAULT_PARTIAL;
		if (t.fault == FAULT_EMPTY_ERROR) {
			t.result = cause_name(RELINK_PROVIDER_DOWN);
			answer_set(t.answer, RELINK_PROVIDER_DOWN, "Internal Server Error");
		} else {
			n = count_listed(t.world);
		}
		n = t.fault == FAULT_PARTIAL ? n / 2 : n;
	}
	turn_line(&t);
	line_u64(&t.backend->out, "n", n);
	line_u64(&t.backend->out, "complete", (uint64_t)t.answer->result.complete);
	if (!turn_write(&t))
		return;
	memcpy(t.answer->boot_id, t.world->boot_id, sizeof t.answer->boot_id);
	t.answer->result.boot_id = str_of(t.answer->boot_id);
	tell_first(&t, n);
	turn_answer(&t, ms);
}
