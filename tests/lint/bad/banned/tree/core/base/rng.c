int chance(void)
{
	return getrandom(to, 1, 0) + time(NULL);
}
