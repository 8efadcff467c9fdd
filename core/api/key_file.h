/*
 * key_file.h - the file that holds the admin key.
 */
#ifndef RELINK_API_KEY_FILE_H
#define RELINK_API_KEY_FILE_H
#include "api/auth.h"
#include "base/err.h"

/* Read the key at `path`, or make one when there is no such file: 256 bits of the kernel's chance
 * in a new file of mode 0600, whole or not at all.  Only the digest is kept in memory.
 * ERR_DENIED: others can read or own the file; ERR_FORMAT: it holds no key; ERR_IO. */
int key_file_load(struct auth *ret_auth, const char *path, struct why *why);

#endif
