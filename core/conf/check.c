/* check.c - what holds between keys. */
#include "base/obj.h"
#include "conf/address.h"
#include "conf/bind.h"
#include "conf/value.h"

#define SOCKET_NAME     "relink.sock"
#define SOCKET_PATH_MAX 107 /* a sockaddr_un's path has 108 bytes with its NUL */

/* The first of the two that the file sets; one of them it does, or both are defaults and agree. */
static const struct node *written(const struct node *root, const char *path, const char *or_path)
{
	const struct node *n = tree_at(root, path);

	return n != NULL ? n : tree_at(root, or_path);
}

static int check_order(struct binder *b, const struct node *root, const char *low, const char *high)
{
	const struct key *kl = key_find(low), *kh = key_find(high);
	const uint64_t *vl = key_value(kl, b->conf), *vh = key_value(kh, b->conf);
	struct buf text;
	int r;

	if (*vl <= *vh)
		return 0;
	buf_init(&text, 256);
	buf_printf(&text, "%s (", low);
	value_write(&text, kl, vl);
	buf_printf(&text, ") must not be longer than %s (", high);
	value_write(&text, kh, vh);
	buf_byte(&text, ')');
	r = text.failed != 0 ? source_no_memory(b->src)
			     : source_complain_line(b->src, written(root, low, high)->line, "%.*s",
						    STR_ARG(buf_all(&text)));
	buf_fini(&text);
	return r;
}

/* Bind to loopback unless somebody said twice that it shall be otherwise. */
static int check_listen(struct binder *b, const struct node *root)
{
	struct address a;

	must(address_read(str_of(b->conf->http_listen), &a));
	if (a.loopback || b->conf->http_allow_remote)
		return 0;
	return source_complain(
	    b->src, written(root, "http.listen", "http"),
	    "other machines can reach %s: set http.allow_remote to true, or listen on 127.0.0.1",
	    b->conf->http_listen);
}

/* Names and addresses, without scheme, port and path. */
static int check_hosts(struct binder *b, const struct node *root)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.-_ ";
	const char *hosts = b->conf->http_hosts;

	if (hosts == NULL || strspn(hosts, allowed) == strlen(hosts))
		return 0;
	return source_complain(
	    b->src, written(root, "http.hosts", "http"),
	    "write names with spaces between them, without https:// and port, for "
	    "example relink.example.com");
}

static int check_socket(struct binder *b, const struct node *root)
{
	const struct conf *c = b->conf;

	if (c->http_socket != NULL || strlen(c->state_dir) + sizeof SOCKET_NAME <= SOCKET_PATH_MAX)
		return 0;
	return source_complain(
	    b->src, written(root, "state_dir", ""),
	    "too long for the unix socket %s in it (set http.socket, of at most %d bytes)",
	    SOCKET_NAME, SOCKET_PATH_MAX);
}

static bool has_provider(const struct conf *c, const char *name)
{
	for (size_t i = 0; i < c->n_providers; i++) {
		if (name == NULL || strcmp(c->providers[i].name, name) == 0)
			return true;
	}
	return false;
}

static int check_dropin(struct binder *b, const struct node *root)
{
	const struct conf *c = b->conf;

	if (c->dropin_key != NULL && c->dropin_key_file != NULL)
		return source_complain(b->src, written(root, "dropin.api_key_file", "dropin"),
				       "dropin.api_key is set too (keep one of the two)");
	if (c->dropin_provider != NULL && !has_provider(c, c->dropin_provider))
		return source_complain(b->src, written(root, "dropin.provider", "dropin"),
				       "there is no provider \"%s\" under providers",
				       c->dropin_provider);
	if ((c->dropin_key != NULL || c->dropin_key_file != NULL) && !has_provider(c, NULL))
		return source_complain(b->src,
				       written(root, "dropin.api_key", "dropin.api_key_file"),
				       "accounts need a provider (write one under providers)");
	return 0;
}

/* A URL of a server and nothing else: http or https, no user, no fragment, nothing to escape. */
static bool url_is_good(struct str url)
{
	static const char *const schemes[] = { "http://", "https://" };
	size_t at = 0;
	uint64_t port;

	for (size_t i = 0; i < ARRAY_LEN(schemes) && at == 0; i++) {
		size_t n = strlen(schemes[i]);

		at = url.n > n && memcmp(url.p, schemes[i], n) == 0 ? n : 0;
	}
	for (size_t i = 0; i < url.n; i++) {
		if (url.p[i] <= ' ' || url.p[i] > '~' || url.p[i] == '#')
			return false;
	}
	url = (struct str){ url.p + at, url.n - at };
	for (size_t i = 0; i < url.n; i++) {
		if (strchr("/?", url.p[i]) != NULL)
			url.n = i;
	}
	if (at == 0 || memchr(url.p, '@', url.n) != NULL)
		return false;
	for (size_t i = url.n; i > 0 && url.p[i - 1] != ']'; i--) {
		if (url.p[i - 1] != ':')
			continue;
		if (!str_to_u64((struct str){ url.p + i, url.n - i }, 65535, &port) || port == 0)
			return false;
		url.n = i - 1;
	}
	return url.n > 0 && url.p[0] != ':';
}

static int check_webhook(struct binder *b, const struct node *root)
{
	const struct conf *c = b->conf;

	if (c->dropin_webhook_secret != NULL && c->dropin_webhook_secret_file != NULL)
		return source_complain(b->src,
				       written(root, "dropin.webhook_secret_file", "dropin"),
				       "dropin.webhook_secret is set too (keep one of the two)");
	if (c->dropin_webhook_url == NULL &&
	    (c->dropin_webhook_secret != NULL || c->dropin_webhook_secret_file != NULL))
		return source_complain(
		    b->src, written(root, "dropin.webhook_secret", "dropin.webhook_secret_file"),
		    "nothing is sent that it would sign: set dropin.webhook_url, too, or leave "
		    "the secret out");
	if (c->dropin_webhook_url == NULL)
		return 0;
	if (!url_is_good(str_of(c->dropin_webhook_url)))
		return source_complain(b->src, written(root, "dropin.webhook_url", "dropin"),
				       "not a URL that events can be sent to (write http:// or "
				       "https://, a host and a path; no user and no #)");
	if (c->dropin_webhook_secret == NULL && c->dropin_webhook_secret_file == NULL)
		return source_complain(b->src, written(root, "dropin.webhook_url", "dropin"),
				       "events are signed: set dropin.webhook_secret or "
				       "dropin.webhook_secret_file, too");
	if (c->dropin_key == NULL && c->dropin_key_file == NULL)
		return source_complain(b->src, written(root, "dropin.webhook_url", "dropin"),
				       "only accounts of the drop-in face have such events: set "
				       "dropin.api_key, too");
	return 0;
}

int check_conf(struct binder *b, const struct node *root)
{
	static const struct {
		const char *low, *high;
	} ordered[] = {
		{ "policy.backoff_base", "policy.backoff_cap" },
		{ "policy.slow_first", "policy.slow_second" },
		{ "policy.slow_second", "policy.slow_last" },
		{ "incident.probe_interval", "incident.probe_cap" },
		{ "worker.restart_base", "worker.restart_cap" },
	};
	int r = 0;

	for (size_t i = 0; i < ARRAY_LEN(ordered) && r == 0; i++)
		r = check_order(b, root, ordered[i].low, ordered[i].high);
	if (r == 0)
		r = check_causes(b, root);
	if (r == 0)
		r = check_listen(b, root);
	if (r == 0)
		r = check_hosts(b, root);
	if (r == 0)
		r = check_dropin(b, root);
	if (r == 0)
		r = check_webhook(b, root);
	return r < 0 ? r : check_socket(b, root);
}
