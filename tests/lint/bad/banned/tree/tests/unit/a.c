int a(void)
{
	int r = rand() + time(NULL);

	return r + sprintf(to, "%d", r);
}
