#ifndef GOOD_H
#define GOOD_H
#include <stddef.h>
struct good {
	size_t n;
};
#endif
