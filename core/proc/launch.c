/* launch.c - see launch.h. */
#include "proc/launch.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/obj.h"

#define USUAL_PATH "/usr/local/bin:/usr/bin:/bin"

static const char *const handed_on[] = { "PATH", "LANG", "TZ" };

static const char *var_of(const struct service_spec *s, const char *name)
{
	for (size_t i = 0; i < s->n_vars; i++) {
		if (strcmp(s->vars[i].name, name) == 0)
			return s->vars[i].value;
	}
	return NULL;
}

/* ---- environment ---- */

static bool env_put(struct launch *l, const char *name, const char *value)
{
	char *both;

	if (asprintf(&both, "%s=%s", name, value) < 0)
		return false;
	l->envp[l->n_envp++] = both;
	return true;
}

/* Unless the configuration has its own. */
static bool env_default(struct launch *l, const struct service_spec *s, const char *name,
			const char *value)
{
	return value == NULL || var_of(s, name) != NULL || env_put(l, name, value);
}

static bool make_environment(struct launch *l, const struct service_spec *s,
			     const struct passwd *pw)
{
	bool ok;

	l->envp = calloc(s->n_vars + ARRAY_LEN(handed_on) + 4, sizeof *l->envp);
	ok = l->envp != NULL;
	for (size_t i = 0; i < ARRAY_LEN(handed_on); i++)
		ok = ok && env_default(l, s, handed_on[i], getenv(handed_on[i]));
	if (pw != NULL)
		ok = ok && env_default(l, s, "HOME", pw->pw_dir) &&
		     env_default(l, s, "USER", pw->pw_name) &&
		     env_default(l, s, "LOGNAME", pw->pw_name);
	for (size_t i = 0; i < s->n_vars; i++)
		ok = ok && env_put(l, s->vars[i].name, s->vars[i].value);
	return ok;
}

/* ---- user ---- */

static int find_groups(struct launch *l, const struct passwd *pw, struct why *why)
{
	int n = 16;

	for (;;) {
		gid_t *more = reallocarray(l->groups, (size_t)n, sizeof *more);
		int had = n;

		if (more == NULL)
			return why_set(why, ERR_UNAVAILABLE, "no memory for the groups of %s",
				       pw->pw_name);
		l->groups = more;
		if (getgrouplist(pw->pw_name, pw->pw_gid, more, &n) >= 0)
			break;
		if (n <= had)
			n = had * 2;
	}
	l->user = (struct gate_user){
		.uid = pw->pw_uid, .gid = pw->pw_gid, .groups = l->groups, .n_groups = (size_t)n
	};
	l->gate.user = &l->user;
	return 0;
}

static int find_user(struct launch *l, const struct service_spec *s, const struct passwd **ret_pw,
		     struct why *why)
{
	const struct passwd *pw = s->user != NULL ? getpwnam(s->user) : getpwuid(geteuid());

	*ret_pw = pw;
	if (s->user == NULL)
		return 0; /* without an entry we just have no name */
	if (pw == NULL)
		return why_set(why, ERR_CONFIG, "there is no user \"%s\" on this machine", s->user);
	return pw->pw_uid != geteuid() ? find_groups(l, pw, why) : 0;
}

/* ---- program ---- */

/* Whether the user may run it shows when it does. */
static bool is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

static int find_program(struct launch *l, const struct service_spec *s, struct why *why)
{
	const char *name = s->argv[0], *path = var_of(s, "PATH");

	if (path == NULL)
		path = getenv("PATH");
	if (path == NULL)
		path = USUAL_PATH;
	if (name[0] == '/') {
		snprintf(l->program, sizeof l->program, "%s", name);
		return is_there(name) ? 0
				      : why_set(why, ERR_CONFIG,
						"there is no program %s; install it, or correct "
						"the command",
						name);
	}
	for (const char *p = path; *p != '\0';) {
		size_t n = strcspn(p, ":");

		snprintf(l->program, sizeof l->program, "%.*s/%s", (int)n, p, name);
		if (n > 0 && access(l->program, X_OK) == 0)
			return 0;
		p += n + (p[n] == ':');
	}
	return why_set(why, ERR_CONFIG,
		       "there is no program \"%s\" in %s; install it, or write its whole path",
		       name, path);
}

int launch_init(struct launch *l, const struct service_spec *s, struct why *why)
{
	const struct passwd *pw;
	int r;

	*l = (struct launch){ .gate = { .program = l->program,
					.argv = (char *const *)s->argv,
					.directory = s->directory != NULL ? s->directory : "/",
					.out = -1 } };
	r = find_user(l, s, &pw, why);
	if (r == 0)
		r = find_program(l, s, why);
	if (r == 0 && !make_environment(l, s, pw))
		r = why_set(why, ERR_UNAVAILABLE, "no memory to start %s", l->program);
	l->gate.envp = l->envp;
	return r;
}

void launch_fini(struct launch *l)
{
	for (size_t i = 0; i < l->n_envp; i++)
		free(l->envp[i]);
	free(l->envp);
	free(l->groups);
}

static uint64_t mix(uint64_t h, const char *z)
{
	return (h ^ str_hash(str_of(z))) * 0x9e3779b97f4a7c15u + 1;
}

uint64_t launch_hash(const struct service_spec *s)
{
	uint64_t h = 0;

	for (size_t i = 0; s->argv[i] != NULL; i++)
		h = mix(h, s->argv[i]);
	h = mix(mix(h, s->directory), s->user);
	for (size_t i = 0; i < s->n_vars; i++)
		h = mix(mix(h, s->vars[i].name), s->vars[i].value);
	return h;
}
