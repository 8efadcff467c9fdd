/* thread.h - a thread that sleeps until there is work, with the lock around its queue. */
#ifndef RELINK_STORE_THREAD_H
#define RELINK_STORE_THREAD_H
#include <stdbool.h>
#include <uv.h>

#include "base/err.h"

struct thread {
	uv_thread_t id;
	uv_mutex_t lock;
	uv_cond_t wake;
	bool running;
	bool stopping; /* under the lock */
};

/* `main` runs with `arg` until it sees `stopping`.  `name` is what top and gdb show. */
int thread_start(struct thread *, void (*main)(void *arg), void *arg, const char *name,
		 struct why *why);
/* Ask it to stop and wait until it has ended.  No-op when it was not started. */
void thread_stop(struct thread *);

static inline void thread_lock(struct thread *t)
{
	uv_mutex_lock(&t->lock);
}
static inline void thread_unlock(struct thread *t)
{
	uv_mutex_unlock(&t->lock);
}
static inline void thread_wake(struct thread *t)
{
	uv_cond_signal(&t->wake);
}
static inline void thread_wait(struct thread *t)
{
	uv_cond_wait(&t->wake, &t->lock);
}
/* False when the time was over first. */
static inline bool thread_wait_ns(struct thread *t, uint64_t ns)
{
	return uv_cond_timedwait(&t->wake, &t->lock, ns) == 0;
}

#endif
