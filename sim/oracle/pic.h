/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ideal pair of interrupt controllers of a PC: Intel's data sheet "8259A
 * Programmable Interrupt Controller", and the edge/level control registers of a
 * PIIX.  Pure architecture: knows nothing of KVM.
 *
 * Not in it: initialization, automatic EOI, special fully nested and special mask
 * mode, polling.  An edge that was latched stays so until it is acknowledged, as in
 * KVM and other than in the chip, whose default IR7 this would be.
 */
#ifndef LAPICSIM_ORACLE_PIC_H
#define LAPICSIM_ORACLE_PIC_H

#include <stdbool.h>
#include <stdint.h>

#define PIC_INPUTS	16u
#define PIC_CASCADE	2u		/* input of the master that the slave drives */

struct ideal_8259 {
	uint8_t irr, imr, isr;
	uint8_t level;			/* inputs that are level-triggered (ELCR) */
	uint8_t lines;			/* as the edge detectors last saw them */
	uint8_t base;
	uint8_t first;			/* input of highest priority */
};

struct ideal_pic {
	struct ideal_8259 half[2];	/* master, slave */
	uint32_t line[PIC_INPUTS];	/* sources that assert it, one bit each */
};

/* The input that @chip asks for service of, -1: none. */
int ideal_8259_request(const struct ideal_8259 *chip);
void ideal_pic_line(struct ideal_pic *pic, uint32_t input, uint32_t source, bool level);
/* A write to one of the ports 0x20, 0x21, 0xa0, 0xa1; others are ignored. */
void ideal_pic_write(struct ideal_pic *pic, uint32_t port, uint8_t value);
/* "Interrupt Sequence": the vector that the two INTA pulses get. */
uint8_t ideal_pic_acknowledge(struct ideal_pic *pic);

#endif
