int now(void)
{
	return clock_gettime(CLOCK_REALTIME, &ts) + rand();
}
