/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the guest's program keeps about events that bypass IRR: its NMI handler,
 * the startup code that runs after INIT, and a startup of another vCPU that it
 * has begun.
 *
 * Included by machine.h: part of struct vcpu.
 */
#ifndef LAPICSIM_GUEST_EVENTS_H
#define LAPICSIM_GUEST_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

/* Startup code of a vCPU that INIT has reset, in this order. */
enum boot_step { BOOT_NONE, BOOT_APF_BASE, BOOT_APF_SVR, BOOT_APF_OFF, BOOT_APF_VECTOR, BOOT_APF, BOOT_APF_ON, BOOT_APIC, BOOT_PV_EOI,
		 BOOT_IF };

struct guest_events {
	/* What goes before the program: mostly nothing. */
	union {
		struct {
			bool	 in_nmi;	/* the NMI handler runs; above all interrupt handlers */
			uint8_t	 boot;		/* enum boot_step to do next */
			uint8_t	 sipis;		/* SIPIs still to send to @startup */
			uint8_t	 reserved;
		};
		uint32_t busy;
	};
	bool	 nmi_if;	/* RFLAGS.IF as it was before */
	uint8_t	 nmi_ops;	/* operations left before its IRET */
	bool	 waiting;	/* INIT came, SIPI did not */
	uint8_t	 apf_due;	/* how often the "page ready" interrupt is still told; 0: none */
	uint8_t	 inits;		/* INITs sent */
	uint32_t startup;	/* APIC ID of the vCPU that this one is starting */
};

#endif
