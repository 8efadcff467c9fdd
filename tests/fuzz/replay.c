/*
 * replay.c - main() of a fuzz target when there is no libFuzzer: runs each file of the folders (or
 * files) in argv once, so that every past finding stays a test of the default build.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned n_run;

static int run_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = malloc(4u << 20);
	size_t n;

	if (f == NULL || data == NULL) {
		perror(path);
		exit(1);
	}
	n = fread(data, 1, 4u << 20, f);
	fclose(f);
	/* a block of exactly this size, so that AddressSanitizer sees a read past the end */
	uint8_t *exact = malloc(n > 0 ? n : 1);

	if (exact == NULL)
		exit(1);
	for (size_t i = 0; i < n; i++)
		exact[i] = data[i];
	free(data);
	LLVMFuzzerTestOneInput(exact, n);
	free(exact);
	n_run++;
	return 0;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		DIR *dir = opendir(argv[i]);
		struct dirent *e;

		if (dir == NULL) {
			run_file(argv[i]);
			continue;
		}
		while ((e = readdir(dir)) != NULL) {
			char path[4096];

			if (e->d_name[0] == '.')
				continue;
			snprintf(path, sizeof path, "%s/%s", argv[i], e->d_name);
			run_file(path);
		}
		closedir(dir);
	}
	if (n_run == 0) {
		fprintf(stderr, "no corpus files found\n");
		return 1;
	}
	printf("%u inputs\n", n_run);
	return 0;
}
