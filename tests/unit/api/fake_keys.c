/* fake_keys.c - the keys of the fake core. */
#include "fake.h"

#include <stdio.h>
#include <string.h>

#include "api/digest.h"
#include "api/key_text.h"
#include "base/clock.h"
#include "base/must.h"
#include "base/obj.h"

struct fake_key *fake_key(struct fake *f, const char *text, enum api_role role,
			  const char *workspace)
{
	struct fake_key *k = &f->keys[f->n_keys++];
	struct str key = str_of(text);

	must(f->n_keys <= ARRAY_LEN(f->keys));
	*k = (struct fake_key){ .role = (uint8_t)role, .created_at = 1763287200000 };
	must(str_copy(k->id, sizeof k->id, key_text_id(key)));
	must(digest_of(k->digest, &key, 1));
	snprintf(k->workspace, sizeof k->workspace, "%s", workspace);
	return k;
}

static struct fake_key *key_at(struct fake *f, struct str id)
{
	for (unsigned i = 0; i < f->n_keys; i++) {
		if (str_is(id, f->keys[i].id))
			return &f->keys[i];
	}
	return NULL;
}

static void key_view_of(const struct fake_key *k, struct key_view *v)
{
	*v = (struct key_view){ .id = str_of(k->id),
				.label = str_of(k->label),
				.workspace = str_of(k->workspace),
				.digest = k->digest,
				.role = k->role,
				.created_at = k->created_at,
				.expires_at = k->expires_at,
				.revoked_at = k->revoked_at,
				.last_used_at = k->last_used_at };
}

bool fake_port_key(void *ctx, struct str id, struct key_view *ret_view)
{
	const struct fake_key *k = key_at(ctx, id);

	if (k != NULL)
		key_view_of(k, ret_view);
	return k != NULL;
}

void fake_port_keys(void *ctx, void (*each)(void *, const struct key_view *), void *arg)
{
	struct fake *f = ctx;
	struct key_view v;

	for (unsigned i = 0; i < f->n_keys; i++) {
		key_view_of(&f->keys[i], &v);
		each(arg, &v);
	}
}

void fake_port_key_used(void *ctx, struct str id)
{
	struct fake *f = ctx;

	key_at(f, id)->last_used_at = clock_ms();
	f->n_key_uses++;
}

struct command_result fake_change_key(struct fake *f, const struct command *cmd)
{
	struct fake_key *k = key_at(f, str_of(cmd->account));

	if (cmd->kind == COMMAND_KEY_REVOKE && k == NULL)
		return (struct command_result){ .code = ERR_NOTFOUND,
						.problem = "key_not_found",
						.text = STR("There is no such key.") };
	if (cmd->kind == COMMAND_KEY_REVOKE) {
		k->revoked_at = clock_ms();
		return (struct command_result){ .account = str_of(k->id) };
	}
	k = &f->keys[f->n_keys++];
	must(f->n_keys <= ARRAY_LEN(f->keys));
	*k = (struct fake_key){ .role = cmd->key_role,
				.expires_at = cmd->key_expires_at,
				.created_at = 1763287200000 };
	memcpy(k->digest, cmd->key_digest, sizeof k->digest);
	snprintf(k->id, sizeof k->id, "%s", cmd->account);
	if (cmd->label != NULL)
		snprintf(k->label, sizeof k->label, "%s", cmd->label);
	if (cmd->workspace != NULL)
		snprintf(k->workspace, sizeof k->workspace, "%s", cmd->workspace);
	return (struct command_result){ .account = str_of(k->id), .created = true };
}
