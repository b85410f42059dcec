// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated host processor: what CPUID, RDMSR, RDTSC and XGETBV say, the
 * set of CPUs, and the few boot-time facts that KVM reads.
 *
 * Fixed by this file on every machine: determinism forbids asking the real one.
 * An Intel-like CPU without XSAVE, PMU or virtualized APIC.
 */
#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/kvm_host.h>
#include <asm/processor.h>
#include <asm/cpufeature.h>
#include <asm/msr-index.h>
#include <asm/nospec-branch.h>
#include <asm/vmx.h>
#include "env.h"

struct cpuinfo_x86 boot_cpu_data __read_mostly;
DEFINE_PER_CPU_READ_MOSTLY(struct cpuinfo_x86, cpu_info);
DEFINE_PER_CPU(unsigned long, cpu_dr7);
DEFINE_PER_CPU(bool, x86_ibpb_exit_to_user);
DEFINE_PER_CPU_READ_MOSTLY(unsigned long, this_cpu_off);

#undef nr_cpu_ids
unsigned int nr_cpu_ids = 1;
struct cpumask __cpu_online_mask, __cpu_possible_mask, __cpu_present_mask;
atomic_t __num_online_cpus;
#ifdef KW_HAS_ZERO_PAGE_BYTES
const u8 empty_zero_page[PAGE_SIZE] __aligned(PAGE_SIZE);
#else
unsigned long empty_zero_page[PAGE_SIZE / sizeof(unsigned long)];
#endif
#ifdef KW_HAS_ZERO_PFN_DATUM
unsigned long zero_pfn;
#else
unsigned long zero_page_pfn;
struct page *__zero_page;
#endif
struct mem_section **mem_section;
DEFINE_STATIC_KEY_FALSE(switch_vcpu_ibpb);

static const u32 kw_features[] = {
	X86_FEATURE_FPU, X86_FEATURE_TSC, X86_FEATURE_MSR, X86_FEATURE_PAE, X86_FEATURE_CX8,
	X86_FEATURE_APIC, X86_FEATURE_PGE, X86_FEATURE_CMOV, X86_FEATURE_PAT, X86_FEATURE_MMX,
	X86_FEATURE_FXSR, X86_FEATURE_XMM, X86_FEATURE_XMM2, X86_FEATURE_LM, X86_FEATURE_NX,
	X86_FEATURE_SYSCALL, X86_FEATURE_CX16, X86_FEATURE_X2APIC, X86_FEATURE_TSC_DEADLINE_TIMER,
	X86_FEATURE_MWAIT, X86_FEATURE_ARAT, X86_FEATURE_CONSTANT_TSC, X86_FEATURE_NONSTOP_TSC, X86_FEATURE_ALWAYS,
};

void kw_cpu_init(void)
{
	u32 i;

	nr_cpu_ids = kw_config.nr_cpus;
	boot_cpu_data.x86_vendor = X86_VENDOR_INTEL;
	boot_cpu_data.x86 = 6;
	boot_cpu_data.x86_model = 0x8f;
	boot_cpu_data.x86_phys_bits = 46;
	boot_cpu_data.x86_virt_bits = 48;
	boot_cpu_data.cpuid_level = 0x16;
	for (i = 0; i < ARRAY_SIZE(kw_features); i++)
		set_bit(kw_features[i], (unsigned long *)boot_cpu_data.x86_capability);
	for (i = 0; i < kw_config.nr_cpus; i++) {
		__cpumask_set_cpu(i, &__cpu_online_mask);
		__cpumask_set_cpu(i, &__cpu_possible_mask);
		__cpumask_set_cpu(i, &__cpu_present_mask);
		*per_cpu_ptr(&cpu_info, i) = boot_cpu_data;
	}
	atomic_set(&__num_online_cpus, kw_config.nr_cpus);
}

/* --- Instructions: see shims/insn.h. C functions called from the thunks below. */
u64 kw_rdmsr(u32 msr)
{
	switch (msr) {
	case MSR_IA32_CR_PAT:
		return 0x0007040600070406ull;	/* entry 0 is write-back, as KVM insists */
	case MSR_EFER:
		return EFER_SCE | EFER_LME | EFER_LMA | EFER_NX;
	case MSR_IA32_TSC:
		return kw_shared.now_ns;
	case MSR_IA32_APICBASE:
		return 0xfee00000ull | MSR_IA32_APICBASE_ENABLE;
	default:
		return 0;
	}
}

u64 kw_rdtsc(void) { return kw_shared.now_ns; }

struct kw_cpuid { u32 leaf, eax, ebx, ecx, edx; };
static const struct kw_cpuid kw_cpuid_table[] = {
	{ 0x00000000, 0x16, 0x756e6547, 0x6c65746e, 0x49656e69 },
	/* FPU TSC MSR PAE MCE CX8 APIC MTRR PGE MCA CMOV PAT CLFSH MMX FXSR SSE SSE2; SSE3 MONITOR CX16 x2APIC TSC-deadline */
	{ 0x00000001, 0x000806f8, 0x00010800, 0x01202009, 0x078bf3ff },
	{ 0x00000006, 0x00000004, 0, 0, 0 },	/* the APIC timer always runs */
	{ 0x80000000, 0x80000008, 0, 0, 0 },
	{ 0x80000001, 0, 0, 0x00000001, 0x20100800 },
	{ 0x80000007, 0, 0, 0, 0x00000100 },
	{ 0x80000008, 0x0000302e, 0, 0, 0 },
};

void kw_cpuid(u32 regs[4])
{
	u32 leaf = regs[0], i;

	regs[0] = regs[1] = regs[2] = regs[3] = 0;
	for (i = 0; i < ARRAY_SIZE(kw_cpuid_table); i++) {
		if (kw_cpuid_table[i].leaf != leaf)
			continue;
		regs[0] = kw_cpuid_table[i].eax;
		regs[1] = kw_cpuid_table[i].ebx;
		regs[2] = kw_cpuid_table[i].ecx;
		regs[3] = kw_cpuid_table[i].edx;
	}
}

void kw_insn_hlt(void) { hs_trap("hlt"); }

/*
 * The thunks: registers as the instruction leaves them. %rbp keeps the stack
 * pointer, since inline assembly may call from any alignment.
 */
#define KW_SAVE "push %rbp; mov %rsp, %rbp; push %rsi; push %rdi; push %r8; push %r9; push %r10; push %r11; "
#define KW_RESTORE "mov -8(%rbp), %rsi; mov -16(%rbp), %rdi; mov -24(%rbp), %r8; mov -32(%rbp), %r9; " \
		   "mov -40(%rbp), %r10; mov -48(%rbp), %r11; leave; ret\n"
asm(".text\n"
    ".globl kw_insn_rdmsr\nkw_insn_rdmsr:\n"
    KW_SAVE "push %rcx; and $-16, %rsp; mov %ecx, %edi; call kw_rdmsr;"
    "mov %rax, %rdx; shr $32, %rdx; mov %eax, %eax; mov -56(%rbp), %rcx;" KW_RESTORE
    ".globl kw_insn_rdtsc\nkw_insn_rdtsc:\n"
    KW_SAVE "push %rcx; and $-16, %rsp; call kw_rdtsc;"
    "mov %rax, %rdx; shr $32, %rdx; mov %eax, %eax; mov -56(%rbp), %rcx;" KW_RESTORE
    ".globl kw_insn_cpuid\nkw_insn_cpuid:\n"
    KW_SAVE "sub $24, %rsp; and $-16, %rsp; mov %eax, (%rsp); mov %ebx, 4(%rsp); mov %ecx, 8(%rsp);"
    "mov %rsp, %rdi; call kw_cpuid;"
    "mov (%rsp), %eax; mov 4(%rsp), %ebx; mov 8(%rsp), %ecx; mov 12(%rsp), %edx;" KW_RESTORE
    /* Only x87 and SSE state is enabled; a written MSR has nowhere to go. */
    ".globl kw_insn_xgetbv\nkw_insn_xgetbv:\n\tmov $3, %eax\n\txor %edx, %edx\n\tret\n"
    ".globl kw_insn_wrmsr\nkw_insn_wrmsr:\n\tret\n");

/* Called from inline assembly that says that only %rax changes: lib/hweight.c would not do. */
asm(".text\n"
    ".globl __sw_hweight32\n__sw_hweight32:\n\tpopcnt %edi, %eax\n\tret\n"
    ".globl __sw_hweight64\n__sw_hweight64:\n\tpopcnt %rdi, %rax\n\tret\n");

/* --- Facts that KVM asks for once. */
enum system_states system_state = SYSTEM_RUNNING;
bool static_key_initialized = true;
enum l1tf_mitigations l1tf_mitigation = L1TF_MITIGATION_OFF;
enum vmx_l1d_flush_state l1tf_vmx_mitigation = VMENTER_L1D_FLUSH_NOT_REQUIRED;
bool gds_ucode_mitigated(void) { return true; }
int check_tsc_unstable(void) { return 0; }
void mark_tsc_unstable(char *reason) { hs_panic("KVM calls the TSC unstable"); }

/* The low byte of an MSI address's destination; the high ones only with the extended format. */
u32 x86_msi_msg_get_destid(struct msi_msg *msg, bool extid)
{
	u32 id = msg->arch_addr_lo.destid_0_7;

	if (extid)
		id |= msg->arch_addr_hi.destid_8_31 << 8;
	return id;
}
