// SPDX-License-Identifier: GPL-2.0-only
/* See pic.h. Does not judge: sim/oracle/check_pic.c does. */
#include "sim/oracle/pic.h"

#define EOI_BIT		0x20u		/* OCW2 */
#define SPECIFIC	0x40u
#define ROTATE		0x80u
#define ICW1		0x10u
#define OCW3		0x08u

/* "Priority": 0 is the highest; 8: nothing in @inputs. */
static int priority_of(const struct ideal_8259 *chip, uint8_t inputs)
{
	int priority = 0;

	while (priority < 8 && !(inputs >> ((chip->first + priority) & 7) & 1))
		priority++;
	return priority;
}

/* "Fully Nested Mode": only what is above everything in service. */
int ideal_8259_request(const struct ideal_8259 *chip)
{
	int priority = priority_of(chip, chip->irr & ~chip->imr);

	if (priority >= priority_of(chip, chip->isr))
		return -1;
	return (chip->first + priority) & 7;
}

/* "Cascade Mode": the slave's INT is an edge at the master's input. */
static void cascade(struct ideal_pic *pic)
{
	if (ideal_8259_request(&pic->half[1]) >= 0)
		pic->half[0].irr |= 1u << PIC_CASCADE;
}

void ideal_pic_line(struct ideal_pic *pic, uint32_t input, uint32_t source, bool level)
{
	struct ideal_8259 *chip = &pic->half[input / 8];
	uint8_t bit = (uint8_t)(1u << input % 8), was = chip->lines & bit;

	if (level)
		pic->line[input] |= 1u << (source & 31);
	else
		pic->line[input] &= ~(1u << (source & 31));
	if (pic->line[input])
		chip->lines |= bit;
	else
		chip->lines &= (uint8_t)~bit;
	if (chip->level & bit)
		chip->irr = (uint8_t)((chip->irr & ~bit) | (chip->lines & bit));
	else if (!was)
		chip->irr |= chip->lines & bit;
	cascade(pic);
}

/* "End of Interrupt", "Automatic Rotation", "Specific Rotation". */
static void ocw2(struct ideal_8259 *chip, uint8_t value)
{
	uint8_t input = value & 7;

	if ((value & (EOI_BIT | SPECIFIC)) == EOI_BIT) {
		int priority = priority_of(chip, chip->isr);

		if (priority == 8)
			return;
		input = (uint8_t)((chip->first + priority) & 7);
	}
	if (value & EOI_BIT)
		chip->isr &= (uint8_t)~(1u << input);
	/* With rotation the one that was named, or ended, becomes the lowest. */
	if ((value & ROTATE) && (value & (EOI_BIT | SPECIFIC)))
		chip->first = (uint8_t)((input + 1) & 7);
}

void ideal_pic_write(struct ideal_pic *pic, uint32_t port, uint8_t value)
{
	struct ideal_8259 *chip = &pic->half[port >> 7 & 1];

	if ((port & ~1u) != 0x20 && (port & ~1u) != 0xa0)
		return;
	if (port & 1)
		chip->imr = value;
	else if (!(value & (ICW1 | OCW3)))
		ocw2(chip, value);
	cascade(pic);
}

static int acknowledge(struct ideal_8259 *chip)
{
	int input = ideal_8259_request(chip);

	if (input < 0)
		return -1;
	chip->isr |= (uint8_t)(1u << input);
	if (!(chip->level >> input & 1))
		chip->irr &= (uint8_t)~(1u << input);
	return input;
}

/* Without a request "the 8259A will issue an interrupt level 7 only", and no ISR bit. */
uint8_t ideal_pic_acknowledge(struct ideal_pic *pic)
{
	int input = acknowledge(&pic->half[0]), vector;

	if (input == (int)PIC_CASCADE) {
		input = acknowledge(&pic->half[1]);
		vector = pic->half[1].base + (input < 0 ? 7 : input);
	} else {
		vector = pic->half[0].base + (input < 0 ? 7 : input);
	}
	cascade(pic);
	return (uint8_t)vector;
}
