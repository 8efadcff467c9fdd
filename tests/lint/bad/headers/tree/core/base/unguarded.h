struct unguarded {
	int n;
};
