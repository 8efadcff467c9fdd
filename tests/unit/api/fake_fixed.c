/* fake_fixed.c - what the fake core says the same of every time. */
#include "fake.h"

#include <string.h>

int fake_deaths(void *ctx, unsigned slot, uint32_t limit,
		void (*each)(void *, int, const struct death_record *), void *arg)
{
	struct fake *f = ctx;
	struct death_record d = { .slot = slot,
				  .at = 1763287205000,
				  .started_at = 1763287200000,
				  .signal = 11,
				  .pid = 4711,
				  .was_ready = true,
				  .open_calls = 1,
				  .accounts = 2,
				  .provider = STR("mock"),
				  .how = STR("killed by signal 11"),
				  .report = STR("SIGSEGV\n\xff"),
				  .last_lines = STR("one\ntwo\n"),
				  .ops = STR("[{\"kind\":\"create\",\"account\":\"a\"}]") };

	if (slot > 0)
		return ERR_NOTFOUND;
	if (f->store_busy)
		return ERR_FULL;
	f->n_reads++;
	for (uint32_t i = 0; i < limit && i < 3; i++) {
		each(arg, 0, &d);
		d = (struct death_record){ .slot = slot,
					   .at = 1763287100000,
					   .kind = DEATH_REFUSED,
					   .exit_status = 78,
					   .blame = STR("it was old") };
	}
	each(arg, 0, NULL);
	return 0;
}

const char *fake_webhook(void *ctx, struct str provider, struct str id, struct why *why)
{
	(void)ctx;
	why_set(why, ERR_NOTFOUND, "the test knows nobody of that name");
	if (str_is(provider, "nobody"))
		return "not_found";
	return str_is(id, "nobody") ? "instance_not_found" : NULL;
}

void fake_policies(void *ctx, void (*each)(void *, const struct policy_view *), void *arg)
{
	struct policy p = { .max_fails = 10, .slow = { 1, 2, 3 } };
	struct policy_view v = { .provider = "mock", .policy = &p };

	(void)ctx;
	p.causes[RELINK_BANNED].then = THEN_SLOW;
	p.causes[RELINK_ENGINE_CRASH].attempts = 3;
	v.set_by[RELINK_BANNED] = SET_BY_POLICY;
	v.set_by[RELINK_ENGINE_CRASH] = SET_BY_PROVIDER;
	each(arg, &v);
}

int fake_attempts(void *ctx, uint64_t row, uint64_t before, uint32_t limit,
		  void (*each)(void *, int, const struct attempt_record *), void *arg)
{
	struct fake *f = ctx;

	if (f->store_busy)
		return ERR_FULL;
	f->n_reads++;
	for (uint64_t g = 3; g > 0 && limit > 0; g--) {
		const struct attempt_record a = { .row = row,
						  .generation = g,
						  .session = STR("s\xff"),
						  .profile = STR("p"),
						  .minted_at = 1763287200000 + g,
						  .state = g == 3 ? ATTEMPT_OPEN : ATTEMPT_GONE,
						  .begun_by = BEGUN_PERSON,
						  .begun_on = LOGIN_NEW };

		if (g >= before)
			continue;
		each(arg, 0, &a);
		limit--;
	}
	each(arg, 0, NULL);
	return 0;
}

/* One place where automation is paused, and one job. */
void fake_pauses(void *ctx, void (*each)(void *, const struct pause_view *), void *arg)
{
	static const struct pause_view paused = { .scope = "workspace",
						  .name = { "acme", 4 },
						  .reason = { "a test", 6 },
						  .since = 1700000000000 };

	(void)ctx;
	each(arg, &paused);
}

void fake_bulk(void *ctx, void (*each)(void *, const struct bulk_view *), void *arg)
{
	static const struct bulk_view job = { .id = { "bulk_0123456789ab", 17 },
					      .workspace = { "acme", 4 },
					      .ids = { "a\nb\n", 4 },
					      .action = "reconnect",
					      .state = "running",
					      .rate = 60,
					      .total = 2,
					      .left = 2,
					      .eta_s = 2 };

	(void)ctx;
	each(arg, &job);
}

void fake_bulk_count(void *ctx, const struct command *c, struct bulk_count *ret_count,
		     void (*each)(void *arg, struct str id), void *arg)
{
	struct fake *f = ctx;

	(void)c;
	*ret_count = (struct bulk_count){ 0 };
	for (size_t i = 0; i < f->n_accounts && ret_count->total < BULK_SHOWN; i++) {
		ret_count->total++;
		each(arg, str_of(f->accounts[i].id));
	}
}

bool fake_endpoint(void *ctx, struct str id, struct endpoint_view *ret_view)
{
	(void)ctx, (void)id, (void)ret_view;
	return false;
}

void fake_endpoints(void *ctx, void (*each)(void *, const struct endpoint_view *), void *arg)
{
	(void)ctx, (void)each, (void)arg;
}

bool fake_is_about_many(const struct command *cmd, struct command_result *ret_result)
{
	if (cmd->kind >= COMMAND_ENDPOINT_CREATE && cmd->kind <= COMMAND_ENDPOINT_DISABLE) {
		*ret_result = (struct command_result){ .code = ERR_NOTFOUND,
						       .problem = "webhook_not_found",
						       .text = STR("There is none.") };
		return true;
	}
	bool pause = cmd->kind == COMMAND_PAUSE || cmd->kind == COMMAND_UNPAUSE;

	if (!pause && cmd->kind != COMMAND_BULK && cmd->kind != COMMAND_BULK_CANCEL)
		return false;
	ret_result->account = pause ? STR("workspace/acme") : STR("bulk_0123456789ab");
	return true;
}

unsigned fake_workers(void *ctx, void (*each)(void *, const struct worker_view *), void *arg)
{
	const struct worker_view v = {
		.slot = 0,
		.provider = "mock",
		.state = "ready",
		.plugin = STR("mock"),
		.version = STR("0.1.0"),
		.sandbox = STR("landlock 7, seccomp"),
		.pid = 4711,
		.instances = STR("mock-1,mock-2"),
		.last_death = STR("killed by signal 9"),
	};

	(void)ctx;
	each(arg, &v);
	return 1;
}

void fake_totals(void *ctx, void (*each)(void *, const struct totals_view *), void *arg)
{
	struct totals_view v = { .provider = "mock" };
	const struct fake *f = ctx;

	for (size_t i = 0; i < f->n_accounts; i++) {
		for (unsigned s = 0; s < STATUS_COUNT; s++)
			v.status[s] += strcmp(f->accounts[i].status, status_name(s)) == 0;
	}
	each(arg, &v);
	each(arg, &(struct totals_view){ .provider = NULL });
}

bool fake_instance(void *ctx, struct str id, struct instance_view *v)
{
	const struct fake *f = ctx;

	if (!str_is(id, "mock-1"))
		return false;
	*v = (struct instance_view){ .id = STR("mock-1"),
				     .provider = "mock",
				     .state = !f->drained   ? "up"
					      : f->open > 0 ? "draining"
							    : "drained",
				     .reachable = true,
				     .up_since = 1763287200000,
				     .drained_at = f->drained ? 1763287201000 : 0,
				     .boot_id = STR("b1"),
				     .capacity = 10,
				     .accounts = 3,
				     .open = f->open,
				     .listed_at = 1763287202000,
				     .list_age_ms = 7 };
	return true;
}
