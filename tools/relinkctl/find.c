/* find.c - see find.h. */
#include "find.h"

#include <string.h>

#include "base/near.h"
#include "base/obj.h"

static bool is_of(const struct command *cmd, const char *noun)
{
	return noun == NULL ? cmd->noun == NULL : cmd->noun != NULL && strcmp(cmd->noun, noun) == 0;
}

bool find_is_noun(const char *word)
{
	const struct command *cmd;

	for (size_t i = 0; (cmd = command_at(i)) != NULL; i++) {
		if (cmd->noun != NULL && strcmp(cmd->noun, word) == 0)
			return true;
	}
	return false;
}

static const struct command *find(const char *noun, const char *name)
{
	const struct command *cmd;

	for (size_t i = 0; (cmd = command_at(i)) != NULL; i++) {
		if (is_of(cmd, noun) && strcmp(cmd->name, name) == 0)
			return cmd;
	}
	return NULL;
}

static const struct command *find_alias(const char *alias)
{
	const struct command *cmd;

	for (size_t i = 0; (cmd = command_at(i)) != NULL; i++) {
		if (cmd->alias != NULL && strcmp(cmd->alias, alias) == 0)
			return cmd;
	}
	return NULL;
}

const struct command *find_command(char *const *words, unsigned n, unsigned *ret_taken)
{
	const char *noun = n > 0 && find_is_noun(words[0]) ? words[0] : NULL;
	const struct command *cmd;

	*ret_taken = MIN_OF(n, noun != NULL ? 2u : 1u);
	if (n == 0 || (noun != NULL && n < 2))
		return NULL;
	cmd = find(noun, words[*ret_taken - 1]);
	if (cmd == NULL && noun == NULL)
		cmd = find("account", words[0]);
	if (cmd == NULL && noun == NULL)
		cmd = find_alias(words[0]);
	return cmd;
}

const char *find_nearest(const char *noun, const char *word)
{
	struct near near = { .written = str_of(word) };
	const struct command *cmd;

	for (size_t i = 0; (cmd = command_at(i)) != NULL; i++) {
		if (is_of(cmd, noun) || (noun == NULL && is_of(cmd, "account")))
			near_try(&near, cmd->name);
		if (noun == NULL && cmd->noun != NULL)
			near_try(&near, cmd->noun);
		if (noun == NULL && cmd->alias != NULL)
			near_try(&near, cmd->alias);
	}
	return near.word;
}

struct str find_arg(const struct command *cmd, unsigned i)
{
	const char *at = cmd->args;

	for (; i > 0 && *at != '\0'; i--) {
		at += strcspn(at, " ");
		at += strspn(at, " ");
	}
	return (struct str){ at, strcspn(at, " ") };
}
