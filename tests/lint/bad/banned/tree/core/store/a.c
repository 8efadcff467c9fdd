#include <sqlite3.h>
int a(void)
{
	pthread_create(&thread, NULL, run, NULL);
	return sqlite3_open(text, &db);
}
