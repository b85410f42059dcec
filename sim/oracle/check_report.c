// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reporting path of the checks.  Slow by design: it runs only when something
 * is wrong.  Does not fill divergence.event, site and frames: the callee of
 * config.report() knows those.
 */
#include "sim/oracle/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void report(enum divergence_kind kind, const char *check, uint32_t vm, uint32_t vcpu, uint32_t vector,
		   const char *fmt, va_list args)
{
	struct divergence d;

	memset(&d, 0, sizeof(d));
	d.kind = kind;
	d.vm = vm;
	d.vcpu = vcpu;
	d.vector = vector;
	d.time_ns = oracle.config.now_ns ? oracle.config.now_ns() : 0;
	snprintf(d.check, sizeof(d.check), "%s", check);
	vsnprintf(d.text, sizeof(d.text), fmt, args);
	if (oracle.config.report)
		oracle.config.report(&d);
}

void check_fire(enum check check, const struct oracle_vcpu *v, uint32_t vm, uint32_t vector, const char *fmt, ...)
{
	const struct check_row *row = check_row(check);
	va_list args;

	if (row->off)
		return;
	va_start(args, fmt);
	report(row->kind, row->name, v ? v->vm : vm, v ? v->index : DIV_NONE, vector, fmt, args);
	va_end(args);
}

void oracle_finding(enum host_check check, uint32_t vm, uint32_t vcpu, uint32_t vector, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	report(host_checks[check].kind, host_checks[check].name, vm, vcpu, vector, fmt, args);
	va_end(args);
}

const char *check_vectors(const uint32_t *map, char *buf, uint32_t size)
{
	uint32_t len = 0;

	snprintf(buf, size, "empty");
	for (uint32_t vector = 0; vector < 256; vector++) {
		if (!vector_test(map, vector))
			continue;
		if (len + 9 > size) {
			snprintf(buf + len, size - len, "..");
			break;
		}
		len += (uint32_t)snprintf(buf + len, size - len, "%s0x%02x", len ? " " : "", vector);
	}
	return buf;
}
