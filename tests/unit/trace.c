/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The text trace: form of the lines, wording of the tracepoints, stack taken.
 *
 * Does not check that KVM's tracepoints pass what is expected here.
 */
#include "sim/trace.h"

#include <stdlib.h>

#include "kvm/boundary.h"
#include "sim/coro.h"
#include "tests/unit/test.h"

struct kw_shared kw_shared;
static bool irqs_enabled;

bool kw_irqs_enabled(uint32_t cpu)
{
	(void)cpu;
	return irqs_enabled;
}

static char *text;
static size_t text_bytes;
static FILE *memory;

static void begin(void)
{
	kw_shared.now_ns = 12345;
	kw_shared.current_tid = 3;
	irqs_enabled = false;
	trace_task(3, "vcpu0");
	memory = open_memstream(&text, &text_bytes);
	trace_start(memory);
}

static void end(void)
{
	trace_start(NULL);
	fclose(memory);
	free(text);
	text = NULL;
}

static const char *last_line(void)
{
	char *at;

	fflush(memory);
	for (at = text + text_bytes - 1; at > text && at[-1] != '\n'; at--)
		;
	return at;
}

/* Of the last line, what the event says. */
static const char *said(void)
{
	const char *at = strstr(last_line(), ": ");

	return at ? at + 2 : "";
}

static void test_switch(void)
{
	EXPECT(!trace_on());
	trace_event("nothing", "is written");
	hs_printk("nothing either\n");
	begin();
	EXPECT(trace_on());
	EXPECT(kw_shared.trace_on);
	fflush(memory);
	EXPECT(!strncmp(text, "# tracer: nop\n", 14));
	end();
	EXPECT(!trace_on());
	EXPECT(!kw_shared.trace_on);
}

static void test_line(void)
{
	begin();
	trace_event("guest_op", "vcpu %u %s", 0u, "hlt");
	EXPECT_STR(last_line(), "           vcpu0-3       [003] d...     0.000012345: guest_op: vcpu 0 hlt\n");
	kw_shared.now_ns = 7000000001ull;
	kw_shared.current_tid = 4097;
	irqs_enabled = true;
	trace_event("guest_op", "vcpu %u %s", 1u, "sti");
	EXPECT_STR(last_line(), "           <...>-4097    [4097] ....     7.000000001: guest_op: vcpu 1 sti\n");
	end();
}

static void expect_tp(enum kw_tracepoint id, const char *want, uint32_t nr, const uint64_t *args)
{
	char line[256];

	snprintf(line, sizeof(line), "%s\n", want);
	hs_tracepoint(id, nr, args);
	EXPECT_STR(said(), line);
}

#define EXPECT_TP(id, want, ...) do {						\
	const uint64_t args__[] = { __VA_ARGS__ };				\
	expect_tp(id, want, sizeof(args__) / sizeof(args__[0]), args__);	\
} while (0)

static void test_tracepoints(void)
{
	begin();
	EXPECT_TP(KW_TP_KVM_APIC_ACCEPT_IRQ, "kvm_apic_accept_irq: apicid 1 vec 49 (Fixed|edge)", 1, 0, 0, 49);
	EXPECT_TP(KW_TP_KVM_APIC_ACCEPT_IRQ, "kvm_apic_accept_irq: apicid ff vec 32 (LowPrio|level)", 255,
		  0x100, 1, 32);
	EXPECT_TP(KW_TP_KVM_INJ_VIRQ, "kvm_inj_virq: IRQ 0x31", 0x31, 0, 0);
	EXPECT_TP(KW_TP_KVM_INJ_VIRQ, "kvm_inj_virq: IRQ 0x31 [reinjected]", 0x31, 0, 1);
	EXPECT_TP(KW_TP_KVM_EOI, "kvm_eoi: apicid 2 vector 49", 2, 49);
	EXPECT_TP(KW_TP_KVM_PV_EOI, "kvm_pv_eoi: apicid 2 vector -1", 2, UINT64_MAX);
	EXPECT_TP(KW_TP_KVM_MSI_SET_IRQ, "kvm_msi_set_irq: dst 1 vec 49 (Fixed|physical|edge)", 0xfee01000, 0x31);
	EXPECT_TP(KW_TP_KVM_MSI_SET_IRQ, "kvm_msi_set_irq: dst 103 vec 50 (LowPrio|logical|level|rh)",
		  0x100fee0300cull, 0x8132);
	EXPECT_TP(KW_TP_KVM_MSI_SET_IRQ, "kvm_msi_set_irq: dst 103 vec 50 (Fixed|physical|edge)",
		  0x100fee03000ull, 0x32);
	EXPECT_TP(KW_TP_KVM_APIC_IPI, "kvm_apic_ipi: dst 5 vec 253 (Fixed|physical|assert|edge|dst)", 0x40fd, 5);
	EXPECT_TP(KW_TP_KVM_MSR, "kvm_msr: msr_write 4b564d04 = 0x1001", 1, 0x4b564d04, 0x1001, 0);
	EXPECT_TP(KW_TP_KVM_MSR, "kvm_msr: msr_read 1b = 0x0 (#GP)", 0, 0x1b, 0, 1);
	EXPECT_TP(KW_TP_KVM_CR, "kvm_cr: cr_write 8 = 0x5", 1, 8, 5);
	EXPECT_TP(KW_TP_KVM_APIC, "kvm_apic: apic_write APIC_EOI = 0x0", 1, 0xb0, 0);
	EXPECT_TP(KW_TP_KVM_APIC, "kvm_apic: apic_read 0x110 = 0x2", 0, 0x110, 2);
	EXPECT_TP(KW_TP_KVM_ENTRY, "kvm_entry: vcpu 0, intr_info 0x80000031", 0, 0, 0, 0x80000031, 0, 0);
	EXPECT_TP(KW_TP_KVM_ENTRY, "kvm_entry: vm 2 vcpu 1", 2, 1, 0, 0, 0, 0);
	EXPECT_TP(KW_TP_KVM_EXIT, "kvm_exit: vcpu 0 reason MSR_WRITE info 0x0 idt_vectoring 0x0", 0, 0, 32, 0, 0, 0);
	EXPECT_TP(KW_TP_KVM_EXIT, "kvm_exit: vcpu 0 reason 69 info 0x1 idt_vectoring 0x0", 0, 0, 69, 0, 1, 0);
	EXPECT_TP(KW_TP_KVM_USERSPACE_EXIT, "kvm_userspace_exit: reason restart (4)", 0, (uint64_t)-4);
	EXPECT_TP(KW_TP_KVM_USERSPACE_EXIT, "kvm_userspace_exit: reason 5", 5, 0);
	EXPECT_TP(KW_TP_KVM_VCPU_WAKEUP, "kvm_vcpu_wakeup: wait time 1500 ns, polling valid", 1500, 1, 1);
	/* Fewer arguments than expected, and an event without a format. */
	EXPECT_TP(KW_TP_KVM_MSR, "kvm_msr: 0x1 0x2", 1, 2);
	EXPECT_TP(KW_TP_KVM_FPU, "kvm_fpu: 0x1", 1);
	end();
}

static void test_printk(void)
{
	begin();
	hs_printk("\0014kvm: something odd\n");
	EXPECT_STR(said(), "printk: kvm: something odd\n");
	hs_printk("one\n\ntwo");
	EXPECT_STR(said(), "printk: two\n");
	EXPECT(strstr(text, "printk: one\n") != NULL);
	end();
}

static void test_too_long(void)
{
	char *string = malloc(5000);

	memset(string, 'x', 4999);
	string[4999] = 0;
	begin();
	trace_event("long", "%s%s", string, string);
	EXPECT_EQ(strlen(last_line()), 1023);
	hs_printk(string);
	EXPECT_EQ(strlen(last_line()), 1023);
	EXPECT(last_line()[1022] == '\n');
	end();
	trace_task(0xffffffff, string);
	trace_task(3, string);
	begin();
	free(string);
	end();
}

/* ---- How much stack it takes: a coroutine's is painted, and looked at afterwards. */

static struct coro main_coro, coro;

static void trace_all(void *arg)
{
	const uint64_t args[] = { ~0ull, ~0ull, ~0ull, ~0ull, ~0ull, ~0ull, ~0ull, ~0ull };
	uint32_t id;

	(void)arg;
	for (id = 0; id < KW_NR_TRACEPOINTS; id++)
		hs_tracepoint((enum kw_tracepoint)id, 8, args);
	trace_event("guest_op", "vcpu %u %s %-8d", 0u, "hlt", -3);
	hs_printk("\0014kvm: something odd\n");
	coro_switch(&coro, &main_coro);
}

#define PAINT 0xa5

__attribute__((no_sanitize("address")))
static uint32_t stack_taken(FILE *out)
{
	uint32_t i, painted;

	coro_start(&coro, 0, trace_all, NULL);
	painted = (uint32_t)((uint8_t *)coro.sp - coro.stack);
	for (i = 0; i < painted; i++)
		coro.stack[i] = PAINT;
	trace_start(out);
	coro_switch(&main_coro, &coro);
	trace_start(NULL);
	for (i = 0; i < painted && coro.stack[i] == PAINT; i++)
		;
	return painted - i;
}

static void test_stack(void)
{
	FILE *file = tmpfile(), *unbuffered = tmpfile();
	uint32_t bytes, bytes_unbuffered;

	EXPECT_EQ(coro_pool_init(4), 0);
	/* As stderr is: where printf() would take 8 KB for a buffer. */
	setvbuf(unbuffered, NULL, _IONBF, 0);
	bytes = stack_taken(file);
	bytes_unbuffered = stack_taken(unbuffered);
	printf("# stack taken: %u bytes, %u to an unbuffered stream\n", bytes, bytes_unbuffered);
#ifndef CORO_ASAN
	EXPECT(bytes <= 4096);
	EXPECT(bytes_unbuffered <= 4096);
#endif
	fclose(file);
	fclose(unbuffered);
}

TEST_MAIN(
	TEST(test_switch),
	TEST(test_line),
	TEST(test_tracepoints),
	TEST(test_printk),
	TEST(test_too_long),
	TEST(test_stack),
)
