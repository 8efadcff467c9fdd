/* folder.h - a directory of its own for each test, and the journal in it. */
#ifndef RELINK_TEST_MOCK_FOLDER_H
#define RELINK_TEST_MOCK_FOLDER_H

/* A new directory; lent until folder_remove. */
const char *folder_make(void);
/* Remove it with its journal. */
void folder_remove(void);
/* The journal's text, malloc'ed. */
char *folder_journal(void);
/* Write it anew, or add to its end. */
void folder_write(const char *text);
void folder_append(const char *text);

#endif
