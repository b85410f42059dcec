/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages as intervals, from *_begin() to *_end().
 */
#ifndef LAPICSIM_ORACLE_MESSAGE_H
#define LAPICSIM_ORACLE_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/oracle/destination.h"
#include "sim/oracle/state.h"

int message_init(uint32_t nr_vcpus, uint32_t vcpus_per_vm);
void message_fini(void);
void message_reset(void);

int32_t message_begin(const struct destination *d, uint32_t vm, uint8_t vector, bool level, bool lowest);
/* The same, fixed and edge-triggered, to the APIC with ID @dest. -1: it is not as plain as that, nothing was done. */
int32_t message_begin_one(uint32_t vm, uint32_t dest, uint8_t vector);
/* decode.c: the same, of a message as a bus carries it, whose lowest-priority destination may be an illegal one. */
int32_t message_decoded(struct destination *d, uint32_t vm, uint8_t vector, bool level, bool lowest);
void message_end(int32_t handle, bool accepted);

/* KVM api.rst, KVM_CAP_X2APIC_API: bits 31:8 of the destination are in 63:40. */
static inline uint32_t msi_destination(uint64_t address)
{
	return (address >> 12 & 0xff) | (oracle.config.x2apic_format ? address >> 32 & 0xffffff00 : 0);
}

/* Fixed, edge, physical, not redirected. */
static inline bool msi_plain(uint64_t address, uint32_t data)
{
	return !(data & 0x8700) && !(address & 0xc) && (data & 0xff) >= 16;
}

/* @v dispatches @vector now: what of it may be pending afterwards? Called before the ideal dispatch. */
void message_dispatched(struct oracle_vcpu *v, uint32_t vector);
/* @vector was seen in @v's IRR, or in ISR: which of several candidates got it? */
void message_seen(struct oracle_vcpu *v, uint32_t vector, bool was_sure);
/* Userspace overwrote @v's state: messages in flight may or may not have survived. */
void message_overwritten(struct oracle_vcpu *v);
/* The end of the run: @v is no longer a candidate of anything. */
void message_quiet(struct oracle_vcpu *v);
/* @v may have taken @vector by another way than a message: no open message's candidate need be the cause. */
void message_perhaps(struct oracle_vcpu *v, uint32_t vector);
/* A local source: LVT, timer. */
void message_local(struct oracle_vcpu *v, uint32_t vector);

#endif
