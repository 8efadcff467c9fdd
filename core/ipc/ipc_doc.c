/*
 * ipc_doc.c - the program `ipc-doc`: what messages.def means, for README.md and for the fuzzer.
 *
 *	ipc-doc protocol      print the tables
 *	ipc-doc dictionary    print a libFuzzer dictionary
 */
#include <stdio.h>

#include "ipc/describe.h"

#define OUTPUT_MAX (1u << 20)

int main(int argc, char **argv)
{
	struct str what = argc == 2 ? str_of(argv[1]) : STR_NONE;
	struct buf out;
	int failed;

	buf_init(&out, OUTPUT_MAX);
	if (str_is(what, "protocol")) {
		describe_protocol(&out);
	} else if (str_is(what, "dictionary")) {
		describe_dictionary(&out);
	} else {
		fputs("usage: ipc-doc protocol | dictionary\n", stderr);
		return 2;
	}
	failed = out.failed != 0 || fwrite(out.p, 1, out.n, stdout) != out.n || fflush(stdout) != 0;
	buf_fini(&out);
	if (failed)
		fputs("ipc-doc: cannot write everything\n", stderr);
	return failed ? 1 : 0;
}
