// SPDX-License-Identifier: GPL-2.0-only
/*
 * NMI, INIT and SIPI as messages: what each leaves pending at its targets.
 *
 * SDM, "Handling Multiple NMIs", "Interrupt Command Register (ICR)", "MP
 * Initialization Protocol Algorithm".  They reach a software-disabled APIC too
 * ("Local APIC State After It Has Been Software Disabled").
 *
 * An NMI must be delivered once after its message began; two that arrive before
 * the first is taken may collapse.  A SIPI starts a vCPU only if that waits for
 * one: surely if INIT's message had ended before SIPI's began, perhaps if they
 * overlap.
 *
 * Does not judge SMI, nor what wait-for-SIPI does to NMIs that were pending when
 * INIT came (the SDM is silent: they may be dropped).
 */
#include "sim/oracle/events.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct event_message {
	uint64_t begin_seq;
	uint32_t vm;
	int32_t  next;			/* free ones */
	uint8_t  mode, vector;
	bool	 active;
};

/* Each slot has two maps: targets, and those that are only a perhaps. */
static struct {
	struct event_message *slot;
	uint64_t *maps;
	int32_t  nr, high, free;
	uint32_t words, nr_vcpus;
} table;
struct events events;

static uint64_t *map_of(const struct event_message *m, bool soft)
{
	return table.maps + ((size_t)(m - table.slot) * 2 + soft) * table.words;
}

static bool map_test(const uint64_t *map, uint32_t bit) { return map[bit / 64] >> (bit % 64) & 1; }

int events_init(uint32_t nr_vcpus, uint32_t vcpus_per_vm)
{
	table.nr = (int32_t)nr_vcpus + 64;
	table.words = (vcpus_per_vm + 63) / 64;
	table.nr_vcpus = nr_vcpus;
	events.vcpu = calloc(nr_vcpus, sizeof(*events.vcpu));
	table.slot = calloc((size_t)table.nr, sizeof(*table.slot));
	table.maps = calloc((size_t)table.nr * 2 * table.words, sizeof(*table.maps));
	if (!events.vcpu || !table.slot || !table.maps) {
		events_fini();
		return -ENOMEM;
	}
	oracle.bytes += nr_vcpus * sizeof(*events.vcpu) +
			(uint64_t)table.nr * (sizeof(*table.slot) + 2 * table.words * sizeof(*table.maps));
	events_reset();
	return 0;
}

void events_fini(void)
{
	free(events.vcpu);
	free(table.slot);
	free(table.maps);
	memset(&events, 0, sizeof(events));
	memset(&table, 0, sizeof(table));
}

void events_reset(void)
{
	if (!events.vcpu)
		return;
	memset(events.vcpu, 0, table.nr_vcpus * sizeof(*events.vcpu));
	for (int32_t i = 0; i < table.high; i++)
		table.slot[i].active = false;
	table.high = 0;
	table.free = -1;
}

static struct event_message *slot_alloc(void)
{
	struct event_message *m = NULL;

	if (table.free >= 0) {
		m = &table.slot[table.free];
		table.free = m->next;
	} else if (table.high < table.nr) {
		m = &table.slot[table.high++];
	}
	if (m)
		memset(map_of(m, false), 0, 2 * table.words * sizeof(uint64_t));
	return m;
}

/* --- Begin. */
static void begin_init(struct event_vcpu *e)
{
	/* A SIPI that came before this INIT began does not start what it resets. */
	if (!e->init_inflight && e->init == PENDING_NO)
		memcpy(e->sipi_stale, e->sipi_may, sizeof(e->sipi_stale));
	else
		memset(e->sipi_stale, 0, sizeof(e->sipi_stale));
	e->init_inflight++;
	e->init_begin_seq = oracle.seq;
	e->sipi_must = false;
}

static void begin_at(struct event_vcpu *e, uint32_t mode)
{
	switch (mode) {
	case EVENT_NMI:
		e->nmi_inflight++;
		break;
	case EVENT_INIT:
		begin_init(e);
		break;
	case EVENT_SIPI:
		e->sipi_inflight++;
		e->halt_sipi = true;
		break;
	case EVENT_KICK:
		e->kick_inflight++;
		break;
	}
}

int32_t events_begin(const struct destination *d, uint32_t vm, uint32_t mode, uint8_t vector)
{
	struct event_message *m;
	uint32_t first, end, nr = 0;

	if (!events.vcpu || (mode != EVENT_NMI && mode != EVENT_INIT && mode != EVENT_SIPI &&
			      mode != EVENT_KICK)) {
		oracle.nr_not_judged++;
		return -1;
	}
	m = slot_alloc();
	if (!m)
		abort();	/* more messages at a time than tasks: the caller leaks handles */
	*m = (struct event_message){ .begin_seq = ++oracle.seq, .vm = vm, .mode = mode, .vector = vector,
				     .active = true };
	destination_window(d, &oracle.vm[vm], &first, &end);
	for (uint32_t i = first; i < end; i++) {
		enum match match = destination_match_event(d, oracle_vcpu(i));
		uint32_t bit = i - oracle.vm[vm].first;

		if (match == MATCH_NO)
			continue;
		nr++;
		map_of(m, false)[bit / 64] |= 1ull << (bit % 64);
		if (match == MATCH_MAY)
			map_of(m, true)[bit / 64] |= 1ull << (bit % 64);
		begin_at(event_vcpu(oracle_vcpu(i)), mode);
	}
	if (nr)
		return (int32_t)(m - table.slot) | EVENT_HANDLE;
	m->active = false;
	m->next = table.free;
	table.free = (int32_t)(m - table.slot);
	return -1;
}

int32_t events_begin_at(const struct oracle_vcpu *v, uint32_t mode)
{
	struct destination d = { .dest = v->now.id, .wide = true, .sender = DIV_NONE, .listed = true, .list = { 1, 0 } };

	return events_begin(&d, v->vm, mode, 0);
}

/* --- End. @sure: it has arrived, and KVM has not had a chance to treat it before. */
static void end_nmi(struct event_vcpu *e, const struct event_message *m, bool sure)
{
	/* An INIT that may have reset the CPU already ended its handler: then there is room for two. */
	bool init = e->init != PENDING_NO || e->init_inflight;
	bool blocked = e->nmi_blocked && e->nmi_block_seq < m->begin_seq && !init;
	uint8_t limit = blocked ? 1 : 2;

	e->nmi_inflight--;
	if (e->nmi_early)
		e->nmi_early--;		/* an injection that came early was this one */
	else if (e->nmi_max < limit)
		e->nmi_max++;
	if (!sure || e->nmi_taken_seq > m->begin_seq || e->init_taken_seq > m->begin_seq || e->nmi_must)
		return;
	e->nmi_must = 1;
	e->nmi_fresh = true;
	if (!e->nmi_max)
		e->nmi_max = 1;
}

static void end_init(struct event_vcpu *e, const struct event_message *m, bool sure)
{
	e->init_inflight--;
	/* Of one that is not sure, too: a SIPI that overlapped it may have come first, and been ignored. */
	e->init_end_seq = ++oracle.seq;
	if (!sure || e->init_taken_seq > m->begin_seq || e->init_cut_seq > m->begin_seq) {
		if (e->init == PENDING_NO)
			e->init = PENDING_MAY;
	} else {
		e->init = PENDING_MUST;
	}
	e->init_fresh = true;
}

static void end_sipi(struct oracle_vcpu *v, const struct event_message *m, bool sure)
{
	struct event_vcpu *e = event_vcpu(v);
	bool bsp = v->now.apic_base & APIC_BASE_BSP;

	e->sipi_inflight--;
	e->halt_sipi = true;
	if (!e->waiting && e->init == PENDING_NO && !e->init_inflight)
		return;		/* it runs: ignored */
	vector_set(e->sipi_may, m->vector);
	vector_clear(e->sipi_stale, m->vector);
	/* Was it surely waiting, or about to, from this message's begin to its end? */
	if (!sure || bsp || e->sipi_must || e->init_inflight || e->init_begin_seq > m->begin_seq ||
	    e->init_end_seq > m->begin_seq || e->sipi_taken_seq > m->begin_seq ||
	    (!e->waiting && e->init != PENDING_MUST))
		return;
	e->sipi_must = true;
	e->sipi_first = m->vector;
}

/* It may have ended the HLT already that ended since it began. */
static void end_kick(struct event_vcpu *e, const struct event_message *m, bool sure)
{
	e->kick_inflight--;
	e->kick_more |= e->kick_fresh || e->kicked || e->maybe_kicked || e->kick_inflight;
	e->kicked |= sure && e->halt_end_seq < m->begin_seq && e->init_taken_seq < m->begin_seq &&
		     e->sipi_taken_seq < m->begin_seq;
	e->kick_state_set |= e->kicked && e->state_set_seq > m->begin_seq;
	e->maybe_kicked |= !e->kicked;
	e->kick_fresh = true;
}

static void end_at(struct oracle_vcpu *v, const struct event_message *m, bool sure)
{
	switch (m->mode) {
	case EVENT_NMI:
		end_nmi(event_vcpu(v), m, sure);
		break;
	case EVENT_INIT:
		end_init(event_vcpu(v), m, sure);
		break;
	case EVENT_SIPI:
		end_sipi(v, m, sure);
		break;
	case EVENT_KICK:
		end_kick(event_vcpu(v), m, sure);
		break;
	}
}

void events_end(int32_t handle, bool accepted)
{
	struct event_message *m = &table.slot[handle & ~EVENT_HANDLE];
	uint32_t first = oracle.vm[m->vm].first;

	if (!m->active)
		return;
	for (uint32_t w = 0; w < table.words; w++)
		for (uint64_t bits = map_of(m, false)[w]; bits; bits &= bits - 1) {
			uint32_t bit = w * 64 + (uint32_t)__builtin_ctzll(bits);

			end_at(oracle_vcpu(first + bit), m, accepted && !map_test(map_of(m, true), bit));
		}
	m->active = false;
	m->next = table.free;
	table.free = (int32_t)(m - table.slot);
}

void events_soften(struct oracle_vcpu *v)
{
	uint32_t number = v->index - oracle.vm[v->vm].first;
	uint64_t bit = 1ull << (number % 64);

	for (int32_t i = 0; i < table.high; i++) {
		struct event_message *m = &table.slot[i];

		if (!m->active || m->vm != v->vm)
			continue;
		if (!map_test(map_of(m, false), number))
			begin_at(event_vcpu(v), m->mode);
		map_of(m, false)[number / 64] |= bit;
		map_of(m, true)[number / 64] |= bit;
	}
}

bool events_sipi_in_flight(const struct oracle_vcpu *v, uint8_t vector)
{
	for (int32_t i = 0; i < table.high; i++) {
		const struct event_message *m = &table.slot[i];

		if (m->active && m->mode == EVENT_SIPI && m->vector == vector && m->vm == v->vm &&
		    map_test(map_of(m, false), v->index - oracle.vm[v->vm].first))
			return true;
	}
	return false;
}
