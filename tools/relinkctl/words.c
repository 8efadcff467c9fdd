/* words.c - see words.h. */
#include "words.h"

#include "base/obj.h"

const struct status_word status_words[N_STATUSES] = {
	{ "failed", PAINT_BAD },         { "qr_scanning", PAINT_PERSON },
	{ "reconnecting", PAINT_BUSY },  { "connecting", PAINT_BUSY },
	{ "authenticated", PAINT_BUSY }, { "new", PAINT_NONE },
	{ "disconnected", PAINT_DIM },   { "connected", PAINT_GOOD },
};

static const struct {
	const char *action, *advice, *command;
} advices[] = {
	{ "scan_qr", "somebody must scan a QR code: relinkctl connect ID shows it", "connect" },
	{ "open_phone", "open WhatsApp on the phone", NULL },
	{ "check_provider", "look at the provider's service", NULL },
	{ "unblock", "WhatsApp has blocked the number: appeal in the app", NULL },
	{ "fix_config", "correct the provider's configuration", NULL },
};

unsigned status_rank(struct str status)
{
	for (unsigned i = 0; i < N_STATUSES; i++) {
		if (str_is(status, status_words[i].name))
			return i;
	}
	return N_STATUSES;
}

enum paint status_paint(struct str status)
{
	unsigned rank = status_rank(status);

	return rank < N_STATUSES ? status_words[rank].paint : PAINT_NONE;
}

enum paint health_paint(int score)
{
	if (score < 0 || score >= 90)
		return PAINT_NONE;
	return score >= 50 ? PAINT_PERSON : PAINT_BAD;
}

const char *action_advice(struct str user_action)
{
	for (size_t i = 0; i < ARRAY_LEN(advices); i++) {
		if (str_is(user_action, advices[i].action))
			return advices[i].advice;
	}
	return "";
}

const char *action_command(struct str user_action)
{
	for (size_t i = 0; i < ARRAY_LEN(advices); i++) {
		if (str_is(user_action, advices[i].action))
			return advices[i].command;
	}
	return NULL;
}
