/*
 * members.h - every member of the structs that go into account_step and come out of it, once.
 *
 * Who compares, writes or reads them whole goes by these lists: the recording (core/record) and the
 * rules of the tests.  The order is that in a recording of this build; a recording says its own, by
 * name, so members may be added, moved and dropped freely.  A renamed one is a new one.
 */
#ifndef RELINK_POLICY_MEMBERS_H
#define RELINK_POLICY_MEMBERS_H

// clang-format off
/* struct account: kept in the store, */
#define ACCOUNT_KEPT_MEMBERS(M)                                                                   \
	M(generation) M(rng) M(since) M(timer_at) M(minted_at) M(up_since) M(want) M(state) M(after)  \
	M(status) M(cause) M(action) M(profile) M(priority) M(fails) M(waits) M(profile_fails)        \
	M(flap.gaps) M(flap.at_s) M(flap.step) M(slow_step) M(close_tries) M(open) M(person) M(fresh) M(fresh_next) M(was_up) M(replaced)    \
	M(seen)
/* and known while the process runs. */
#define ACCOUNT_VOLATILE_MEMBERS(M)                                                               \
	M(op) M(sure) M(slot) M(suspect) M(suspect_source) M(evidence_at) M(absent_since) M(looks)
#define ACCOUNT_MEMBERS(M) ACCOUNT_KEPT_MEMBERS(M) ACCOUNT_VOLATILE_MEMBERS(M)

#define EVENT_MEMBERS(M)                                                                          \
	M(kind) M(cause) M(source) M(now) M(at) M(generation) M(retry_after) M(floor) M(cut_off)      \
	M(bare) M(bulk) M(hands_off) M(excused) M(crowded) M(brake) M(failed_life)                    \
	M(before.fails) M(before.waits) M(before.profile) M(before.profile_fails)                     \
	M(before.slow_step) M(before.replaced) M(before.flap.gaps) M(before.flap.at_s)                \
	M(before.flap.step)

#define EFFECTS_MEMBERS(M)                                                                        \
	M(stale) M(changed) M(tell) M(mint) M(resume) M(abandon) M(close) M(reason) M(bug) M(look)    \
	M(from) M(abandoned) M(kept) M(kept_cause)

#define POLICY_MEMBERS(M)                                                                         \
	M(backoff_base) M(backoff_cap) M(stable) M(start_deadline) M(qr_deadline) M(settle) M(join)   \
	M(close_retry_cap) M(slow[0]) M(slow[1]) M(slow[2]) M(slow_cap) M(max_fails)                  \
	M(max_close_tries) M(fenced) M(flap.window) M(flap.wait) M(flap.stable) M(flap.losses)        \
	RELINK_CAUSES(CAUSE_CHOICE_MEMBERS)
/* What operators want of each cause.  Takes M from where POLICY_MEMBERS is used. */
#define CAUSE_CHOICE_MEMBERS(name, n, text, doc)                                                  \
	M(causes[RELINK_##name].then) M(causes[RELINK_##name].attempts)
// clang-format on

#endif
