/* assets.h - the page's script and style sheet, as they lie beside this file. */
#ifndef RELINK_API_LINK_ASSETS_H
#define RELINK_API_LINK_ASSETS_H
#include "base/str.h"

struct str link_page_js(void);
struct str link_page_css(void);

#endif
