/* instance.c - pushes what happens at the service, and keeps one timer for the next of it. */
#include "instance.h"

#include <stdio.h>

#include "logins.h"

#define CODE_BYTES 2048

static bool pushes(struct instance *in, struct account *a)
{
	return layers_get(world_layers(&in->backend.world, a), KNOB_PUSH) != 0;
}

/* The code's text, as long as somebody wants it. */
static struct relink_str code_of(struct instance *in, const struct life *l, char code[CODE_BYTES])
{
	int64_t wish = layers_get(world_layers(&in->backend.world, l->account), KNOB_QR_BYTES);
	size_t n = (size_t)snprintf(code, CODE_BYTES, "2@mock,%s,%u", l->session, l->code);

	while (wish > (int64_t)n && n < CODE_BYTES)
		code[n++] = 'x';
	return (struct relink_str){ code, n };
}

void instance_on_change(void *arg, const struct life *l)
{
	struct instance *in = arg;
	char phone[PHONE_BYTES] = "", code[CODE_BYTES];
	struct relink_session s = { .size = sizeof s,
				    .session = str_of(l->session),
				    .account = str_of(l->account->id),
				    .generation = l->generation,
				    .state = (enum relink_state)l->state };

	if (!pushes(in, l->account) || world_is_down(&in->backend.world))
		return;
	if (l->state == RELINK_STATE_DOWN) {
		s.cause = (enum relink_cause)l->cause;
		s.text = str_of(cause_text(s.cause));
	} else if (l->state == RELINK_STATE_CONNECTED) {
		instance_phone(in, l->account, phone);
		s.phone = str_of(phone);
	} else if (l->state == RELINK_STATE_QR) {
		s.qr = code_of(in, l, code);
		s.qr_expires_ms = life_code_expires_ms(l, backend_now(&in->backend));
	}
	in->host->event(in->host, &s);
}

enum login instance_login(const struct instance *in, struct relink_str profile)
{
	const struct profile *p = world_profile(&in->backend.world, profile);

	if (in->logins != NULL)
		return logins_read(in->logins, profile);
	return p != NULL ? p->login : LOGIN_NONE;
}

void instance_on_login(void *arg, const struct profile *p)
{
	struct instance *in = arg;
	int r = in->logins != NULL ? logins_write(in->logins, p->name, p->login) : 0;

	if (r < 0)
		in->host->log(in->host, RELINK_WARN, "a login cannot be written into \"%s\": %s",
			      in->logins, strerror(-r));
}

void instance_greet(struct instance *in)
{
	struct life *l = NULL;

	if (in->greeted)
		return;
	in->greeted = true;
	while ((l = world_next_life(&in->backend.world, l)) != NULL) {
		if (l->state == RELINK_STATE_QR)
			instance_on_change(in, l);
	}
}

static void on_tick(void *arg)
{
	struct instance *in = arg;

	in->tick = 0;
	in->tick_at = AGENDA_NEVER;
	instance_greet(in);
	if (backend_begin(&in->backend) == 0)
		backend_end(&in->backend);
	else
		in->host->log(in->host, RELINK_WARN, "%s", in->backend.error);
	instance_wake(in);
}

void instance_wake(struct instance *in)
{
	const struct relink_host *host = in->host;
	uint64_t now = backend_now(&in->backend);
	uint64_t next = in->greeted ? agenda_next(&in->backend.world.agenda) : 0;

	if (next == in->tick_at)
		return;
	host->timer_stop(host, in->tick);
	in->tick = 0;
	in->tick_at = AGENDA_NEVER;
	if (next == AGENDA_NEVER)
		return;
	in->tick = host->timer_start(host, next > now ? next - now : 0, on_tick, in);
	if (in->tick != 0)
		in->tick_at = next;
}

static uint64_t chance(struct instance *in)
{
	uint64_t z;

	if (!in->seeded)
		return in->host->random(in->host);
	/* splitmix64 */
	z = (in->rng += 0x9e3779b97f4a7c15ull);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

uint64_t instance_delay(struct instance *in, struct account *a, enum knob k)
{
	struct layers l = world_layers(&in->backend.world, a);
	uint64_t ms = (uint64_t)layers_get(l, k);
	uint64_t spread = ms * (uint64_t)layers_get(l, KNOB_JITTER) / 100;

	return spread > 0 ? ms - spread + chance(in) % (2 * spread + 1) : ms;
}

/* FNV-1a. */
static uint64_t hash(const char *z)
{
	uint64_t h = 0xcbf29ce484222325ull;

	for (; *z != '\0'; z++)
		h = (h ^ (unsigned char)*z) * 0x100000001b3ull;
	return h;
}

void instance_phone(struct instance *in, struct account *a, char phone[PHONE_BYTES])
{
	int64_t scripted = layers_get(world_layers(&in->backend.world, a), KNOB_PHONE);

	/* 999 is no country: nobody is called by mistake */
	if (scripted == KNOB_UNSET)
		snprintf(phone, PHONE_BYTES, "999%012llu",
			 (unsigned long long)(hash(a->id) % 1000000000000ull));
	else if (scripted == 0)
		phone[0] = '\0';
	else
		snprintf(phone, PHONE_BYTES, "%lld", (long long)scripted);
}
