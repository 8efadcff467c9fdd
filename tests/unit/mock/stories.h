/* stories.h - the table of stories. */
#ifndef RELINK_TEST_MOCK_STORIES_H
#define RELINK_TEST_MOCK_STORIES_H
#include "story.h"

extern const struct story stories[];
extern const size_t n_stories;

#endif
