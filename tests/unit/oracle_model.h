/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small APIC that plays KVM in the oracle's tests.  Written apart from
 * sim/oracle/apic.c on purpose: one byte a vector, nothing cached, nothing shared.
 * model_look() packs it into a register page and a struct kw_apic_state.
 *
 * Correct by default; `bug` makes it wrong in one way.
 */
#ifndef LAPICSIM_TESTS_UNIT_ORACLE_MODEL_H
#define LAPICSIM_TESTS_UNIT_ORACLE_MODEL_H

#include <string.h>

#include "sim/oracle/oracle.h"

#define MODEL_MAX	64

enum model_bug {
	BUG_NONE, BUG_LOSE_IRR, BUG_WRONG_PRIORITY, BUG_DOUBLE_EOI, BUG_EOI_WRONG_BIT, BUG_STALE_HIGHEST,
	BUG_STALE_COUNT, BUG_STALE_IRR_PENDING, BUG_ARM_PENDING, BUG_TMR, BUG_LOST_EOI, BUG_LOST_PV_EOI,
	BUG_SPURIOUS, BUG_PPR, BUG_IGNORE_PPR, BUG_IGNORE_IF, BUG_GONE_EOI, BUG_NO_REINJECT, BUG_OTHER_BITS,
	BUG_LOSE_LOWEST, BUG_GET_LAPIC, BUG_PV_MSR, BUG_ARM_IDLE, BUG_TWICE, BUG_NO_WINDOW,
	BUG_NR,
};

struct model {
	uint8_t  irr[256], isr[256], tmr[256];
	uint8_t  tpr, ppr;
	uint32_t id, svr, ldr, dfr;
	bool	 x2apic, bsp;
	int	 injected;
	bool	 irr_pending;
	bool	 if_enabled;
	uint32_t blocking;
	/* PV EOI: the word is guest memory. */
	uint64_t pv_msr;
	uint32_t word;
	bool	 pending, gone;
	/* What the oracle is shown. */
	uint8_t  page[4096];
	struct kw_apic_state state;
	struct kw_hw hw;
};

static struct model model[MODEL_MAX];
static enum model_bug bug;

static inline int model_top(const uint8_t *map)
{
	for (int i = 255; i >= 0; i--)
		if (map[i])
			return i;
	return -1;
}

static inline void model_put(struct model *m, uint32_t offset, uint32_t value)
{
	memcpy(m->page + offset, &value, sizeof(value));
}

static inline void model_pack(struct model *m, uint32_t offset, const uint8_t *map)
{
	for (int w = 0; w < 8; w++) {
		uint32_t value = 0;

		for (int b = 0; b < 32; b++)
			value |= (uint32_t)(map[w * 32 + b] != 0) << b;
		model_put(m, offset + 16 * (uint32_t)w, value);
	}
}

static inline const struct kw_apic_state *model_look(struct model *m)
{
	int nr = 0;

	for (int i = 0; i < 256; i++)
		nr += m->isr[i];
	model_pack(m, 0x100, m->isr);
	model_pack(m, 0x180, m->tmr);
	model_pack(m, 0x200, m->irr);
	model_put(m, 0x20, m->x2apic ? m->id : m->id << 24);
	model_put(m, 0x80, m->tpr);
	model_put(m, 0xa0, m->ppr);
	model_put(m, 0xd0, m->ldr);
	model_put(m, 0xe0, m->dfr);
	model_put(m, 0xf0, m->svr);
	m->state.regs = m->page;
	m->state.apic_base = 0xfee00800 | (m->x2apic ? 0x400 : 0) | (m->bsp ? 0x100 : 0);
	m->state.pv_eoi_msr = m->pv_msr;
	m->state.highest_isr_cache = model_top(m->isr);
	m->state.isr_count = nr;
	m->state.injected = m->injected;
	m->state.irr_pending = m->irr_pending;
	m->state.pv_eoi_pending = m->pending;
	m->state.apicv_active = false;
	m->state.sw_enabled = m->svr & 0x100;
	return &m->state;
}

static inline void model_init(struct model *m, uint32_t id, bool x2apic)
{
	memset(m, 0, sizeof(*m));
	m->id = id;
	m->x2apic = x2apic;
	m->svr = 0x1ff;
	m->ldr = x2apic ? (id >> 4) << 16 | 1u << (id & 15) : 0;
	m->dfr = 0xffffffff;
	m->injected = -1;
	m->if_enabled = true;
}

static inline void model_ppr(struct model *m)
{
	int top = model_top(m->isr), isr = top < 0 ? 0 : top & 0xf0;

	if (bug == BUG_PPR && isr > (m->tpr & 0xf0))
		return;
	m->ppr = (uint8_t)((m->tpr & 0xf0) >= isr ? m->tpr : isr);
}

static inline void model_accept(struct model *m, uint32_t vector, bool level)
{
	if (!(m->svr & 0x100))
		return;
	if (bug != BUG_TMR)
		m->tmr[vector] = level;
	m->irr[vector] = 1;
	m->irr_pending = bug != BUG_STALE_IRR_PENDING;
}

static inline void model_eoi(struct model *m)
{
	int top = model_top(m->isr);

	if (top < 0)
		return;
	if (bug == BUG_EOI_WRONG_BIT)
		for (top = 0; !m->isr[top]; top++)
			;
	m->isr[top] = 0;
	if (bug == BUG_DOUBLE_EOI && (top = model_top(m->isr)) >= 0)
		m->isr[top] = 0;
	model_ppr(m);
}

/* The vector that goes next, or -1. */
static inline int model_next(struct model *m)
{
	int vector = model_top(m->irr);

	m->irr_pending = vector >= 0 && bug != BUG_STALE_IRR_PENDING;
	if (bug == BUG_WRONG_PRIORITY && vector >= 0)
		for (vector = 0; !m->irr[vector]; vector++)
			;
	model_ppr(m);
	if (vector < 0)
		return -1;
	if (vector >> 4 <= m->ppr >> 4 && bug != BUG_IGNORE_PPR)
		return -1;
	if ((!m->if_enabled || m->blocking) && bug != BUG_IGNORE_IF)
		return -1;
	return vector;
}

/* Before VM-Entry: acknowledge, arm. */
static inline void model_prepare(struct model *m)
{
	int vector;

	if (m->injected < 0 || (bug == BUG_NO_REINJECT && m->if_enabled && !m->blocking)) {
		vector = model_next(m);
		m->injected = vector;
		if (vector >= 0) {
			m->irr[vector] = bug == BUG_TWICE;
			m->isr[vector] = 1;
			m->irr_pending = model_top(m->irr) >= 0;
			model_ppr(m);
		}
	}
	m->hw.rflags = m->if_enabled ? KW_RFLAGS_IF : 0;
	m->hw.int_window = bug != BUG_NO_WINDOW && model_top(m->irr) >> 4 > m->ppr >> 4;
	if (bug == BUG_STALE_IRR_PENDING)
		m->irr_pending = false;
	if (!(m->pv_msr & 1) || m->pending || m->gone || (model_top(m->irr) >= 0 && bug != BUG_ARM_PENDING) ||
	    (model_top(m->isr) < 0 && bug != BUG_ARM_IDLE))
		return;
	m->word = bug == BUG_OTHER_BITS ? (m->word & ~0xffu) | 1 : m->word | 1;
	m->pending = true;
}

/*
 * After VM-Exit: notice an ack, or disarm.  Unlike any real KVM it also knows a
 * word that it cannot read; @model_blind makes it wait until it can.
 */
static bool model_blind;

static inline void model_sync(struct model *m)
{
	if (!m->pending)
		return;
	if (m->gone) {
		if (bug != BUG_GONE_EOI && (model_blind || (m->word & 1)))
			return;
		model_eoi(m);
		m->pending = bug == BUG_GONE_EOI;
		return;
	}
	m->pending = false;
	if (m->word & 1)
		m->word &= ~1u;
	else if (bug != BUG_LOST_PV_EOI)
		model_eoi(m);
}

/* --- Recording what the oracle reports. */

static struct divergence seen[64];
static uint32_t nr_seen;
static uint64_t now;

static void record(const struct divergence *d)
{
	if (nr_seen < 64)
		seen[nr_seen] = *d;
	nr_seen++;
}

static uint64_t clock_ns(void)
{
	return now;
}

static bool model_timer;	/* the APIC timers are judged, with vectors 0xf0 to 0xf3: likewise */
static bool model_events;	/* NMI, INIT and SIPI are judged: set before model_boot() */
static bool model_vapic;	/* TPR lies in memory: likewise */

/* The oracle anew, and nothing seen; vCPUs and oracle_reset() are still to come. */
static inline void model_start(const struct oracle_config *config)
{
	oracle_fini();
	bug = BUG_NONE;
	nr_seen = 0;
	now = 1000;
	if (oracle_init(config))
		__builtin_trap();
}

static inline void model_boot(uint32_t vms, uint32_t per_vm, bool x2apic, bool wide)
{
	struct oracle_config config = {
		.nr_vms = vms,
		.vcpus_per_vm = per_vm,
		.x2apic_format = wide,
		.broadcast_quirk = true,
		.report = record,
		.now_ns = clock_ns,
		.events = model_events,
		.vapic = model_vapic,
		.timer = model_timer,
		.timer_vector_first = 0xf0,
		.timer_vector_last = 0xf3,
	};

	model_blind = true;
	model_start(&config);
	for (uint32_t i = 0; i < vms * per_vm; i++) {
		model_init(&model[i], i % per_vm, x2apic);
		oracle_baseline(i, i % per_vm, x2apic, model_look(&model[i]));
	}
	oracle_reset();
}

#endif
