/* dashboard.c - finds a file of the page. */
#include "dashboard/dashboard.h"

const struct dashboard_file *dashboard_file(struct str name)
{
	for (unsigned i = 0; i < n_dashboard_files; i++) {
		if (str_is(name, dashboard_files[i].name))
			return &dashboard_files[i];
	}
	return NULL;
}
