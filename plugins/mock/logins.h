/*
 * logins.h - logins that several instances see, as those of one shared folder of credentials.
 *
 * A file for each profile that holds one, in the folder that the key `logins` names.  An instance
 * writes what becomes of its own profiles, and looks there before it opens one.
 */
#ifndef RELINK_MOCK_LOGINS_H
#define RELINK_MOCK_LOGINS_H
#include "words.h"

/* Make the folder.  -errno. */
int logins_open(const char *folder);
/* LOGIN_NONE also when it cannot be read. */
enum login logins_read(const char *folder, struct relink_str profile);
/* -errno. */
int logins_write(const char *folder, const char *profile, enum login);

#endif
