#ifndef NEEDY_H
#define NEEDY_H
size_t needy(void);
#endif
