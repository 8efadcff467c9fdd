/* forward_place.c - the place in the journal, as it is kept and read again. */
#include "base/clock.h"
#include "base/killpoint.h"
#include "out/forward_state.h"

static void on_saved(void *arg)
{
	struct forward *f;

	OBJ_CAST(f, arg, FORWARD_MAGIC);
	KP("out.forward.saved");
	f->saving = false;
	if (!f->stopped)
		forward_pump(f);
}

void forward_save(struct forward *f)
{
	struct forward_account *a, *next;
	struct buf behind;

	buf_init(&behind, BEHIND_MAX);
	HASH_ITER(hh, f->accounts, a, next)
	{
		buf_printf(&behind, "%s%llu:%llu", behind.n > 0 ? "," : "",
			   (unsigned long long)a->row, (unsigned long long)forward_account_done(a));
	}
	f->saved_at = clock_ms();
	if (behind.failed == 0 &&
	    f->port.save(f->port.ctx, &(struct forward_place){ f->scan, buf_all(&behind) },
			 on_saved, f) == 0) {
		f->dirty = false;
		f->saving = true;
		f->stats.saves++;
	}
	buf_fini(&behind);
}

int forward_parse_behind(struct forward *f, struct str s)
{
	while (s.n > 0) {
		const char *colon = memchr(s.p, ':', s.n), *comma = memchr(s.p, ',', s.n);
		size_t n = comma != NULL ? (size_t)(comma - s.p) : s.n;
		struct forward_account *a;
		uint64_t row, seq;

		if (colon == NULL || colon >= s.p + n ||
		    !str_to_u64((struct str){ s.p, (size_t)(colon - s.p) }, INT64_MAX, &row) ||
		    !str_to_u64((struct str){ colon + 1, (size_t)(s.p + n - colon - 1) }, INT64_MAX,
				&seq) ||
		    forward_account_of(f, row) != NULL ||
		    HASH_COUNT(f->accounts) == FORWARD_ACCOUNTS)
			return ERR_FORMAT;
		a = forward_account_new(f, row, seq);
		if (a == NULL)
			return ERR_NOMEM;
		a->more = true;
		forward_account_settle(f, a);
		if (comma != NULL && ++n == s.n)
			return ERR_FORMAT;
		s = (struct str){ s.p + n, s.n - n };
	}
	return 0;
}
