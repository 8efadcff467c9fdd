/* api.c - puts the room together: key, face, server. */
#include "api/api.h"

#include <stdlib.h>

#include "api/dropin/dropin.h"
#include "api/face.h"
#include "api/key_file.h"
#include "api/server.h"
#include "base/obj.h"

struct api {
	struct face face;
	struct server *server;
};

static int start(struct api *a, struct uv_loop_s *loop, const struct api_options *o,
		 struct why *why)
{
	int r = key_file_load(&a->face.auth, o->key_file, why);

	if (r == 0)
		r = dropin_new(&a->face.dropin, &a->face, &o->dropin, why);
	if (r == 0 && o->office != NULL &&
	    endpoints_new(&a->face.endpoints, &a->face, o->office, &o->endpoints) < 0)
		r = why_set(why, ERR_NOMEM, "out of memory");
	if (r == 0 &&
	    server_new(&a->server, loop, &a->face, o->connections, o->connections_per_peer) != 0)
		r = why_set(why, ERR_NOMEM, "out of memory");
	if (r == 0)
		r = server_listen_tcp(a->server, o->listen, why);
	if (r == 0 && !hosts_init(&a->face.hosts, o->hosts, server_url(a->server), o->any_host))
		r = why_set(why, ERR_NOMEM, "out of memory");
	if (r == 0 && o->socket_path != NULL)
		r = server_listen_unix(a->server, o->socket_path, why);
	if (r == 0 && a->face.endpoints != NULL &&
	    endpoints_start(a->face.endpoints, server_url(a->server)) < 0)
		r = why_set(why, ERR_NOMEM, "out of memory");
	if (r == 0 && dropin_start(a->face.dropin, server_url(a->server)) < 0)
		r = why_set(why, ERR_NOMEM, "out of memory");
	return r;
}

int api_new(struct api **ret_api, struct uv_loop_s *loop, const struct api_options *o,
	    const struct api_port *port, struct bus *bus, struct why *why)
{
	struct api *a = calloc(1, sizeof *a);
	int r;

	if (a == NULL || face_init(&a->face, o, port, bus) != 0) {
		free(a);
		return why_set(why, ERR_NOMEM, "out of memory");
	}
	r = start(a, loop, o, why);
	if (r == 0)
		*ret_api = TAKE(a);
	api_free(&a);
	return r;
}

const char *api_address(const struct api *a)
{
	return server_url(a->server);
}

void api_stop(struct api *a, uint64_t grace_ms, void (*done)(void *ctx), void *ctx)
{
	endpoints_stop(a->face.endpoints);
	dropin_stop(a->face.dropin);
	server_stop(a->server, grace_ms, done, ctx);
}

static void on_freed(void *ctx)
{
	struct api *a = ctx;

	face_fini(&a->face);
	free(a);
}

void api_free(struct api **api)
{
	struct api *a = TAKE(*api);

	if (a == NULL)
		return;
	endpoints_stop(a->face.endpoints);
	dropin_stop(a->face.dropin);
	server_free(&a->server, on_freed, a);
}

void api_stats(const struct api *a, struct api_stats *ret_stats)
{
	*ret_stats = a->face.stats;
}
