#include <stdlib.h>

static int calls;
int calls_of(void *p);
int calls_of(void *p)
{
	free(p);
	return ++calls;
}
