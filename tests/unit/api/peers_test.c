/* peers_test.c - where clients come from and what they call us: addresses, shares, hosts. */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "api/hosts.h"
#include "api/peer.h"
#include "api/shares.h"
#include "base/obj.h"
#include "world.h"

static struct peer peer(const char *text)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		return peer_of((struct sockaddr *)&v4);
	assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
	return peer_of((struct sockaddr *)&v6);
}

static void addresses_are_told_apart(void **state)
{
	static const struct {
		const char *address, *text;
		bool local;
	} cases[] = {
		{ "127.0.0.1", "127.0.0.1", true },
		{ "127.9.9.9", "127.9.9.9", true },
		{ "::1", "::1", true },
		{ "::ffff:127.0.0.1", "127.0.0.1", true },
		{ "192.0.2.7", "192.0.2.7", false },
		{ "::ffff:192.0.2.7", "192.0.2.7", false },
		{ "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", false },
	};
	struct sockaddr unix_peer = { .sa_family = AF_UNIX };
	struct peer a = peer("2001:db8:1:2::1"), b = peer("2001:db8:1:2:ffff::");
	struct peer c = peer("2001:db8:1:3::1"), none = peer_of(&unix_peer);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct peer p = peer(cases[i].address);
		char text[PEER_TEXT];

		peer_text(&p, text);
		assert_string_equal(text, cases[i].text);
		assert_int_equal(peer_is_local(&p), cases[i].local);
	}
	assert_memory_equal(&a, &b, sizeof a);
	assert_memory_not_equal(&a, &c, sizeof a);
	assert_true(peer_is_local(&none));
}

static void shares_are_counted_and_forgotten(void **state)
{
	struct shares s = { 0 };
	struct peer one = peer("192.0.2.1"), two = peer("192.0.2.2");

	(void)state;
	assert_int_equal(shares_add(&s, &one), 1);
	assert_int_equal(shares_add(&s, &one), 2);
	assert_int_equal(shares_add(&s, &two), 1);
	shares_remove(&s, &one);
	assert_int_equal(shares_add(&s, &one), 2);
	shares_remove(&s, &one);
	shares_remove(&s, &one);
	shares_remove(&s, &two);
	assert_null(s.peers);
}

static void hosts_are_ours_or_not(void **state)
{
	static const struct {
		const char *host;
		bool ours;
	} cases[] = {
		{ "localhost", true },
		{ "LOCALHOST:8840", true },
		{ "localhost.", true },
		{ "app.localhost:1", true },
		{ "127.0.0.1", true },
		{ "127.1.2.3:80", true },
		{ "[::1]", true },
		{ "[::1]:8840", true },
		{ "192.0.2.5", true }, /* where it listens */
		{ "192.0.2.5:8840", true },
		{ "relink.example.com", true },
		{ "Relink.Example.COM:443", true },
		{ "relink.example.com.", true },
		{ "b", true },
		{ "evil.example.com", false },
		{ "example.com", false },
		{ "xrelink.example.com", false },
		{ "relink.example.com.evil.net", false },
		{ "localhost.evil.net", false },
		{ "127.0.0.1.evil.net", false },
		{ "127.0.0.1evil.net", false },
		{ "127.1", false },
		{ "2130706433", false },
		{ "0.0.0.0", false },
		{ "[::]", false },
		{ "[::1", false },
		{ "192.0.2.6", false },
		{ ".localhost", false },
		{ ":8840", false },
		{ ".", false },
	};
	struct hosts h, any, bare;

	(void)state;
	assert_true(hosts_init(&h, "relink.example.com b", "http://192.0.2.5:8840", false));
	assert_true(hosts_init(&any, NULL, "http://192.0.2.5:8840", true));
	assert_true(hosts_init(&bare, NULL, "http://[2001:db8::1]:8840", false));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (hosts_allow(&h, str_of(cases[i].host)) != cases[i].ours)
			fail_msg("%s", cases[i].host);
		assert_true(hosts_allow(&any, str_of(cases[i].host)));
	}
	assert_true(hosts_allow(&h, STR_NONE)); /* HTTP/1.0 of a script; a browser always says it */
	assert_false(hosts_allow(&bare, STR("relink.example.com")));
	assert_true(hosts_allow(&bare, STR("[2001:DB8::1]:8840")));
	assert_true(hosts_allow(&bare, STR("localhost")));
	hosts_fini(&h);
	hosts_fini(&any);
	hosts_fini(&bare);
}

/* --- on sockets --- */

static struct world w;
static struct reply r;

static void another_name_is_refused_before_all_else(void **state)
{
	static const char *const requests[] = {
		"GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
		"GET /nothing HTTP/1.1\r\nHost: evil.example\r\n\r\n",
		"POST /webhooks/mock HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0\r\n\r\n",
		"GET /v1/accounts HTTP/1.1\r\nHost: evil.example\r\n\r\n",
		"GET /api/sessions HTTP/1.1\r\nHost: evil.example\r\n\r\n",
	};
	struct client c;

	(void)state;
	world_open(&w);
	for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
		client_open(&c, &w);
		client_send(&c, str_of(requests[i]));
		client_reply(&c, &r, false);
		reply_is_problem(&r, 421, "host_not_allowed");
		assert_non_null(strstr(r.body, "http.hosts"));
		client_close(&c);
	}
	client_open_unix(&c, &w); /* no browser gets there */
	client_send(&c, str_of(requests[0]));
	client_reply(&c, &r, false);
	assert_int_equal(r.status, 200);
	client_close(&c);
	world_close(&w);
}

/* An address of this machine that is not loopback. */
static bool own_address(char text[INET_ADDRSTRLEN])
{
	struct ifaddrs *all = NULL;
	bool found = false;

	if (getifaddrs(&all) != 0)
		return false;
	for (struct ifaddrs *i = all; i != NULL && !found; i = i->ifa_next) {
		struct sockaddr_in v4;

		if (i->ifa_addr == NULL || i->ifa_addr->sa_family != AF_INET)
			continue;
		memcpy(&v4, i->ifa_addr, sizeof v4);
		found = ntohl(v4.sin_addr.s_addr) >> 24 != 127;
		inet_ntop(AF_INET, &v4.sin_addr, text, INET_ADDRSTRLEN);
	}
	freeifaddrs(all);
	return found;
}

static void client_open_at(struct client *c, const char *address)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)w.port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	inet_pton(AF_INET, address, &a.sin_addr);
	connect(fd, (struct sockaddr *)&a, sizeof a);
	*c = (struct client){ .world = &w, .fd = fd };
	buf_init(&c->in, 1u << 20);
}

#define HEALTH STR("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")

static void one_address_has_so_many_and_no_more(void **state)
{
	struct api_options o = world_options(&w);
	char address[INET_ADDRSTRLEN];
	struct client c[3], local[4];

	(void)state;
	if (!own_address(address))
		skip();
	o.listen = "0.0.0.0:0";
	o.connections_per_peer = 2;
	world_open_with(&w, &o, 4);
	for (int i = 0; i < 3; i++) {
		client_open_at(&c[i], address);
		client_send(&c[i], HEALTH);
		client_reply(&c[i], &r, false);
		assert_int_equal(r.status, i < 2 ? 200 : 503);
	}
	assert_non_null(strstr(r.body, "connections_per_peer"));
	assert_int_equal(world_stats(&w).crowded, 1);
	for (int i = 0; i < 4; i++) { /* a proxy here has the connections of everybody */
		client_open(&local[i], &w);
		client_send(&local[i], HEALTH);
		client_reply(&local[i], &r, false);
		assert_int_equal(r.status, 200);
	}
	client_close(&c[2]);
	client_close(&c[0]);
	world_until_connections(&w, 5);
	client_open_at(&c[0], address); /* there is room again */
	client_send(&c[0], HEALTH);
	client_reply(&c[0], &r, false);
	assert_int_equal(r.status, 200);
	client_close(&c[0]);
	client_close(&c[1]);
	for (int i = 0; i < 4; i++)
		client_close(&local[i]);
	world_until_connections(&w, 0);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_told_apart),
		cmocka_unit_test(shares_are_counted_and_forgotten),
		cmocka_unit_test(hosts_are_ours_or_not),
		cmocka_unit_test(another_name_is_refused_before_all_else),
		cmocka_unit_test(one_address_has_so_many_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
