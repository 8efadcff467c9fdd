/*
 * many.h - operations on many accounts: pauses of automation, jobs, instances on trial.  state.h includes
 * it; so does nobody else.
 */
#ifndef RELINK_ENGINE_MANY_H
#define RELINK_ENGINE_MANY_H
#include "engine/state.h"

/* hands_off.c: where automation is paused */
bool hands_off(const struct engine *, const struct member *);
/* And is it automation that wants something of this account, and not a person? */
bool hands_off_ours(const struct engine *, const struct member *);
/* The next that `next` finds of those who may start; others leave their queue. */
struct member *hands_off_next(struct engine *, struct provider *,
			      struct member *next(struct engine *, struct provider *));
void hands_off_go_on(struct engine *);
/* Why it does not start, as place_waits. */
struct str hands_off_waits(const struct engine *, const struct member *, char *text, size_t size,
			   unsigned *ret_action);
int pause_add(struct engine *, const struct pause_record *);
void pauses_begin(struct engine *); /* after loading */
void pauses_end_by_themselves(struct engine *);
void pauses_free(struct engine *);
void pause_forget(struct engine *, struct str account);
void pause_command(struct engine *, struct command *given); /* COMMAND_PAUSE, COMMAND_UNPAUSE */
void pauses_each(const struct engine *, void (*each)(void *arg, const struct pause_view *),
		 void *arg);
bool pause_view_of(const struct engine *, const struct member *, struct pause_view *ret_view);

/* bulk.c: work on many accounts */
int bulk_add(struct engine *, const struct bulk_record *);
void bulk_free(struct engine *);
void bulk_due(struct engine *, struct timer *);
void bulk_settled(struct member *); /* counted no more, if it has got where it was going */
void bulk_command(struct engine *, struct command *given); /* COMMAND_BULK, COMMAND_BULK_CANCEL */
void bulk_count(struct engine *, const struct command *, struct bulk_count *ret_count,
		void (*each)(void *arg, struct str id), void *arg);
void bulk_each(const struct engine *, void (*each)(void *arg, const struct bulk_view *), void *arg);

/* canaries.c: instances on trial */
/* Write down what was decided about the instance. */
void instance_keep(struct engine *, const struct instance *);
/* May an account be placed there, as far as its trial goes? */
bool canary_takes_one(const struct instance *);
/* A step of an account that is or was at the instance (NULL: none). */
void canary_saw(struct engine *, struct instance *, const struct account *, unsigned event,
		const struct effects *);
void canary_resume(struct engine *, struct instance *);

#endif
