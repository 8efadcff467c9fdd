/*
 * digest.h - SHA-256, and signatures made with it.
 *
 * digest.c is the only file that includes OpenSSL: its ERR_STATE and ours cannot be in one.
 */
#ifndef RELINK_API_DIGEST_H
#define RELINK_API_DIGEST_H
#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define DIGEST_BYTES 32

/* Of the parts, one behind the other.  False when memory is out. */
bool digest_of(uint8_t to[DIGEST_BYTES], const struct str *parts, size_t n_parts);

/* HMAC-SHA256 of the parts, one after the other.  False when memory is out. */
bool digest_hmac(uint8_t to[DIGEST_BYTES], struct str key, const struct str *parts, size_t n_parts);
/* The same as lower case hex.  False when memory is out. */
#define DIGEST_HEX (2 * DIGEST_BYTES)
bool digest_signature(char to[DIGEST_HEX + 1], struct str key, const struct str *parts,
		      size_t n_parts);

#endif
