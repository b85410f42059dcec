/* SPDX-License-Identifier: GPL-2.0-only */
/* See trace_state.h. Register offsets: SDM, "Local APIC Register Address Map". */
#include "sim/trace_state.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/lapic.h"
#include "sim/trace.h"

#define MAX_VCPUS	64u	/* more than anybody reads */
#define STATE_BYTES	160u
#define MAX_VECTORS	16u	/* that are listed of one register */

/* Static: this runs on the coroutines' small stacks. */
static char last[MAX_VCPUS][STATE_BYTES];
static char state[STATE_BYTES];
static uint32_t len;

__attribute__((format(printf, 1, 2))) static void add(const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(state + len, STATE_BYTES - len, fmt, args);
	va_end(args);
	if (n > 0)
		len += (uint32_t)n;
	if (len >= STATE_BYTES)
		len = STATE_BYTES - 1;
}

static uint32_t reg(const uint8_t *regs, uint32_t offset)
{
	uint32_t value;

	memcpy(&value, regs + offset, sizeof(value));
	return value;
}

/* The vectors of a 256-bit register, the highest first. */
static void add_vectors(const char *name, const uint8_t *regs, uint32_t offset)
{
	uint32_t nr = 0, more = 0;

	add("%s", name);
	for (int vector = 255; vector >= 0; vector--) {
		if (!(reg(regs, offset + vector / 32 * 16) >> vector % 32 & 1))
			continue;
		if (nr++ < MAX_VECTORS)
			add(" %02x", vector);
		else
			more++;
	}
	if (more)
		add(" and %u more", more);
	if (!nr)
		add(" -");
}

static void add_pv_eoi(const struct vcpu *v, const struct kw_apic_state *st)
{
	const struct vm *vm = &machine.vm[v->vm];
	uint64_t gpa = v->pv_msr & 1 ? v->pv_msr & ~1ull : v->pv_gpa_now;

	if (!(st->pv_eoi_msr & 1) && !st->pv_eoi_pending)
		return;
	add(", PV EOI %s", st->pv_eoi_msr & 1 ? "on" : "off");
	if (st->pv_eoi_pending)
		add(" and pending");
	if (machine_prot(vm, gpa) == KW_USER_NONE)
		add(", word away");
	else
		add(", word %u", *machine_word(vm, gpa));
}

static void describe(const struct vcpu *v)
{
	struct kw_apic_state st;

	len = 0;
	state[0] = '\0';
	kw_apic_state(v->hw, &st);
	add_vectors("IRR", st.regs, LAPIC_IRR);
	add_vectors(", ISR", st.regs, LAPIC_ISR);
	if (reg(st.regs, LAPIC_TPR))
		add(", TPR %02x", reg(st.regs, LAPIC_TPR));
	if (st.injected >= 0)
		add(", to inject %02x", (uint32_t)st.injected);
	if (st.apicv && st.apicv_active)
		add(", RVI %02x, SVI %02x", st.apicv->rvi, st.apicv->svi);
	if (!st.sw_enabled)
		add(", disabled");
	add_pv_eoi(v, &st);
}

void trace_state_reset(void)
{
	memset(last, 0, sizeof(last));
}

void trace_state(void)
{
	for (uint32_t i = 0; i < machine.nr_vcpus && i < MAX_VCPUS; i++) {
		if (!machine.vcpu[i].hw)
			continue;	/* not added yet */
		describe(&machine.vcpu[i]);
		if (!strcmp(state, last[i]))
			continue;
		memcpy(last[i], state, len + 1);
		trace_event("state", "vcpu %u %s", i, state);
	}
}
