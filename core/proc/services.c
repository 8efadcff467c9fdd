/* services.c - see services.h. */
#include "proc/services.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "base/clock.h"
#include "base/killpoint.h"
#include "base/limits.h"
#include "base/obj.h"
#include "proc/identity.h"
#include "proc/launch.h"
#include "proc/tail.h"

#define SERVICES_MAGIC 0xa1a12008u
#define PROC_MAGIC     0xa1a12009u
#define TICK_MS        200 /* how often their files are read */
#define RECORD         ".process"

/* A process that we watch. */
struct running {
	unsigned magic, number;
	struct services *all;
	struct identity id;
	uv_poll_t poll;
	int pidfd;
	bool ours, reaped; /* ours: our child, so that we learn how it ended */
	struct gate gate;
	char program[256];
	struct tail tail;
	struct speech speech;
};

struct services {
	unsigned magic;
	uv_loop_t *loop;
	uv_timer_t tick;
	char dir[4000];
	struct services_port port;
	uint64_t lines_dropped;
	unsigned in_memory, ticking; /* in_memory: handles that are not closed yet */
	unsigned n;
	struct running *v[];
};

static struct services *services_of(void *ctx)
{
	struct services *all;

	OBJ_CAST(all, ctx, SERVICES_MAGIC);
	return all;
}

static void path_of(const struct services *all, const char *instance, const char *ending, char *to,
		    size_t size)
{
	must(snprintf(to, size, "%s/%s%s", all->dir, instance, ending) < (int)size);
}

/* ---- what they print ---- */

static void on_tick(uv_timer_t *timer)
{
	struct services *all = services_of(timer->data);

	for (unsigned i = 0; i < all->n; i++) {
		if (all->v[i] != NULL)
			tail_read(&all->v[i]->tail, &all->v[i]->speech);
	}
}

static void tick(struct services *all, int more)
{
	all->ticking += (unsigned)more;
	if (all->ticking > 0)
		uv_timer_start(&all->tick, on_tick, TICK_MS, TICK_MS);
	else
		uv_timer_stop(&all->tick);
}

/* ---- watching ---- */

static void on_closed(uv_handle_t *handle)
{
	struct running *p;

	OBJ_CAST(p, handle->data, PROC_MAGIC);
	close(p->pidfd);
	p->all->in_memory--;
	OBJ_FINI(p);
	free(p);
}

/* From here on nobody looks after it. */
static void let_go(struct running *p)
{
	struct services *all = p->all;

	all->v[p->number] = NULL;
	tick(all, -1);
	gate_close(&p->gate);
	tail_read(&p->tail, &p->speech);
	tail_close(&p->tail);
	speech_fini(&p->speech);
	uv_close((uv_handle_t *)&p->poll, on_closed);
}

static void report(struct running *p, const siginfo_t *si)
{
	struct services *all = p->all;
	struct service_end end = { .pid = p->id.pid, .status_known = p->ours };
	struct why why = { 0 };
	unsigned number = p->number;
	char path[4096];
	struct buf last;

	if (p->ours && si->si_code == CLD_EXITED)
		end.exit_status = si->si_status;
	else if (p->ours)
		end.signal = si->si_status;
	end.fault = gate_fault(&p->gate, &why);
	if (end.fault < 0)
		why_prefix(&why, "%s", p->program);
	end.why = str_of(why.text);
	buf_init(&last, SPEECH_LAST_BYTES);
	tail_drain(&p->tail, &p->speech);
	speech_last(&p->speech, &last);
	end.last_lines = buf_all(&last);
	path_of(all, p->speech.name, RECORD, path, sizeof path);
	unlink(path);
	let_go(p);
	KP("proc.service.gone");
	all->port.gone(all->port.ctx, number, &end);
	buf_fini(&last);
}

static void on_exit_seen(uv_poll_t *poll, int status, int events)
{
	siginfo_t si = { 0 };
	struct running *p;

	(void)status, (void)events;
	OBJ_CAST(p, poll->data, PROC_MAGIC);
	if (p->ours &&
	    (waitid(P_PIDFD, (id_t)p->pidfd, &si, WEXITED | WNOHANG) < 0 || si.si_pid == 0))
		return;
	report(p, &si);
}

static int watch(struct running *p)
{
	struct services *all = p->all;

	if (uv_poll_init(all->loop, &p->poll, p->pidfd) < 0)
		return ERR_UNAVAILABLE;
	p->poll.data = p;
	uv_poll_start(&p->poll, UV_READABLE, on_exit_seen);
	all->v[p->number] = p;
	all->in_memory++;
	tick(all, 1);
	return 0;
}

static struct running *running_new(struct services *all, unsigned number, const char *instance)
{
	struct running *p = calloc(1, sizeof *p);

	must(number < all->n && all->v[number] == NULL);
	if (p == NULL)
		return NULL;
	OBJ_INIT(p, PROC_MAGIC);
	p->all = all;
	p->number = number;
	p->pidfd = -1;
	p->gate = (struct gate){ .pid = -1, .pidfd = -1, .word = -1, .fault = -1 };
	p->tail = (struct tail){ .fd = -1, .mark = -1 };
	speech_init_service(&p->speech, instance, &all->lines_dropped);
	return p;
}

/* One that is not watched. */
static void running_free(struct running *p)
{
	tail_close(&p->tail);
	speech_fini(&p->speech);
	if (p->pidfd >= 0)
		close(p->pidfd);
	free(p);
}

static int open_tail(struct services *all, struct running *p, struct why *why)
{
	char path[4096];

	path_of(all, p->speech.name, ".log", path, sizeof path);
	return tail_open(&p->tail, path, why);
}

/* ---- found ---- */

static int find(struct services *all, struct running *p, struct why *why)
{
	char path[4096];
	int r;

	path_of(all, p->speech.name, RECORD, path, sizeof path);
	r = identity_read(&p->id, path);
	if (r == ERR_FORMAT)
		LOG(WARN, PROC, "service.record_unreadable", f_text("file", path),
		    f_text("so", "if its process still runs, end it by hand"));
	if (r == ERR_FORMAT || r == ERR_NOTFOUND)
		return ERR_NOTFOUND;
	p->pidfd = r == 0 ? identity_open(&p->id) : r;
	if (p->pidfd == ERR_NOTFOUND) {
		unlink(path); /* its number may be somebody else's by now */
		return ERR_NOTFOUND;
	}
	if (p->pidfd < 0)
		return why_errno(why, ERR_UNAVAILABLE,
				 "cannot find out whether the process of %s still runs", path);
	r = open_tail(all, p, why);
	if (r == 0 && watch(p) < 0)
		r = why_set(why, ERR_UNAVAILABLE, "cannot watch process %llu",
			    (unsigned long long)p->id.pid);
	return r;
}

int services_find(struct services *all, unsigned number, const struct service_spec *spec,
		  bool *ret_changed, uint64_t *ret_at, struct why *why)
{
	struct running *p = running_new(all, number, spec->instance);
	int r;

	if (p == NULL)
		return why_set(why, ERR_NOMEM, "no memory for the process of %s", spec->instance);
	r = find(all, p, why);
	if (r < 0) {
		running_free(p);
		return r;
	}
	*ret_changed = p->id.settings != launch_hash(spec);
	*ret_at = p->id.at;
	KP("proc.service.found");
	return 0;
}

/* ---- started ---- */

/* The child waits; write down who it is, then let it go.  A kill of ours before the word ends it. */
static int record(struct services *all, struct running *p, const struct service_spec *spec,
		  struct why *why)
{
	char path[4096];

	if (identity_of((uint64_t)p->gate.pid, &p->id) < 0)
		return why_set(why, ERR_UNAVAILABLE, "its process was killed before it began");
	p->id.settings = launch_hash(spec);
	p->id.at = clock_ms();
	path_of(all, spec->instance, RECORD, path, sizeof path);
	KP("proc.service.forked");
	return identity_write(&p->id, path, why);
}

static int start_waiting(struct services *all, struct running *p, struct launch *l, struct why *why)
{
	char path[4096];
	int r;

	path_of(all, p->speech.name, ".log", path, sizeof path);
	l->gate.out = tail_writer(path);
	if (l->gate.out < 0)
		return why_errno(why, ERR_IO, "cannot open %s", path);
	str_copy(p->program, sizeof p->program, str_of(l->program));
	KP("proc.service.before");
	r = gate_start(&p->gate, &l->gate, why);
	close(l->gate.out);
	return r;
}

static int start(struct services *all, struct running *p, const struct service_spec *spec,
		 struct launch *l, struct why *why)
{
	int r = open_tail(all, p, why);

	if (r == 0)
		r = start_waiting(all, p, l, why);
	if (r < 0)
		return r;
	r = record(all, p, spec, why);
	if (r == 0) {
		p->ours = true;
		p->pidfd = p->gate.pidfd;
		r = watch(p);
		if (r < 0)
			why_set(why, r, "cannot watch the process of %s", spec->instance);
	}
	if (r < 0) {
		p->pidfd = -1;
		gate_break(&p->gate);
		return r;
	}
	KP("proc.service.recorded");
	gate_open(&p->gate);
	KP("proc.service.started");
	return 0;
}

int services_start(struct services *all, unsigned number, const struct service_spec *spec,
		   struct why *why)
{
	struct running *p = running_new(all, number, spec->instance);
	struct launch l;
	int r;

	if (p == NULL)
		return why_set(why, ERR_UNAVAILABLE, "no memory to start %s", spec->argv[0]);
	r = launch_init(&l, spec, why);
	if (r == 0)
		r = start(all, p, spec, &l, why);
	launch_fini(&l);
	if (r < 0)
		running_free(p);
	return r;
}

/* ---- the rest ---- */

void services_signal(struct services *all, unsigned number, int sig)
{
	struct running *p = services_of(all)->v[number];

	if (p == NULL)
		return;
	pidfd_send_signal(p->pidfd, sig, NULL, 0);
	if (sig == SIGTERM)
		pidfd_send_signal(p->pidfd, SIGCONT, NULL,
				  0); /* one that was stopped hears it too */
}

void services_leave(struct services *all, unsigned number)
{
	if (services_of(all)->v[number] != NULL)
		let_go(all->v[number]);
}

uint64_t services_pid(const struct services *all, unsigned number)
{
	return all->v[number] != NULL ? all->v[number]->id.pid : 0;
}

static bool is_one_of(struct str name, const char *const *instances, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (str_is(name, instances[i]))
			return true;
	}
	return false;
}

void services_others(const struct services *all, const char *const *instances, size_t n,
		     void (*each)(void *ctx, const char *instance, uint64_t pid), void *ctx)
{
	DIR *dir = opendir(all->dir);
	const struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char path[4096], instance[LIMIT_INSTANCE + 1];
		struct str name = str_of(entry->d_name);
		struct identity id;
		int fd;

		if (name.n <= sizeof RECORD - 1 ||
		    strcmp(name.p + name.n - (sizeof RECORD - 1), RECORD) != 0)
			continue;
		name.n -= sizeof RECORD - 1;
		if (is_one_of(name, instances, n) || !str_copy(instance, sizeof instance, name))
			continue;
		path_of(all, instance, RECORD, path, sizeof path);
		fd = identity_read(&id, path) == 0 ? identity_open(&id) : -1;
		if (fd < 0)
			continue;
		close(fd);
		each(ctx, instance, id.pid);
	}
	if (dir != NULL)
		closedir(dir);
}

int services_new(struct services **ret_services, struct uv_loop_s *loop, const char *state_dir,
		 unsigned n, const struct services_port *port, struct why *why)
{
	struct services *all;

	must(n <= LIMIT_INSTANCES);
	all = calloc(1, sizeof *all + n * sizeof(struct running *));
	if (all == NULL)
		return why_set(why, ERR_NOMEM, "no memory for %u services", n);
	OBJ_INIT(all, SERVICES_MAGIC);
	all->loop = loop;
	all->port = *port;
	all->n = n;
	/* their names are short beside what is left of a path here */
	if (snprintf(all->dir, sizeof all->dir, "%s/services", state_dir) >=
	    (int)sizeof all->dir - LIMIT_INSTANCE - 16) {
		free(all);
		return why_set(why, ERR_CONFIG, "the path of state_dir is too long");
	}
	if (n > 0 && mkdir(all->dir, 0700) < 0 && errno != EEXIST) {
		why_errno(why, ERR_IO, "cannot make the folder %s", all->dir);
		free(all);
		return ERR_IO;
	}
	uv_timer_init(loop, &all->tick);
	all->tick.data = all;
	all->in_memory = 1;
	*ret_services = all;
	return 0;
}

static void on_tick_closed(uv_handle_t *handle)
{
	services_of(handle->data)->in_memory--;
}

void services_free(struct services **services)
{
	struct services *all = TAKE(*services);

	if (all == NULL)
		return;
	OBJ_CHECK(all, SERVICES_MAGIC);
	for (unsigned i = 0; i < all->n; i++)
		services_leave(all, i);
	uv_close((uv_handle_t *)&all->tick, on_tick_closed);
	while (all->in_memory > 0)
		uv_run(all->loop, UV_RUN_ONCE);
	OBJ_FINI(all);
	free(all);
}
