#include <sqlite3.h>
/* A comment may say sprintf(x) and time(NULL), and ask the system (kindly). */
static const char *text = "system(\"x\") and rand()"; // so may strtok(this)
int snprintf_is_fine(char *to)
{
	host->time(host);
	my_system(1);
	sprintf(to, "%d", 1);
	strcpy(to, text);
	strcat (to, text);
	n = atoi(text);
	p = strtok(to, ",");
	p = alloca(12);
	system(text);
	popen(text, "r");
	gets(to);
	now = time(NULL);
	clock_gettime(CLOCK_REALTIME, &ts);
	n = rand();
	getrandom(to, 1, 0);
	pthread_mutex_lock(&lock);
	dlopen(text, RTLD_NOW | RTLD_GLOBAL);
	sqlite3_open(text, &db);
}
