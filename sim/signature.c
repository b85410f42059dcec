/* SPDX-License-Identifier: GPL-2.0-only */
/* See signature.h. */
#include "sim/signature.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define X2APIC_FIRST	0x800u
#define X2APIC_LAST	0x83fu

/* SDM, "Local APIC Register Address Map", by offset. */
static const struct {
	uint32_t offset;
	const char *name;
} registers[] = {
	{ 0x020, "id" }, { 0x030, "version" }, { 0x080, "tpr" }, { 0x090, "apr" }, { 0x0a0, "ppr" }, { 0x0b0, "eoi" },
	{ 0x0d0, "ldr" }, { 0x0e0, "dfr" }, { 0x0f0, "svr" }, { 0x280, "esr" }, { 0x2f0, "lvtcmci" },
	{ 0x300, "icr" }, { 0x310, "icr2" }, { 0x320, "lvtt" }, { 0x330, "lvtthmr" }, { 0x340, "lvtpc" },
	{ 0x350, "lvt0" }, { 0x360, "lvt1" }, { 0x370, "lvterr" }, { 0x380, "tmict" }, { 0x390, "tmcct" },
	{ 0x3e0, "tdcr" }, { 0x3f0, "self-ipi" },
};

static const char *register_name(uint32_t offset)
{
	if (offset >= 0x100 && offset < 0x180)
		return "isr";
	if (offset >= 0x180 && offset < 0x200)
		return "tmr";
	if (offset >= 0x200 && offset < 0x280)
		return "irr";
	for (size_t i = 0; i < sizeof(registers) / sizeof(registers[0]); i++)
		if (registers[i].offset == offset)
			return registers[i].name;
	return "reserved";
}

static const char *msr_name(uint32_t msr)
{
	switch (msr) {
	case 0x1b:
		return "apic-base";
	case 0x6e0:
		return "tsc-deadline";
	case 0x4b564d04:
		return "pv-eoi";
	case 0x40000070 ... 0x40000073:
		return "hyperv";
	default:
		return msr >= X2APIC_FIRST && msr <= X2APIC_LAST ? register_name((msr - X2APIC_FIRST) << 4) : "msr";
	}
}

/* Where the first number begins; one within a word ("LINT0", "x2APIC") is none. NULL: there is none. */
static const char *first_number(const char *text)
{
	for (const char *p = text; *p; p++) {
		if (!isdigit((unsigned char)*p))
			continue;
		if (p == text || (!isalnum((unsigned char)p[-1]) && p[-1] != '_'))
			return p;
		while (isalnum((unsigned char)p[1]) || p[1] == '_')
			p++;
	}
	return NULL;
}

static bool ends_with(const char *text, const char *end, const char *word)
{
	size_t len = strlen(word);

	return (size_t)(end - text) >= len && !strncmp(end - len, word, len);
}

/* The register that a number stands for, by the words before it; NULL if it is a mere number. */
static const char *object_of(const char *text, const char *number)
{
	static const char *const before[] = { "register ", "MSR ", "RDMSR of ", "WRMSR of ", "read of ", "write of " };
	uint32_t value;

	if (ends_with(text, number, "I/O APIC register "))
		return strtoul(number, NULL, 0) < 0x10 ? "identification" : "entry";
	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		if (!ends_with(text, number, before[i]))
			continue;
		value = (uint32_t)strtoul(number, NULL, 0);
		return strstr(before[i], "MSR") ? msr_name(value) : register_name(value);
	}
	return NULL;
}

static const char *fault_of(const char *text)
{
	if (strstr(text, "must fault"))
		return " must fault";
	return strstr(text, "faults, but must not") ? " must not fault" : "";
}

/* Takes the numbers off the names of actors: "vcpu1 waits for a lock of memory0". Returns the new length. */
static size_t without_actors(char *text)
{
	char *out = text;

	for (const char *p = text; *p; p++) {
		if (islower((unsigned char)*p) && isdigit((unsigned char)p[1])) {
			size_t digits = strspn(p + 1, "0123456789");

			if (!isalnum((unsigned char)p[1 + digits])) {
				*out++ = *p;
				p += digits;
				continue;
			}
		}
		*out++ = *p;
	}
	*out = '\0';
	return (size_t)(out - text);
}

/*
 * Checks that look at the register file as a whole, after every access: which register of those that
 * are wrong comes first is up to the scenario, and not to the cause.
 */
static bool first_by_chance(const char *check)
{
	return !strcmp(check, "register-file") || !strcmp(check, "access-value");
}

void signature_slice(const struct divergence *d, char *buf, size_t n)
{
	/* What comes after the first number or semicolon says in which state. */
	const char *number = first_number(d->text), *end = d->text + strcspn(d->text, ";");
	const char *object = NULL, *blank;
	char words[sizeof(d->text)];
	const char *fault = strstr(d->text, "fault at ");
	size_t len;

	buf[0] = '\0';
	if (d->kind == DIV_HOST_BUG || d->kind == DIV_HOST_WARN || first_by_chance(d->check))
		return;
	if (number && number < end)
		object = object_of(d->text, end = number);
	else
		number = NULL;
	/* The function is the cause's, the address is whatever lay there. */
	if (fault && d->kind == DIV_HOST_CRASH)
		end = fault + strlen("fault");
	snprintf(words, sizeof(words), "%.*s", (int)(end - d->text), d->text);
	len = without_actors(words);
	while (len && isspace((unsigned char)words[len - 1]))
		len--;
	blank = len ? " " : "";
	/* Half a name tells as much, and a store's rows are short. */
	snprintf(buf, n, "%.*s%s%s%s", (int)(len < 48 ? len : 48), words, object ? blank : "", object ? object : "",
		 number ? fault_of(number) : "");
}

const char *signature_function(const char *site)
{
	const char *space = strchr(site, ' ');

	return space ? space + 1 : site;
}
