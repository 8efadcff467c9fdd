/*
 * frame_fuzz.c - any bytes from a peer: as a stream of frames, and as the value of one.
 *
 * The second way spares the fuzzer from guessing lengths.  prove.h says what must hold.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/must.h"
#include "fuzz.h"
#include "ipc/frame.h"
#include "prove.h"

int fuzz_one(const uint8_t *data, size_t size)
{
	struct str all = { (const char *)data, size }, stream = all, value;
	int n;

	while ((n = frame_peek(stream, &value)) > 0) {
		must((size_t)n == FRAME_HEAD + value.n && (size_t)n <= stream.n);
		prove_frame(value);
		stream = (struct str){ stream.p + n, stream.n - (size_t)n };
	}
	prove_frame(all);
	return 0;
}
