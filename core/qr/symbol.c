/* symbol.c - see symbol.h; libqrencode does the work. */
#include "qr/symbol.h"

#include <errno.h>
#include <qrencode.h>

int symbol_make(struct symbol *s, struct str text)
{
	QRcode *code;

	*s = (struct symbol){ 0 };
	if (text.n == 0 || text.n > SYMBOL_TEXT)
		return ERR_TOOBIG;
	code = QRcode_encodeData((int)text.n, (const unsigned char *)text.p, 0, QR_ECLEVEL_L);
	if (code == NULL)
		return errno == ENOMEM ? ERR_NOMEM : ERR_TOOBIG;
	s->code = code;
	s->width = code->width;
	return 0;
}

void symbol_fini(struct symbol *s)
{
	QRcode_free(s->code);
	*s = (struct symbol){ 0 };
}

bool symbol_is_dark(const struct symbol *s, int x, int y)
{
	const QRcode *code = s->code;

	if (x < 0 || y < 0 || x >= s->width || y >= s->width)
		return false;
	return (code->data[y * s->width + x] & 1) != 0;
}
