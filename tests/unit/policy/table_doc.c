/* table_doc.c - the program `policy-doc` prints the last part of core/policy/README.md. */
#include <stdio.h>

#include "describe.h"

#define OUTPUT_MAX (1u << 20)

int main(void)
{
	struct buf out;
	int failed;

	buf_init(&out, OUTPUT_MAX);
	describe_policy(&out);
	failed = out.failed != 0 || fwrite(out.p, 1, out.n, stdout) != out.n || fflush(stdout) != 0;
	buf_fini(&out);
	if (failed)
		fputs("policy-doc: cannot write everything\n", stderr);
	return failed ? 1 : 0;
}
