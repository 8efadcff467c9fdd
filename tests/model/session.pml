/*
 * session.pml - one account's sessions at one provider, through crashes of the core anywhere.
 *
 * The protocol of core/engine and core/policy, without numbers: a life is minted in a commit, its create
 * leaves when that is durable, evidence adopts it, two complete lists or a deadline abandon it in another
 * commit, and only then its disconnect may leave.  Each step below stands in one atomic block, so spin puts
 * a crash, a lost message, a late one, a lie and a person's wish between any two.  README.md tells how it
 * is run, and what each mutant (M_*) takes away.
 *
 * Time is not here: a deadline may pass whenever the budget allows, the settle time is "two lists, the
 * second asked for after the first was answered".
 */
#ifndef CRASHES
#define CRASHES 1 /* of the core */
#endif
#ifndef LOSSES
#define LOSSES 1 /* creates that get lost, sessions that die, disconnects that are answered and not done */
#endif
#ifndef DEADLINES
#define DEADLINES 1 /* that pass although the create is still under way, or the session lives */
#endif
#ifndef PARTIALS
#define PARTIALS 1 /* lists that leave sessions out, and say so */
#endif
#ifndef WISHES
#define WISHES 1 /* a person wants it disconnected, and connected again */
#endif
#define LIVES 6 /* more than the budgets can use; asserted */

#define NONE      0
#define MINTED    1 /* open: intent or adopted */
#define ABANDONED 2

#define EACH(x) x(1) x(2) x(3) x(4) x(5) x(6)

/* --- what is true at the provider, and on the way there; any order --- */
bool live[LIVES + 1], creating[LIVES + 1], closing[LIVES + 1], died[LIVES + 1];
byte n_live, highest, spawned;

/* --- the store: what survives --- */
byte d_life;
bool d_open, d_want = 1;
byte ledger[LIVES + 1];

/* --- the core: what it holds in memory, and its one commit --- */
bool running = 1, open, unanswered, seen, pushed, want = 1;
byte life, absences;
byte commit;                    /* 0: none, 1: on its way to the disk, 2: durable, not acted on */
byte then_create, then_close;   /* what leaves when it is durable */

/* --- a list --- */
byte asking; /* 0: no, 1: the question is on its way, 2: the answer is */
bool listed[LIVES + 1], complete;

/* --- budgets, and what the properties count --- */
byte crashes = CRASHES, losses = LOSSES, deadlines = DEADLINES, partials = PARTIALS, wishes = WISHES;
byte sent[LIVES + 1], asked_again, deadlines_late;

#define ANY(a)    (a[1] || a[2] || a[3] || a[4] || a[5] || a[6])
#define PICK(a,v) if :: a[1] -> v = 1 :: a[2] -> v = 2 :: a[3] -> v = 3 :: a[4] -> v = 4 :: a[5] -> v = 5 \
		  :: a[6] -> v = 6 fi
/* a life that the ledger has given up, and that runs */
#define STRAY(x)  (live[x] && ledger[x] == ABANDONED && !closing[x])
#define STRAYS    (STRAY(1) || STRAY(2) || STRAY(3) || STRAY(4) || STRAY(5) || STRAY(6))

inline end_life(x)
{
	if
	:: live[x] -> live[x] = 0; n_live--
	:: else
	fi
}

/* The newest life is given up, in memory and in the commit under way. */
inline abandon(with_close)
{
	open = 0; unanswered = 0; seen = 0; pushed = 0; absences = 0;
	commit = 1; then_create = 0;
	then_close = (with_close -> life : 0)
}

proctype Provider()
{
	byte g;

end:	do
	:: atomic {
		ANY(creating) -> PICK(creating, g); creating[g] = 0;
		if
		:: losses > 0 -> losses--
		:: true ->
#ifdef FENCED
			if
			:: g < highest
			:: else ->
				highest = g;
				end_life(1); end_life(2); end_life(3); end_life(4); end_life(5); end_life(6);
				live[g] = 1; n_live++; spawned++
			fi;
			assert(n_live <= 1)	/* P1: where the provider fences, never two */
#else
			assert(!live[g]);	/* P5, seen from there: one create a life */
			live[g] = 1; n_live++; spawned++
#endif
		fi;
		g = 0 }
	:: atomic {
		ANY(closing) -> PICK(closing, g); closing[g] = 0;
		if
		:: live[g] && losses > 0 -> losses--	/* "done", and it is not */
		:: live[g] ->
			assert(!(d_open && d_life == g)); /* P4: what the ledger has open is never ended */
			end_life(g)
		:: else
		fi;
		g = 0 }
	:: atomic {
		losses > 0 && ANY(live) -> losses--; PICK(live, g);
		end_life(g); died[g] = 1; g = 0 }
	:: atomic {
		asking == 1 -> asking = 2;
		listed[1] = live[1]; listed[2] = live[2]; listed[3] = live[3];
		listed[4] = live[4]; listed[5] = live[5]; listed[6] = live[6];
		complete = 1;
		if
		:: true
		:: partials > 0 && n_live > 0 ->
			partials--; complete = 0; PICK(live, g); listed[g] = 0; g = 0
		fi }
	od
}

/* One listed life: ours and current, ours and given up, or (here) nothing else. */
#define HEAR(x) \
	if \
	:: listed[x] && open && life == x -> seen = 1; absences = 0; pushed = 0 \
	:: listed[x] && ledger[x] == ABANDONED && CLOSES_STRAYS -> closing[x] = 1 \
	:: else \
	fi;
#ifdef M_NO_SWEEP
#define CLOSES_STRAYS 0
#else
#define CLOSES_STRAYS 1
#endif
#ifdef M_ONE_LIST
#define ENOUGH 1
#else
#define ENOUGH 2
#endif
/* A create that is still on its way is not missed within the settle time, whoever asks. */
#ifdef M_NO_SETTLE
#define SETTLED 1
#else
#define SETTLED (!creating[life] || deadlines > 0)
#endif
#ifdef M_PARTIAL_IS_COMPLETE
#define COMPLETE 1
#else
#define COMPLETE complete
#endif

proctype Core()
{
	byte g;

end:	do
	/* MINT: written down before anything happens. */
	:: atomic {
		running && commit == 0 && want && !open ->
		life++;
		assert(life <= LIVES); /* the budgets fit */
		open = 1; unanswered = 1; seen = 0; absences = 0; pushed = 0;
		commit = 1; then_create = life; then_close = 0;
#ifdef M_SEND_FIRST
		sent[life]++; creating[life] = 1; then_create = 0
#endif
	   }
	/* The disk: a commit becomes durable as a whole. */
	:: atomic {
		running && commit == 1 -> commit = 2;
		if
		:: d_open && (!open || d_life != life) -> ledger[d_life] = ABANDONED
		:: else
		fi;
		d_life = life; d_open = open; d_want = want;
		if
		:: open -> ledger[life] = MINTED
		:: else
		fi }
	/* ACT: from memory, once. */
	:: atomic {
		running && commit == 2 -> commit = 0;
		if
		:: then_create > 0 ->
			assert(sent[then_create] == 0); /* P5 */
			assert(ledger[then_create] == MINTED);	/* P6: intent before effect */
			sent[then_create]++; creating[then_create] = 1
		:: else
		fi;
		if
		:: then_close > 0 ->
			assert(ledger[then_close] == ABANDONED); /* P4, seen from here: store first, end after */
			closing[then_close] = 1
		:: else
		fi;
		then_create = 0; then_close = 0 }
	/* The create is answered: that proves nothing.  Or its answer is never heard of. */
	:: atomic {
		running && commit == 0 && open && unanswered && !creating[life] -> unanswered = 0 }
	:: atomic {
		running && commit == 0 && open && unanswered && creating[life] && deadlines > 0 ->
		deadlines--; unanswered = 0 }
	/* ASK, when there is something to learn. */
	:: atomic {
		running && asking == 0 && commit == 0 &&
		((open && !unanswered && SETTLED && (!seen || !live[life] || pushed)) || (CLOSES_STRAYS && STRAYS)) -> asking = 1 }
	:: atomic {
		running && asking == 2 && commit == 0 -> asking = 0;
		EACH(HEAR)
		if
		:: open && !unanswered && COMPLETE && !listed[life] && SETTLED ->
			if
			:: creating[life] && deadlines > 0 -> deadlines--
			:: else
			fi;
			absences++;
			if
			:: absences >= ENOUGH || pushed -> abandon(0)
			:: else
			fi
		:: else
		fi;
		listed[1] = 0; listed[2] = 0; listed[3] = 0; listed[4] = 0; listed[5] = 0; listed[6] = 0;
		complete = 0 }
	/* A push: one piece of evidence, about one life. */
	:: atomic {
		running && commit == 0 && ANY(died) -> PICK(died, g); died[g] = 0;
		if
#ifdef M_STALE_EVENT
		:: open ->
			assert(!live[life] || creating[life] || g == life); /* P7: a late event changes nothing */
			abandon(0)
#else
		:: open && g == life -> pushed = 1
#endif
		:: else
		fi;
		g = 0 }
	/* The start's deadline: our own start that nobody adopted needs no second piece. */
	:: atomic {
		running && commit == 0 && open && !seen && deadlines > 0 ->
		deadlines--; deadlines_late++;
#ifdef M_CLOSE_FIRST
		closing[life] = 1;
#endif
		abandon(1) }
	/* A person. */
	:: atomic {
		running && commit == 0 && wishes > 0 && want -> wishes--; want = 0;
		if
		:: open -> asked_again++; abandon(1)
		:: else -> commit = 1; then_create = 0; then_close = 0
		fi }
	:: atomic {
		running && commit == 0 && !want -> want = 1; commit = 1; then_create = 0; then_close = 0 }
	/* kill -9: memory is gone; what was on its way to the disk may have arrived or not. */
	:: atomic {
		running && crashes > 0 -> crashes--;
		if
		:: commit == 1 ->
			if
			:: d_open && (!open || d_life != life) -> ledger[d_life] = ABANDONED
			:: else
			fi;
			d_life = life; d_open = open; d_want = want;
			if
			:: open -> ledger[life] = MINTED
			:: else
			fi
		:: true
		fi;
		running = 0; commit = 0; then_create = 0; then_close = 0; asking = 0;
		listed[1] = 0; listed[2] = 0; listed[3] = 0; listed[4] = 0; listed[5] = 0; listed[6] = 0;
		complete = 0; seen = 0; absences = 0; pushed = 0; unanswered = 0 }
	:: atomic {
		!running -> running = 1; life = d_life; open = d_open; want = d_want;
#ifdef M_RESEND
		if
		:: open && !live[life] -> sent[life]++; creating[life] = 1; unanswered = 1
		:: else
		fi
#endif
	   }
	od
}

/* When nothing can happen any more: the budgets are used up, or fate left them unused. */
proctype Judge()
{
	timeout ->
#ifdef M_JUDGE
	assert(false); /* reached: the other assertions below are, too */
#endif
	assert(want && open && live[life] && n_live == 1); /* P2: in the end exactly one, the current one */
	assert(d_open && d_life == life && ledger[life] == MINTED);
	/* P3: each session that was started has its reason, and a crash of the core is none. */
	assert(spawned <= 1 + (LOSSES - losses) + deadlines_late + (DEADLINES - deadlines) + asked_again)
}

init { atomic { run Provider(); run Core(); run Judge() } }
