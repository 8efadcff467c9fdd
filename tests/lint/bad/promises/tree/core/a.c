/* TODO: later */
/* FIXME */
int XXX;
char name[] = "/tmp/x.XXXXXX"; /* methodology */
/* a HACK */
