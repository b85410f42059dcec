// SPDX-License-Identifier: GPL-2.0-only
/*
 * Small services: the console, formatting, diagnostics.
 *
 * Different on purpose: printk text goes to hs_printk() unformatted by level, and
 * rate limits never limit (every message counts).
 */
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/bug.h>
#include <linux/kobject.h>
#include <linux/slab.h>
#include "env.h"

extern char __start_kw_bugs[], __stop_kw_bugs[];
extern char __start_kw_once[], __stop_kw_once[];

int vsnprintf(char *buf, size_t size, const char *fmt, va_list args);	/* libc's, no kernel %p forms */

/* printk("%pX") prints kernel objects; libc prints the pointer, so cut the address out. */
static void kw_log(const char *fmt, va_list args)
{
	char text[256];

	if (fmt[0] == '\001' && fmt[1])
		fmt += 2;
	vsnprintf(text, sizeof(text), fmt, args);
	hs_printk(text);
}

int _printk(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	kw_log(fmt, args);
	va_end(args);
	return 0;
}

void __warn_printk(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	kw_log(fmt, args);
	va_end(args);
}

int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(buf, size, fmt, args);
	va_end(args);
	if (n < 0 || !size)
		return 0;
	return n < size ? n : size - 1;
}

ssize_t (strscpy)(char *dst, const char *src, size_t n) { return scnprintf(dst, n, "%s", src); }
ssize_t sized_strscpy(char *dst, const char *src, size_t n) { return scnprintf(dst, n, "%s", src); }

int ___ratelimit(struct ratelimit_state *rs, const char *func) { return 1; }
void panic(const char *fmt, ...) { hs_panic(fmt); }
void refcount_warn_saturate(struct refcount_struct *r, enum refcount_saturation_type t);

/* --- Bitmaps: the two calls that are not inline; lib/bitmap.c brings a parser that nobody needs. */
void __bitmap_or(unsigned long *dst, const unsigned long *a, const unsigned long *b, unsigned int bits)
{
	u32 i;

	for (i = 0; i < BITS_TO_LONGS(bits); i++)
		dst[i] = a[i] | b[i];
}

void __bitmap_set(unsigned long *map, unsigned int start, int len)
{
	while (len-- > 0)
		__set_bit(start++, map);
}

/* --- BUG and WARN: ud2 with an entry in the bug table. */
#ifdef HAVE_ARCH_BUG_FORMAT_ARGS
/* WARN with a text, in younger trees: the entry is an argument, and the ud2 is here. */
static u64 kw_warn_addr;
extern const char kw_warn_ud2[];

static u64 kw_bug_addr(const struct bug_entry *b) { return (u64)&b->bug_addr_disp + b->bug_addr_disp; }

noinline void __WARN_trap(struct bug_entry *bug, ...)
{
	kw_warn_addr = kw_bug_addr(bug);
	asm volatile(".globl kw_warn_ud2\nkw_warn_ud2:\tud2" : : : "memory");
}
DEFINE_STATIC_CALL(WARN_trap, __WARN_trap);
#endif

bool kw_bug_find(u64 rip, struct kw_bug *out)
{
	const struct bug_entry *b = (const void *)__start_kw_bugs;

#ifdef HAVE_ARCH_BUG_FORMAT_ARGS
	if (rip == (u64)kw_warn_ud2)
		rip = kw_warn_addr;
#endif

	for (; (const char *)b < __stop_kw_bugs; b++) {
#ifdef CONFIG_GENERIC_BUG_RELATIVE_POINTERS
		u64 addr = (u64)&b->bug_addr_disp + b->bug_addr_disp;
		const char *file = (const char *)&b->file_disp + b->file_disp;
#else
		u64 addr = b->bug_addr;
		const char *file = b->file;
#endif
		if (addr != rip)
			continue;
		out->addr = addr;
		out->file = file;
		out->line = b->line;
		out->is_warn = b->flags & BUGFLAG_WARNING;
		return true;
	}
	return false;
}

void kw_once_clear(void)
{
	memset(__start_kw_once, 0, __stop_kw_once - __start_kw_once);
}
