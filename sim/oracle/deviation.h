/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Named deviations: what the oracle forgives, each with its source, a switch and
 * a count of uses.  Scenarios switch rows in [deviations]; a run reports its uses.
 * Not here: tolerances that follow from overlapping intervals.
 */
#ifndef LAPICSIM_ORACLE_DEVIATION_H
#define LAPICSIM_ORACLE_DEVIATION_H

#include <stdbool.h>
#include <stdint.h>

enum deviation {
	DEV_LOW_VECTORS,
	DEV_TIMER_ADVANCE,
	DEV_TIMER_MISSED,
	DEV_TIMER_MIN_PERIOD,
	DEV_TIMER_MODE_SWITCH,
	DEV_TIMER_MASKED,
	DEV_TIMER_DIVIDE_RESTART,
	DEV_TIMER_LOAD_EXPIRED,
	DEV_TIMER_LOAD_PENDING,
	DEV_TIMER_LOAD_MODE,
	DEV_ICR_LEVEL,
	DEV_BROADCAST_FF,
	DEV_XAPIC_BY_X2APIC_ID,
	DEV_SW_DISABLED_DISPATCH,
	DEV_X2APIC_RESERVED,
	DEV_ICR_BUSY,
	DEV_LVT_STATUS,
	DEV_ESR_SILENT,
	DEV_DISABLE_KEEPS,
	DEV_MMIO_HOLE,
	DEV_NARROW_ACCESS,
	DEV_SHARED_ID,
	DEV_DFR_RESERVED,
	DEV_MIXED_BROADCAST,
	DEV_LOWEST_SHORTHAND,
	DEV_PV_WORD_REPLACED,
	DEV_PV_ACK_UNREADABLE,
	DEV_PV_ACK_REENTRY,
	DEV_APICV_KEEPS_TMR,
	DEV_APICV_SW_DISABLED,
	DEV_APICV_ESR,
	DEV_HALT_SIPI,
	DEV_SIPI_LATEST,
	DEV_INIT_LINT0,
	DEV_SIPI_SPIN,
	DEV_IOAPIC_EDGE_CLEARS,
	DEV_IOAPIC_EOI_FILTERED,
	DEV_WIDE_DESTINATION,
	DEV_MIXED_LOGICAL,
	DEV_CLUSTER_15,
	DEV_LOAD_PPR,
	DEV_TPR_RESERVED_BITS,
	DEV_EOI_NONZERO,
	DEV_IOAPIC_ASKS,
	DEV_RTC_COALESCED,
	DEV_MSI_NOBODY,
	DEV_IOAPIC_WIDTH,
	DEV_IOAPIC_STORM,
	DEV_TIMER_WAIT_CUT,
	DEV_LVTPC_INIT,
	DEV_NO_SMM,
	DEV_NR,
};

struct deviation_row {
	const char *name;
	const char *source;
	const char *what;
	bool	 on;		/* by default */
	uint32_t used;		/* since deviation_clear_counts() */
};

/* Is it allowed?  Counts the use when it is. */
bool deviation_allows(enum deviation deviation);
/* The same without counting: for look-ups that are no use yet. */
bool deviation_is_on(enum deviation deviation);

/* For reports and options; NULL past the end. */
const struct deviation_row *deviation_row(uint32_t index);
bool deviation_switch(const char *name, bool on);	/* false: no such name */
void deviation_clear_counts(void);

#endif
