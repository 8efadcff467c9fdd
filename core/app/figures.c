/* figures.c - see figures.h. */
#include "app/figures.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "out/metrics_text.h"
#include "proc/pool.h"
#include "store/store.h"

void pool_figures(const struct pool *p, struct metrics *m)
{
	struct pool_stats s;

	pool_stats(p, &s);
	metrics_u64(m, METRIC_spawned, NO_LABELS, s.spawned);
	metrics_u64(m, METRIC_ipc_frames, LABELS("in"), s.frames_in);
	metrics_u64(m, METRIC_ipc_frames, LABELS("out"), s.frames_out);
	metrics_u64(m, METRIC_ipc_bytes, LABELS("in"), s.bytes_in);
	metrics_u64(m, METRIC_ipc_bytes, LABELS("out"), s.bytes_out);
	metrics_u64(m, METRIC_ipc_faults, LABELS("timeout"), s.timeouts);
	metrics_u64(m, METRIC_ipc_faults, LABELS("late_reply"), s.late_replies);
	metrics_u64(m, METRIC_ipc_faults, LABELS("bad_frame"), s.bad_frames);
}

void store_figures(struct store *store, struct metrics *m)
{
	struct store_stats s;
	struct store_times t;

	store_stats(store, &s);
	store_times(store, &t);
	metrics_u64(m, METRIC_commits, NO_LABELS, s.commits);
	metrics_u64(m, METRIC_changes, NO_LABELS, s.changes);
	metrics_histogram(m, METRIC_commit_time, NO_LABELS, &steps_disk_us, &t.took_us);
	metrics_histogram(m, METRIC_group_size, NO_LABELS, &steps_size, &t.sizes);
	metrics_u64(m, METRIC_store_backlog, NO_LABELS, store_backlog(store));
	metrics_u64(m, METRIC_store_retries, NO_LABELS, s.retries);
	metrics_u64(m, METRIC_store_refused, NO_LABELS, s.refused);
	metrics_u64(m, METRIC_store_reads, NO_LABELS, s.reads);
	metrics_u64(m, METRIC_store_pruned, NO_LABELS, s.pruned);
}

/* The field of a /proc file that stands behind `skip` others; 0: not to be had. */
static unsigned long long proc_field(const char *file, const char *behind, unsigned skip)
{
	char line[1024];
	FILE *f = fopen(file, "re");
	char *at = NULL;

	if (f == NULL)
		return 0;
	while (at == NULL && fgets(line, sizeof line, f) != NULL)
		at = strstr(line, behind);
	fclose(f);
	if (at == NULL)
		return 0;
	at += strlen(behind);
	for (; skip > 0; skip--) {
		at += strspn(at, " ");
		at += strcspn(at, " ");
	}
	return strtoull(at, NULL, 10); /* 0 when there is no number */
}

static uint64_t open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	uint64_t n = 0;

	if (dir == NULL)
		return 0;
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n > 3 ? n - 3 : 0; /* ".", ".." and the folder itself */
}

/* In ms since 1970: the boot's second, and the ticks from there (field 22 of stat). */
static uint64_t start_ms(void)
{
	static uint64_t once; /* it never changes */
	uint64_t ticks = (uint64_t)sysconf(_SC_CLK_TCK);

	if (once == 0 && ticks > 0)
		once = proc_field("/proc/stat", "btime", 0) * 1000 +
		       proc_field("/proc/self/stat", ")", 19) * 1000 / ticks;
	return once;
}

void process_figures(struct metrics *m)
{
	struct rusage u;

	if (getrusage(RUSAGE_SELF, &u) == 0)
		metrics_parts(m, METRIC_process_cpu, NO_LABELS,
			      (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 +
				  (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec),
			      1000000);
	metrics_u64(m, METRIC_process_memory, NO_LABELS,
		    proc_field("/proc/self/status", "VmRSS:", 0) * 1024);
	metrics_u64(m, METRIC_process_fds, NO_LABELS, open_fds());
	metrics_parts(m, METRIC_process_start, NO_LABELS, start_ms(), 1000);
}
