void a(void)
{
	KP("store.committed");
	SKP("not.one");
	KP("store.written"); KP("WronglyNamed");
	KP("store.committed");
}
