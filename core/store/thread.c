/* thread.c - starting and ending the writer and the reader. */
#include "store/thread.h"

#include <pthread.h>

int thread_start(struct thread *t, void (*main)(void *arg), void *arg, const char *name,
		 struct why *why)
{
	*t = (struct thread){ 0 };
	if (uv_mutex_init(&t->lock) != 0)
		goto out;
	if (uv_cond_init(&t->wake) != 0)
		goto no_cond;
	if (uv_thread_create(&t->id, main, arg) != 0)
		goto no_thread;
	pthread_setname_np(t->id, name);
	t->running = true;
	return 0;
no_thread:
	uv_cond_destroy(&t->wake);
no_cond:
	uv_mutex_destroy(&t->lock);
out:
	return why_set(why, ERR_UNAVAILABLE,
		       "cannot start thread %s; raise the limit of processes (ulimit -u)", name);
}

void thread_stop(struct thread *t)
{
	if (!t->running)
		return;
	thread_lock(t);
	t->stopping = true;
	thread_wake(t);
	thread_unlock(t);
	uv_thread_join(&t->id);
	uv_cond_destroy(&t->wake);
	uv_mutex_destroy(&t->lock);
	t->running = false;
}
