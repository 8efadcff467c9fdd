/*
 * conf_fuzz.c - any bytes as a configuration: taken or refused with a sentence that can be shown.
 *
 * What is taken keeps the promises that other rooms build on, and equals itself.
 */
#include "base/limits.h"
#include "base/must.h"
#include "conf/conf.h"
#include "fuzz.h"

static void prove_refusal(int r, const struct why *why)
{
	struct str text = str_of(why->text);

	must(r == ERR_CONFIG && why->code == r);
	must(strncmp(text.p, "fuzz.yaml:", 10) == 0);
	for (size_t i = 0; i < text.n; i++)
		must((unsigned char)text.p[i] >= 0x20 && text.p[i] != 0x7f);
	/* only a sentence that was cut may end in half a character */
	must(text.n == WHY_MAX - 1 || str_is_utf8(text));
}

static void prove_pairs(const struct conf_pairs *pairs)
{
	must(pairs->n <= 64);
	for (size_t i = 0; i < pairs->n; i++) {
		must(pairs->v[i].line > 0);
		must(strlen(pairs->v[i].key) - 1 < 64 && strlen(pairs->v[i].value) <= 4096);
	}
}

static void prove_command(const struct conf_instance *in)
{
	prove_pairs(&in->command_environment);
	must(in->command.n <= 64 && (in->command.n > 0 || in->command_environment.n == 0));
	for (size_t i = 0; i < in->command.n; i++)
		must(strlen(in->command.v[i]) <= 4096);
	must(in->command.n == 0 || in->command.v[in->command.n] == NULL);
}

static void prove_provider(const struct conf_provider *p)
{
	must(str_is_id(str_of(p->name), LIMIT_PROVIDER, "-") && p->plugin[0] != '\0');
	must(p->workers >= 1 && p->workers <= p->n_instances);
	for (size_t i = 0; i < p->n_instances; i++) {
		must(str_is_id(str_of(p->instances[i].id), LIMIT_INSTANCE, "-"));
		must(p->instances[i].capacity > 0 && p->instances[i].concurrent_starts > 0);
		must(p->instances[i].config.n >= p->config.n);
		prove_pairs(&p->instances[i].config);
		prove_command(&p->instances[i]);
	}
}

static void prove_conf(const struct conf *c)
{
	must(c->backoff_base_ms > 0 && c->backoff_base_ms <= c->backoff_cap_ms);
	must(c->restart_base_ms > 0 && c->restart_base_ms <= c->restart_cap_ms);
	must(c->list_interval_ms > 0 && c->ping_interval_ms > 0 && c->http_connections > 0);
	must(c->http_body_bytes <= LIMIT_HTTP_BODY && c->state_dir[0] != '\0');
	for (unsigned i = 0; i < LOG_SUB_COUNT; i++)
		must(c->log_levels[i] < LOG_LEVELS);
	for (size_t i = 0; i < c->n_providers; i++)
		prove_provider(&c->providers[i]);
	must(conf_can_reload(c, c, NULL) == 0);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	struct conf *c = NULL;
	struct why why = { 0 };
	int r = conf_parse(&c, "fuzz.yaml", (struct str){ (const char *)data, size }, &why);

	if (r < 0)
		prove_refusal(r, &why);
	else
		prove_conf(c);
	conf_free(&c);
	return 0;
}
