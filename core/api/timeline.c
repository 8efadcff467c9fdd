/* timeline.c - an account's journal, newest first. */
#include "api/disk_page.h"
#include "api/handlers.h"
#include "out/event_json.h"

static void on_line(void *arg, int result, const struct journal_record *line)
{
	struct disk_page *p = disk_page_of(arg);
	struct buf *out;

	if (line == NULL || result < 0) {
		disk_page_end(p, result);
		return;
	}
	out = disk_page_next(p, line->seq);
	if (out != NULL)
		event_json_says(out, line);
}

void get_timeline(struct exchange *x)
{
	struct api_port *port = &x->face->port;
	struct account_view view;
	struct disk_page *p = disk_page_open(x, "entries", "journal", &view);

	if (p != NULL &&
	    port->journal(port->ctx, view.row, 0, p->before, false, p->limit, on_line, p) < 0)
		disk_page_end(p, ERR_FULL);
}
