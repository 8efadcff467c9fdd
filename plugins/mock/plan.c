/*
 * plan.c - the whole course of a session, worked out when it is created or scanned.
 *
 * Latencies, jitter and scripts go in, absolute times come out and are written.  From then on the
 * line is all that anybody needs to know what the session is at any moment.
 */
#include "instance.h"

static void plan_drop(struct instance *in, uint64_t at, enum relink_cause cause, enum how how)
{
	struct text *out = &in->backend.out;

	line_u64(out, "drop", at);
	line_word(out, "cause", cause_name(cause));
	line_word(out, "how", how_name(how));
}

/* Connected at `at`, and perhaps dropped a scripted while later. */
static void plan_up(struct instance *in, struct account *a, uint64_t at)
{
	struct layers l = world_layers(&in->backend.world, a);
	uint64_t after = layers_timed(l, KNOB_DROP_AFTER_MS, KNOB_DROP_TIMES);

	line_u64(&in->backend.out, "up", at);
	if (after > 0)
		plan_drop(in, at + after, (enum relink_cause)layers_get(l, KNOB_DROP_CAUSE),
			  (enum how)layers_get(l, KNOB_DROP_HOW));
}

static void plan_pairing(struct instance *in, struct account *a, uint64_t begins)
{
	struct text *out = &in->backend.out;
	uint64_t qr = begins + instance_delay(in, a, KNOB_QR_MS);
	uint64_t scan = instance_delay(in, a, KNOB_SCAN_MS);

	line_u64(out, "qr", qr);
	line_u64(out, "refresh",
		 (uint64_t)layers_get(world_layers(&in->backend.world, a), KNOB_QR_REFRESH));
	if (scan > 0) {
		line_u64(out, "scan", qr + scan);
		plan_up(in, a, qr + scan + instance_delay(in, a, KNOB_AUTH_MS));
	}
}

void plan_create(struct instance *in, struct account *a, struct relink_str profile, uint64_t begins)
{
	enum login login = instance_login(in, profile);
	uint64_t resumed = begins + instance_delay(in, a, KNOB_RESUME_MS);

	line_word(&in->backend.out, "login", login_name(login));
	switch (login) {
	case LOGIN_NONE:
		plan_pairing(in, a, begins);
		break;
	case LOGIN_GOOD:
		plan_up(in, a, resumed);
		break;
	case LOGIN_REVOKED:
		plan_drop(in, resumed, RELINK_LOGGED_OUT, HOW_VANISH);
		break;
	}
}

void plan_scan(struct instance *in, const struct life *l)
{
	uint64_t up = in->backend.world.now + instance_delay(in, l->account, KNOB_AUTH_MS);

	if (l->up == 0) {
		plan_up(in, l->account, up);
		return;
	}
	/* a person was faster than the script: what was to follow follows sooner */
	line_u64(&in->backend.out, "up", up);
	if (l->drop != 0)
		plan_drop(in, up + (l->drop - l->up), (enum relink_cause)l->drop_cause,
			  (enum how)l->drop_how);
}
