/*
 * dashboard.h - the files of the page in the browser, as bytes of the program.
 */
#ifndef RELINK_DASHBOARD_DASHBOARD_H
#define RELINK_DASHBOARD_DASHBOARD_H
#include <stddef.h>

#include "base/str.h"

struct dashboard_file {
	const char *name, *type;
	const char *etag; /* a strong one, with its quotes: the SHA-256 of the bytes */
	const unsigned char *bytes;
	size_t n;
};

/* Made by CMake, in the order of their names. */
extern const struct dashboard_file dashboard_files[];
extern const unsigned n_dashboard_files;

/* NULL when there is none of that name. */
const struct dashboard_file *dashboard_file(struct str name);

#endif
