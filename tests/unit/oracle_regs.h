/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For tests of the register file: four vCPUs that have one, accesses of the first, and
 * what must have been reported after them.  Included by one .c file per program.
 */
#ifndef LAPICSIM_TESTS_UNIT_ORACLE_REGS_H
#define LAPICSIM_TESTS_UNIT_ORACLE_REGS_H

#include "sim/oracle/regs.h"
#include "tests/unit/oracle_history.h"

static inline void boot_regs(bool x2apic)
{
	struct oracle_config config = {
		.nr_vms = 1, .vcpus_per_vm = 4, .x2apic_format = true, .report = record, .now_ns = clock_ns,
		.registers = true,
	};

	model_start(&config);
	for (uint32_t i = 0; i < 4; i++) {
		model_init(&model[i], i, x2apic);
		model[i].ldr = x2apic ? 1u << i : 1u << (24 + i);
		oracle_baseline(i, i, x2apic, model_look(&model[i]));
	}
	oracle_reset();
}

/* One whole access of vCPU 0, whose page is what the test made it. */
static inline void access_to(const struct oracle_access *a, bool faulted, uint64_t value)
{
	oracle_access_begin(0, a);
	oracle_access_apply(0);
	oracle_access_end(0, faulted, value, model_look(M));
}

static inline void wrmsr(uint32_t index, uint64_t value, bool faulted)
{
	access_to(&(struct oracle_access){ .msr = true, .write = true, .where = index, .value = value }, faulted, 0);
}

static inline void rdmsr(uint32_t index, uint64_t got, bool faulted)
{
	access_to(&(struct oracle_access){ .msr = true, .where = index }, faulted, got);
}

static inline void mmio_write(uint32_t offset, uint8_t bytes, uint32_t value)
{
	access_to(&(struct oracle_access){ .write = true, .bytes = bytes, .where = offset, .value = value },
		  false, 0);
}

static inline void mmio_read(uint32_t offset, uint8_t bytes, uint32_t got)
{
	access_to(&(struct oracle_access){ .bytes = bytes, .where = offset }, false, got);
}

#define FAULT()	FIRED("access-fault", DIV_REGISTER_MISMATCH, DIV_NONE)
#define VALUE()	FIRED("access-value", DIV_REGISTER_MISMATCH, DIV_NONE)
#define PAGE()	FIRED("register-file", DIV_REGISTER_MISMATCH, DIV_NONE)

#endif
