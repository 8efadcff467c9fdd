/* digest.c - SHA-256 by libcrypto. */
#include "api/digest.h"

#include <openssl/evp.h>

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
