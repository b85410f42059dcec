/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * See crash_san.h.  gcc's code calls __asan_report_load8() and its like, which do
 * not return.  The ones below stand in front of libasan's: they let the
 * _noabort variants do the reporting, which do return, with all locks released.
 */
#include "sim/crash_san.h"

#include "sim/coro.h"	/* CORO_ASAN */

#ifdef CORO_ASAN
#include <sanitizer/asan_interface.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAIN_STACK_BYTES (1u << 20)	/* below crash_protect(): more than any body uses */

static struct crash first;
static volatile bool reporting;

const char *__asan_default_options(void);
void __asan_on_error(void);
void __ubsan_on_report(void);
void __ubsan_get_current_report_data(const char **kind, const char **message, const char **file,
				     unsigned int *line, unsigned int *column, char **address)
	__attribute__((weak));

/* Reports return, so that it is ours to say what happens next; each run may have the same one. */
__attribute__((used)) const char *__asan_default_options(void)
{
	return "halt_on_error=0:suppress_equal_pcs=0";
}

/* Called by libasan when it knows what it will print. */
__attribute__((used)) void __asan_on_error(void)
{
	char text[sizeof(first.text)];

	reporting = true;
	if (!crash_protected() || first.kind != CRASH_NONE)
		return;
	snprintf(text, sizeof(text), "ASan: %s", __asan_get_report_description());
	crash_record_here(&first, text);
}

/* Called by libubsan likewise. */
__attribute__((used)) void __ubsan_on_report(void)
{
	const char *kind = "undefined behaviour", *message = "", *file = "";
	char text[sizeof(first.text)], *address = NULL;
	unsigned int line = 0, column = 0;

	if (!crash_protected() || first.kind != CRASH_NONE)
		return;
	if (__ubsan_get_current_report_data)
		__ubsan_get_current_report_data(&kind, &message, &file, &line, &column, &address);
	snprintf(text, sizeof(text), "UBSan: %s: %s", kind, message);
	crash_record_here(&first, text);
	if (line && file && *file) {
		char function[sizeof(first.site)];
		const char *slash = strrchr(file, '/');

		memcpy(function, first.site, sizeof(function));
		snprintf(first.site, sizeof(first.site), "%.40s:%u %.48s", slash ? slash + 1 : file, line, function);
	}
}

/* Called by libasan after it has printed. */
static void on_printed(const char *report)
{
	(void)report;
	reporting = false;
	if (!crash_protected())
		abort();
}

static _Noreturn __attribute__((used)) void end_body(void)
{
	if (!crash_protected())
		abort();
	crash_end(CRASH_FAULT, first.text);
}

#define REPORT(name)								\
	void crash_libasan_##name(void *address) asm("__asan_report_" #name "_noabort"); \
	_Noreturn void crash_report_##name(void *address) asm("__asan_report_" #name);	\
	_Noreturn void crash_report_##name(void *address)			\
	{									\
		crash_libasan_##name(address);					\
		end_body();							\
	}

#define REPORT_N(name)								\
	void crash_libasan_##name(void *address, uint64_t n) asm("__asan_report_" #name "_noabort"); \
	_Noreturn void crash_report_##name(void *address, uint64_t n) asm("__asan_report_" #name); \
	_Noreturn void crash_report_##name(void *address, uint64_t n)		\
	{									\
		crash_libasan_##name(address, n);				\
		end_body();							\
	}

REPORT(load1)
REPORT(load2)
REPORT(load4)
REPORT(load8)
REPORT(load16)
REPORT_N(load_n)
REPORT(store1)
REPORT(store2)
REPORT(store4)
REPORT(store8)
REPORT(store16)
REPORT_N(store_n)

bool crash_san_reporting(void)
{
	return reporting;
}

void crash_san_init(void)
{
	__asan_set_error_report_callback(on_printed);
}

void crash_san_begin(void)
{
	first.kind = CRASH_NONE;
}

void crash_san_end(struct crash *c)
{
	if (first.kind != CRASH_NONE)
		*c = first;
}

__attribute__((no_sanitize("address")))
void crash_san_escaped(void *signal_stack, size_t bytes)
{
	uint8_t *here = __builtin_frame_address(0);

	ASAN_UNPOISON_MEMORY_REGION(signal_stack, bytes);
	ASAN_UNPOISON_MEMORY_REGION(here - MAIN_STACK_BYTES, MAIN_STACK_BYTES);
}
#else
bool crash_san_reporting(void)
{
	return false;
}

void crash_san_init(void)
{
}

void crash_san_begin(void)
{
}

void crash_san_end(struct crash *c)
{
	(void)c;
}

void crash_san_escaped(void *signal_stack, size_t bytes)
{
	(void)signal_stack;
	(void)bytes;
}
#endif
