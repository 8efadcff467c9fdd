/* guard_test.c - where a client's URL may lead to: by its text, and by the address that is connected to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/clock.h"
#include "base/obj.h"
#include "surf.h"
#include "web/guard.h"

static struct guard *guard_of(const char *allowed, bool allow_http)
{
	struct guard *g = NULL;
	struct why why = { 0 };

	if (guard_new(&g, allowed, allow_http, &why) < 0)
		fail_msg("%s", why.text);
	return g;
}

/* None of these may be called, whatever they mean to one parser or another. */
static const char *const refused[] = {
	"",
	"https",
	"https:",
	"https://",
	"https:///x",
	"//example.com/",
	"example.com/hook",
	"ftp://example.com/",
	"file:///etc/passwd",
	"gopher://example.com/",
	"javascript:alert(1)",
	"http:/example.com/",
	"https:example.com",
	"http://example.com/",
	"http://93.184.216.34/",
	"https://user@example.com/",
	"https://user:word@example.com/",
	"https://example.com@127.0.0.1/",
	"https://127.0.0.1#@example.com/",
	"https://example.com#fragment",
	"https://example.com\\@127.0.0.1/",
	"https://example.com/ with/space",
	"https://example.com/\r\nHost:127.0.0.1",
	"https://example.com:0/",
	"https://example.com:65536/",
	"https://example.com:port/",
	"https://ex%61mple.com/",
	"https://%31%32%37.0.0.1/",
	"https://127.0.0.1/",
	"https://127.0.0.1./",
	"https://127.0.0.1:8840/",
	"https://127.1/",
	"https://127.0.1/",
	"https://127.255.255.254/",
	"https://2130706433/",
	"https://017700000001/",
	"https://0177.0.0.1/",
	"https://0x7f000001/",
	"https://0x7f.0.0.1/",
	"https://0x7f.1/",
	"https://0/",
	"https://0.0.0.0/",
	"https://0.1.2.3/",
	"https://10.0.0.1/",
	"https://10.255.255.255/",
	"https://012.0.0.1/",
	"https://172.16.0.1/",
	"https://172.31.255.255/",
	"https://192.168.0.1/",
	"https://3232235521/",
	"https://169.254.169.254/latest/meta-data/",
	"https://0xa9fea9fe/",
	"https://2852039166/",
	"https://100.64.0.1/",
	"https://100.127.255.255/",
	"https://192.0.0.1/",
	"https://192.0.2.1/",
	"https://192.88.99.1/",
	"https://198.18.0.1/",
	"https://198.51.100.1/",
	"https://203.0.113.1/",
	"https://224.0.0.1/",
	"https://239.255.255.255/",
	"https://240.0.0.1/",
	"https://255.255.255.255/",
	"https://256.1.1.1/",
	"https://1.2.3.4.5/",
	"https://127.0.0.1.1/",
	"https://[::]/",
	"https://[::1]/",
	"https://[0:0:0:0:0:0:0:1]/",
	"https://[::ffff:127.0.0.1]/",
	"https://[::ffff:7f00:1]/",
	"https://[::ffff:93.184.216.34]/",
	"https://[::127.0.0.1]/",
	"https://[64:ff9b::7f00:1]/",
	"https://[64:ff9b::10.0.0.1]/",
	"https://[64:ff9b:1::1]/",
	"https://[2002:7f00:1::]/",
	"https://[2002:a00:1::1]/",
	"https://[2001::1]/",
	"https://[2001:db8::1]/",
	"https://[3fff::1]/",
	"https://[fc00::1]/",
	"https://[fd12:3456:789a::1]/",
	"https://[fe80::1]/",
	"https://[fe80::1%25eth0]/",
	"https://[fe80::1%eth0]/",
	"https://[::1%25lo]/",
	"https://[fec0::1]/",
	"https://[ff02::1]/",
	"https://[100::1]/",
	"https://[4000::1]/",
	"https://[::1/",
	"https://::1/",
	"https://localhost/",
	"https://LOCALHOST/",
	"https://localhost./",
	"https://localhost:9/",
	"https://a.localhost/",
	"https://localhost.localdomain/",
	"https://ip6-loopback/",
	"https://printer/",
	"https://printer.local/",
	"https://metadata.google.internal/",
	"https://nas.lan/",
	"https://router.home.arpa/",
	"https://db.intranet./",
	"https://exa_mple..com/",
	"https://.example.com/",
	"https://example.com../",
	"https://ex\xc3\xa4mple.com/",
	"https://example.com,127.0.0.1/",
	"https://example.com;127.0.0.1/",
	"https://{127.0.0.1}/",
	"https://[example.com]/",
	"https://example.123/",
	"https://example.0x7f/",
};

static void what_is_not_public_is_refused_by_its_text(void **state)
{
	struct guard *g = guard_of(NULL, false);

	(void)state;
	assert_true(ARRAY_LEN(refused) >= 70);
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		struct why why = { 0 };

		if (guard_check_url(g, str_of(refused[i]), &why) == 0)
			fail_msg("%s was taken", refused[i]);
		assert_true(strlen(why.text) > 10);
	}
	guard_free(&g);
}

static void what_is_public_is_taken(void **state)
{
	static const char *const good[] = {
		"https://example.com",
		"https://example.com/",
		"HTTPS://Example.COM./hook?a=b%20c",
		"https://example.com:8443/hook",
		"https://a-b.c_d.xn--p1ai/",
		"https://93.184.216.34/",
		"https://172.32.0.1/",
		"https://100.128.0.1/",
		"https://[2606:2800:220:1::1]/",
		"https://[2a00:1450::1]:444/x",
		"https://example.com/path@with:signs",
		"https://1.example.com/",
	};
	struct guard *g = guard_of(NULL, false), *plain = guard_of("", true);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct why why = { 0 };

		if (guard_check_url(g, str_of(good[i]), &why) != 0)
			fail_msg("%s: %s", good[i], why.text);
	}
	assert_int_equal(guard_check_url(plain, STR("http://example.com/"), &(struct why){ 0 }), 0);
	assert_int_not_equal(guard_check_url(plain, STR("http://10.0.0.1/"), &(struct why){ 0 }),
			     0);
	guard_free(&g);
	guard_free(&plain);
}

static void the_configuration_may_allow_more_and_is_named(void **state)
{
	static const struct {
		const char *allowed, *url;
		bool taken;
	} cases[] = {
		{ "127.0.0.1:9000", "http://127.0.0.1:9000/", true },
		{ "127.0.0.1:9000", "https://127.0.0.1:9000/", true },
		{ "127.0.0.1:9000", "http://127.0.0.1:9001/", false },
		{ "127.0.0.1:9000", "http://127.0.0.2:9000/", false },
		{ "127.0.0.1", "http://127.0.0.1:9001/", true },
		{ "127.0.0.1", "https://127.1/", true },
		{ "10.0.0.0/8  fd00::/8", "https://10.1.2.3/", true },
		{ "10.0.0.0/8  fd00::/8", "http://[fd00::1]/", true },
		{ "10.0.0.0/8", "https://11.1.2.3/", true },
		{ "10.0.0.0/9", "https://10.128.0.1/", false },
		{ "Printer.LAN:80", "http://printer.lan/", true },
		{ "printer:443", "https://printer./", true },
		{ "[::1]:9000", "http://[::1]:9000/", true },
		{ "::1", "https://[::1]/", true },
		{ "10.0.0.0/8", "http://receiver.example.com/",
		  true }, /* looked at when it connects */
		{ "printer:443", "http://receiver.example.com/", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct guard *g = guard_of(cases[i].allowed, false);
		struct why why = { 0 };
		int r = guard_check_url(g, str_of(cases[i].url), &why);

		if ((r == 0) != cases[i].taken)
			fail_msg("%s with \"%s\": %s", cases[i].url, cases[i].allowed, why.text);
		if (r < 0)
			assert_non_null(strstr(why.text, "webhooks.allow_"));
		guard_free(&g);
	}
}

static void a_wrong_list_is_refused(void **state)
{
	static const char *const lists[] = { "x",   "10.0.0.0/33", "10.0.0/8",   ":80",
					     "a:0", "a:65536",     "10.0.0.1 y", "::1/129" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		struct guard *g = NULL;
		struct why why = { 0 };

		assert_int_equal(guard_new(&g, lists[i], false, &why), ERR_CONFIG);
		assert_non_null(strstr(why.text, "webhooks.allow_private"));
		assert_null(g);
	}
}

static bool allows(const char *allowed, const char *server, const char *ip)
{
	struct sockaddr_storage address = { 0 };
	struct sockaddr_in *in = (void *)&address;
	struct sockaddr_in6 *in6 = (void *)&address;
	struct guard *g = guard_of(allowed, false);
	char text[GUARD_TEXT_MAX] = "";
	bool yes;

	if (inet_pton(AF_INET, ip, &in->sin_addr) == 1)
		address.ss_family = AF_INET;
	else if (inet_pton(AF_INET6, ip, &in6->sin6_addr) == 1)
		address.ss_family = AF_INET6;
	yes = guard_allows(g, server, (struct sockaddr *)&address, text);
	assert_true(yes || strstr(text, "webhooks.allow_") != NULL);
	guard_free(&g);
	return yes;
}

/* A name that was public when it was looked at may lead elsewhere by the time it is connected to. */
static void the_address_that_is_connected_to_decides(void **state)
{
	static const char *const inside[] = { "127.0.0.1",  "10.0.0.1",    "169.254.169.254",
					      "0.0.0.0",    "192.168.1.1", "100.64.0.1",
					      "224.0.0.1",  "::1",         "::",
					      "fe80::1",    "fd00::1",     "::ffff:8.8.8.8",
					      "64:ff9b::1", "2002::1",     "ff02::1" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(inside); i++) {
		assert_false(allows(NULL, "https://example.com:443", inside[i]));
		assert_true(allows("example.com:443", "https://example.com:443", inside[i]));
		assert_false(allows("example.com:444", "https://example.com:443", inside[i]));
	}
	assert_true(allows(NULL, "https://example.com:443", "8.8.8.8"));
	assert_true(allows(NULL, "https://example.com:443", "2606::1"));
	assert_false(allows(NULL, "http://example.com:80", "8.8.8.8"));
	assert_false(allows("10.0.0.0/8", "http://example.com:80", "8.8.8.8"));
	assert_true(allows("10.0.0.0/8", "http://example.com:80", "10.9.9.9"));
	assert_true(allows("[::1]:9000", "https://[::1]:9000", "::1"));
}

/* The names of this machine lead to it: nothing connects, and what another request has opened is not used. */
static void nothing_connects_to_what_is_refused(void **state)
{
	struct guard *g = guard_of("10.0.0.0/8", false);
	struct relink_http_request r = to("POST", "/");
	const struct got *got;
	unsigned before;

	(void)state;
	surf_status_only = true;
	surf_guard = g;
	got = fetch(&r);
	assert_got(got, RELINK_NETWORK, 0, "webhooks.allow_private");
	assert_int_equal(httpd.n_connections, 0);
	surf_guard = NULL;
	httpd.text = OK_TEXT;
	httpd.then = HTTPD_KEEP;
	assert_got(fetch(&r), RELINK_NONE, 1, "");
	before = (unsigned)httpd.n_requests;
	surf_guard = g; /* now there is a connection that could be used again */
	assert_int_not_equal(fetch(&r)->cause, RELINK_NONE);
	assert_int_equal(httpd.n_requests, before);
	surf_guard = NULL;
	guard_free(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_public_is_refused_by_its_text),
		cmocka_unit_test(what_is_public_is_taken),
		cmocka_unit_test(the_configuration_may_allow_more_and_is_named),
		cmocka_unit_test(a_wrong_list_is_refused),
		cmocka_unit_test(the_address_that_is_connected_to_decides),
		cmocka_unit_test_setup_teardown(nothing_connects_to_what_is_refused, surf_open,
						surf_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
