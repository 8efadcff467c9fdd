#include <string.h>

int helper(int x);
void pure(char *to, const char *from)
{
	static const char *const words[] = { "a", "b" };

	memcpy(to, from, 4096);
	memset(to, helper(words[*to & 1][0]), 4096);
}
