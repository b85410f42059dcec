// SPDX-License-Identifier: GPL-2.0-only
/*
 * BUG and WARN, once-latches, instructions that are thunks, and the containers
 * that are the tree's own code.
 */
#include <linux/bug.h>
#include <linux/once_lite.h>
#include <linux/xarray.h>
#include <linux/rbtree.h>
#include <linux/bitops.h>
#include <linux/moduleparam.h>
#include <asm/msr.h>
#include <asm/processor.h>
#if __has_include(<asm/cpuid/api.h>)
#include <asm/cpuid/api.h>
#endif
#include "check.h"

/* --- The bug table: a ud2 and the line that it stands for. */
static u32 truth = 1;
static u32 bug_line, warn_line;

static noinline void st_bug(void)
{
	bug_line = __LINE__; if (READ_ONCE(truth)) BUG();
}

static noinline void st_warn(void)
{
	warn_line = __LINE__; WARN_ON(READ_ONCE(truth));
}

/* The first ud2 of @fn. */
static u64 find_ud2(void (*fn)(void))
{
	const u8 *p = (void *)fn;
	u32 i;

	for (i = 0; i < 400; i++)
		if (p[i] == 0x0f && p[i + 1] == 0x0b)
			return (u64)(p + i);
	return 0;
}

static void check_entry(u64 rip, bool warn, u32 line, const char *function)
{
	struct kw_bug bug = { };
	const char *slash;

	ST_CHECK(rip, "no ud2 in %s()", function);
	ST_CHECK(kw_bug_find(rip, &bug), "%s() is not in the table", function);
	slash = bug.file ? strrchr(bug.file, '/') : NULL;
	ST_CHECK(slash && !strcmp(slash, "/diag.c"), "%s", bug.file ? bug.file : "no file");
	ST_CHECK(bug.is_warn == warn, "%s()", function);
	ST_CHECK(bug.line == line, "line %u and not %u", bug.line, line);
	ST_CHECK(!kw_bug_find(rip + 1, &bug) && !kw_bug_find(0, &bug), "found what is not there");
}

static void table_role(u32 role)
{
	st_warn();
	truth = 0;
	st_bug();
	st_warn();
	check_entry(find_ud2(st_bug), false, bug_line, "st_bug");
	check_entry(find_ud2(st_warn), true, warn_line, "st_warn");
}

static void bug_role(u32 role) { st_bug(); }

/* --- WARN: every one counts, also those that a kernel says once. */
static noinline void say_once(u32 i)
{
	WARN_ON_ONCE(READ_ONCE(truth));
	WARN_ONCE(READ_ONCE(truth), "once %u", i);
}

static void once_role(u32 role)
{
	u32 i;

	for (i = 0; i < 3; i++) {
		say_once(i);
		kw_once_clear();
	}
	ST_CHECK(WARN_ON(READ_ONCE(truth)), "the condition");
	ST_CHECK(!WARN_ON_ONCE(!READ_ONCE(truth)), "the condition");
}

/* The latch itself: a second pass is silent until it is cleared. */
static u32 said;
static void say(void) { said++; }
static noinline void say_lite(void) { DO_ONCE_LITE(say); }

static void latch_role(u32 role)
{
	say_lite();
	say_lite();
	ST_CHECK(said == 1, "%u", said);
	kw_once_clear();
	say_lite();
	ST_CHECK(said == 2, "%u", said);
}

/* --- Thunks: every register that the instruction keeps is kept. */
struct registers {
	u64 rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15, rsp;
};

/*
 * The registers are filled with values of their own but for the operands, and
 * stored after.  From every alignment of the stack, since inline assembly does
 * not care.
 */
#define EXECUTE(name, insn)								\
void kw_st_##name(struct registers *in, struct registers *out, u64 misalign);		\
asm(".pushsection .text\n"								\
    ".globl kw_st_" #name "\n.type kw_st_" #name ", @function\nkw_st_" #name ":\n"	\
    "push %rbp; push %rbx; push %r12; push %r13; push %r14; push %r15\n"		\
    "mov %rsp, %rax; sub %rdx, %rsp; push %rax; push %rsi\n"				\
    "mov 8(%rdi), %rbx; mov 16(%rdi), %rcx; mov 24(%rdi), %rdx; mov 32(%rdi), %rsi\n"	\
    "mov 48(%rdi), %rbp; mov 56(%rdi), %r8; mov 64(%rdi), %r9; mov 72(%rdi), %r10\n"	\
    "mov 80(%rdi), %r11; mov 88(%rdi), %r12; mov 96(%rdi), %r13; mov 104(%rdi), %r14\n"	\
    "mov 112(%rdi), %r15; mov 0(%rdi), %rax; mov %rsp, 120(%rdi); mov 40(%rdi), %rdi\n"	\
    insn "\n"										\
    "xchg %rax, (%rsp); mov %rsp, 120(%rax); mov %rbx, 8(%rax); mov %rcx, 16(%rax)\n"	\
    "mov %rdx, 24(%rax); mov %rsi, 32(%rax); mov %rdi, 40(%rax); mov %rbp, 48(%rax)\n"	\
    "mov %r8, 56(%rax); mov %r9, 64(%rax); mov %r10, 72(%rax); mov %r11, 80(%rax)\n"	\
    "mov %r12, 88(%rax); mov %r13, 96(%rax); mov %r14, 104(%rax); mov %r15, 112(%rax)\n" \
    "pop %rbx; mov %rbx, 0(%rax); pop %rsp\n"						\
    "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbx; pop %rbp; ret\n"			\
    ".size kw_st_" #name ", . - kw_st_" #name "\n.popsection\n")

EXECUTE(cpuid, "cpuid");
EXECUTE(rdmsr, "rdmsr");
EXECUTE(wrmsr, "wrmsr");
EXECUTE(rdtsc, "rdtsc");
EXECUTE(xgetbv, "xgetbv");
EXECUTE(hweight32, "call __sw_hweight32");
EXECUTE(hweight64, "call __sw_hweight64");

static struct registers in, out;

/* Those of rax, rbx, rcx, rdx that @changes says are results. */
#define RAX 1
#define RBX 2
#define RCX 4
#define RDX 8

static void execute(void (*fn)(struct registers *, struct registers *, u64), u64 misalign, u32 changes, const char *name)
{
	u64 *i = (u64 *)&in, *o = (u64 *)&out;
	u32 k;

	/* Operands first: they are in place already. */
	for (k = 4; k < 15; k++)
		i[k] = 0x0101010101010101ull * (k + 1) + kw_selftest_seed;
	memset(&out, 0, sizeof(out));
	fn(&in, &out, misalign);
	for (k = 0; k < 16; k++)
		ST_CHECK((k < 4 && (changes & 1u << k)) || i[k] == o[k], "%s: register %u changes from %llx to %llx",
			 name, k, i[k], o[k]);
}

static u32 hweight_by_hand(u64 v)
{
	u32 n = 0;

	for (; v; v &= v - 1)
		n++;
	return n;
}

static void thunk_role(u32 role)
{
	u64 misalign, a, b, c, d;

	for (misalign = 0; misalign < 16; misalign += 8) {
		a = 0; b = 0x1111111111111111ull; c = 0; d = 0x2222222222222222ull;
		in = (struct registers){ a, b, c, d };
		execute(kw_st_cpuid, misalign, RAX | RBX | RCX | RDX, "cpuid");
		ST_CHECK(out.rax >= 1 && out.rbx == 0x756e6547 && out.rdx == 0x49656e69 && out.rcx == 0x6c65746e,
			 "cpuid 0: %llx %llx %llx %llx", out.rax, out.rbx, out.rcx, out.rdx);
		in = (struct registers){ a, b, MSR_IA32_APICBASE, d };
		execute(kw_st_rdmsr, misalign, RAX | RDX, "rdmsr");
		ST_CHECK(out.rax == (0xfee00000ull | MSR_IA32_APICBASE_ENABLE) && out.rdx == 0, "rdmsr: %llx %llx", out.rax,
			 out.rdx);
		in = (struct registers){ a, b, MSR_IA32_CR_PAT, d };
		execute(kw_st_rdmsr, misalign, RAX | RDX, "rdmsr");
		ST_CHECK(out.rax == 0x00070406 && out.rdx == 0x00070406, "rdmsr: %llx %llx", out.rax, out.rdx);
		in = (struct registers){ 1, b, MSR_EFER, 2 };
		execute(kw_st_wrmsr, misalign, 0, "wrmsr");
		in = (struct registers){ a, b, 5, d };
		execute(kw_st_rdtsc, misalign, RAX | RDX, "rdtsc");
		ST_CHECK((out.rdx << 32 | out.rax) == kw_shared.now_ns && !(out.rax >> 32), "rdtsc: %llx %llx", out.rax, out.rdx);
		in = (struct registers){ a, b, 0, d };
		execute(kw_st_xgetbv, misalign, RAX | RDX, "xgetbv");
		in = (struct registers){ a, b, 0, d };
		execute(kw_st_hweight32, misalign, RAX, "hweight32");
		ST_CHECK(out.rax == hweight_by_hand((u32)in.rdi), "%llu", out.rax);
		execute(kw_st_hweight64, misalign, RAX, "hweight64");
		ST_CHECK(out.rax == hweight_by_hand(in.rdi), "%llu", out.rax);
	}
	st_busy(st_below(1000));
	ST_CHECK(rdtsc() == kw_shared.now_ns, "the clock");
	ST_CHECK(cpuid_eax(0x80000000) == 0x80000008, "through the tree's own wrapper");
	a = native_read_msr(MSR_IA32_TSC);
	ST_CHECK(a == kw_shared.now_ns, "the clock");
}

/* --- The tree's own containers work here. */
static void xarray_role(u32 role)
{
	DEFINE_XARRAY(xa);
	static u64 value[64];
	unsigned long index, nr = 0, sum = 0;
	void *entry;
	u32 i;

	for (i = 0; i < 64; i++)
		ST_CHECK(!xa_err(xa_store(&xa, i * i * 37ul, &value[i], GFP_KERNEL)), "stored");
	for (i = 0; i < 64; i++)
		ST_CHECK(xa_load(&xa, i * i * 37ul) == &value[i], "entry %u", i);
	ST_CHECK(!xa_load(&xa, 38), "empty");
	ST_CHECK(xa_insert(&xa, 37, &value[0], GFP_KERNEL) == -EBUSY, "taken");
	ST_CHECK(!xa_reserve(&xa, 38, GFP_KERNEL) && !xa_load(&xa, 38), "reserved, and still empty");
	xa_release(&xa, 38);
	ST_CHECK(xa_erase(&xa, 37) == &value[1] && !xa_load(&xa, 37), "erased");
	xa_for_each(&xa, index, entry) {
		nr++;
		sum += index;
	}
	ST_CHECK(nr == 63, "%lu entries", nr);
	ST_CHECK(sum == 37ul * (63 * 64 * 127 / 6) - 37, "sum of indices %lu", sum);
	xa_destroy(&xa);
	ST_CHECK(xa_empty(&xa), "destroyed");
}

/* --- Module parameters: kernel/params.c, comments at module_param(). */
static bool st_flag;
module_param(st_flag, bool, 0444);

static void param_role(u32 role)
{
	st_flag = false;
	ST_CHECK(!kw_param_set("st_flag", "Y") && st_flag, "set");
	ST_CHECK(!kw_param_set("st_flag", "0") && !st_flag, "cleared");
	ST_CHECK(!kw_param_set("st_flag", NULL) && st_flag, "no value means yes");
	ST_CHECK(!kw_param_set("st_flag", "off") && !st_flag, "off");
	ST_CHECK(!kw_param_set("st_flag", "on") && st_flag, "on");
	ST_CHECK(kw_param_set("st_flag", "perhaps") == -EINVAL && st_flag, "no bool, and no change");
	ST_CHECK(kw_param_set("st_fla", "0") == -ENOENT && st_flag, "no such parameter");
}

struct item { struct rb_node node; u32 key; };

static void rbtree_role(u32 role)
{
	static struct item items[50];
	struct rb_root root = RB_ROOT;
	struct rb_node *n;
	u32 i, last = 0, nr = 0;

	for (i = 0; i < ARRAY_SIZE(items); i++) {
		struct rb_node **p = &root.rb_node, *parent = NULL;

		items[i].key = st_below(1000);
		while (*p) {
			parent = *p;
			p = items[i].key < rb_entry(parent, struct item, node)->key ? &parent->rb_left : &parent->rb_right;
		}
		rb_link_node(&items[i].node, parent, p);
		rb_insert_color(&items[i].node, &root);
	}
	for (i = 0; i < 10; i++)
		rb_erase(&items[i].node, &root);
	for (n = rb_first(&root); n; n = rb_next(n), nr++) {
		ST_CHECK(rb_entry(n, struct item, node)->key >= last, "order");
		last = rb_entry(n, struct item, node)->key;
	}
	ST_CHECK(nr == 40, "%u", nr);
}

const struct kw_selftest st_diag_tests[] = {
	{ "bug table: finds file and line of BUG and WARN", 1, .role = table_role, .nr_warns = 1 },
	{ "BUG: ends the run", 1, KW_SELFTEST_BUG, .role = bug_role, .says = "diag.c:|st_bug" },
	{ "WARN: every one, also WARN_ONCE()", 1, .role = once_role, .nr_warns = 7 },
	{ "once: fires again after kw_once_clear()", 1, .role = latch_role },
	{ "thunks: CPUID, RDMSR, WRMSR, RDTSC, XGETBV keep all other registers", 1, .role = thunk_role },
	{ "xarray: the tree's own", 1, .role = xarray_role },
	{ "parameters: set by name", 1, .role = param_role },
	{ "rbtree: the tree's own", 1, .role = rbtree_role },
	{ }
};
