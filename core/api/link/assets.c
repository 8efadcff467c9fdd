/* assets.c - files that the compiler puts into the program (the assembler's .incbin). */
#include "api/link/assets.h"

#define ASSET(name, file)                                                                 \
	__asm__(".pushsection .rodata\n" #name "_begin: .incbin \"" LINK_FOLDER "/" file  \
		"\"\n" #name "_end: .byte 0\n.popsection\n");                             \
	extern const char name##_begin[], name##_end[];                                   \
	struct str link_##name(void)                                                      \
	{                                                                                 \
		return (struct str){ name##_begin, (size_t)(name##_end - name##_begin) }; \
	}

ASSET(page_js, "page.js")
ASSET(page_css, "page.css")
