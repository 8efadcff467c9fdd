/* digest.c - SHA-256, and HMAC with it, by libcrypto. */
#include "api/digest.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

bool digest_of(uint8_t to[DIGEST_BYTES], const struct str *parts, size_t n_parts)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool ok = md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1;

	for (size_t i = 0; i < n_parts; i++)
		ok = ok && EVP_DigestUpdate(md, parts[i].p, parts[i].n) == 1;
	ok = ok && EVP_DigestFinal_ex(md, to, NULL) == 1;
	EVP_MD_CTX_free(md);
	return ok;
}

bool digest_hmac(uint8_t to[DIGEST_BYTES], struct str key, const struct str *parts, size_t n_parts)
{
	char sha256[] = "SHA256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *ctx = hmac != NULL ? EVP_MAC_CTX_new(hmac) : NULL;
	size_t n = 0;
	bool ok =
	    ctx != NULL && EVP_MAC_init(ctx, (const unsigned char *)key.p, key.n, params) == 1;

	for (size_t i = 0; i < n_parts; i++)
		ok = ok && EVP_MAC_update(ctx, (const unsigned char *)parts[i].p, parts[i].n) == 1;
	ok = ok && EVP_MAC_final(ctx, to, &n, DIGEST_BYTES) == 1 && n == DIGEST_BYTES;
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(hmac);
	return ok;
}

bool digest_signature(char to[DIGEST_HEX + 1], struct str key, const struct str *parts,
		      size_t n_parts)
{
	static const char hex[] = "0123456789abcdef";
	uint8_t mac[DIGEST_BYTES];
	bool ok = digest_hmac(mac, key, parts, n_parts);

	for (size_t i = 0; ok && i < DIGEST_BYTES; i++) {
		to[2 * i] = hex[mac[i] >> 4];
		to[2 * i + 1] = hex[mac[i] & 15];
	}
	to[ok ? DIGEST_HEX : 0] = '\0';
	return ok;
}
