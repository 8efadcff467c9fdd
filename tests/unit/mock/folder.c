/* folder.c - one directory at a time, under TMPDIR. */
#include "folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[200], journal[240];

const char *folder_make(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(folder, sizeof folder, "%s/relink-mock-XXXXXX", tmp != NULL ? tmp : "/tmp");
	assert_non_null(mkdtemp(folder));
	snprintf(journal, sizeof journal, "%s/journal", folder);
	return folder;
}

void folder_remove(void)
{
	unlink(journal);
	assert_int_equal(rmdir(folder), 0);
}

char *folder_journal(void)
{
	FILE *f = fopen(journal, "r");
	size_t room = 16u << 20, n;
	char *text = malloc(room);

	assert_non_null(f);
	assert_non_null(text);
	n = fread(text, 1, room - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

static void put(const char *mode, const char *text)
{
	FILE *f = fopen(journal, mode);

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

void folder_write(const char *text)
{
	put("w", text);
}

void folder_append(const char *text)
{
	put("a", text);
}
