/* body.c - see body.h. */
#include "body.h"

#include "base/json.h"

void body_of_options(struct buf *to, const struct options *o, uint64_t which, const char *id)
{
	struct json j = json_to(to);

	json_object(&j, NULL);
	if (id != NULL)
		json_text(&j, "id", id);
	for (unsigned i = 0; i < OPTION_COUNT; i++) {
		const struct option_spec *s = &option_specs[i];

		if ((which & o->given) >> i & 1) {
			if (s->kind == OPTION_FLAG)
				json_bool(&j, s->name, true);
			else if (s->kind == OPTION_OBJECT)
				json_raw(&j, s->name, str_of(o->text[i]));
			else
				json_text(&j, s->name, o->text[i]);
		}
	}
	json_object_end(&j);
}
