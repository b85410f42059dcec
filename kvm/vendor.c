// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated vendor module: what kvm_intel and kvm_amd are to KVM, with the
 * hardware modelled by the libc world behind hs_vm_enter().
 *
 * It follows VMX, as the SDM describes it: the event-injection field and its
 * re-injection after a cancelled entry or an interrupted delivery, interrupt
 * shadows, the interrupt-window exit, and the TPR shadow with its threshold.
 * What an exit makes KVM do is in exits.c, APICv in apicv.c, the VMX-preemption
 * timer in hv_timer.c; vendor_load.c hands all of it to KVM.
 *
 * Operations are found by name: kw_op_X() fills kvm_x86_ops.X.  One that KVM
 * wants and that is neither here nor a no-op with a reason in symbols.tbl is a
 * trap.  No instruction is decoded; hs_vm_enter() says what the guest did.
 */
#include "vendor.h"
#include "irq.h"
#include "trace.h"

static u32 kw_nr_vms;

static struct kvm_vcpu *kw_vcpu(const struct kw_hw *hw)
{
	return (struct kvm_vcpu *)&container_of(hw, struct kw_vcpu, hw)->vcpu;
}

/* --- The processor and the VM. */
int kw_op_hardware_enable(void) { return 0; }
int kw_op_enable_virtualization_cpu(void) { return 0; }
int kw_op_check_processor_compatibility(void) { return 0; }
bool kw_op_has_emulated_msr(struct kvm *kvm, u32 index) { return true; }

int kw_op_vm_init(struct kvm *kvm)
{
	container_of(kvm, struct kw_vm, kvm)->nr = kw_nr_vms++;
	return 0;
}

int kw_op_vcpu_create(struct kvm_vcpu *vcpu)
{
	struct kw_hw *hw = kw_hw(vcpu);

	hw->vm = container_of(vcpu->kvm, struct kw_vm, kvm)->nr;
	hw->vcpu_id = vcpu->vcpu_id;
	hw->rflags = X86_EFLAGS_FIXED;
	hw->vapic_page = vcpu->arch.apic ? vcpu->arch.apic->regs : NULL;
	kw_apicv_vcpu_create(vcpu);
	hs_vcpu_created(hw);
	return 0;
}

void kw_op_vcpu_free(struct kvm_vcpu *vcpu) { hs_vcpu_freed(kw_hw(vcpu)); }

/* RESET and INIT: SDM, "Processor State After Reset". Only what interrupts see. */
void kw_op_vcpu_reset(struct kvm_vcpu *vcpu, bool init_event)
{
	struct kw_hw *hw = kw_hw(vcpu);

	hw->entry_intr_info = 0;
	hw->int_window = hw->nmi_window = 0;
	hw->tpr_threshold = 0;
	hw->rflags = X86_EFLAGS_FIXED;
	hw->interruptibility = 0;
	kw_op_cancel_hv_timer(vcpu);
	if (init_event)
		hs_vcpu_init(hw);
}

/* SDM, "MP Initialization Protocol Algorithm": the vector is the page where it starts. */
void kw_op_vcpu_deliver_sipi_vector(struct kvm_vcpu *vcpu, u8 vector)
{
	kvm_rip_write(vcpu, (u64)vector << PAGE_SHIFT);
	hs_vcpu_sipi(kw_hw(vcpu), vector);
}

/* --- Registers: long mode, ring 0, flat; only RFLAGS.IF changes. */
unsigned long kw_op_get_rflags(struct kvm_vcpu *vcpu) { return kw_hw(vcpu)->rflags; }
void kw_op_set_rflags(struct kvm_vcpu *vcpu, unsigned long rflags) { kw_hw(vcpu)->rflags = rflags; }
bool kw_op_get_if_flag(struct kvm_vcpu *vcpu) { return kw_hw(vcpu)->rflags & X86_EFLAGS_IF; }
int kw_op_get_cpl(struct kvm_vcpu *vcpu) { return 0; }
int kw_op_get_cpl_no_cache(struct kvm_vcpu *vcpu) { return 0; }
bool kw_op_is_valid_cr0(struct kvm_vcpu *vcpu, unsigned long cr0) { return true; }
bool kw_op_is_valid_cr4(struct kvm_vcpu *vcpu, unsigned long cr4) { return true; }
void kw_op_set_cr0(struct kvm_vcpu *vcpu, unsigned long cr0) { vcpu->arch.cr0 = cr0; }
void kw_op_set_cr4(struct kvm_vcpu *vcpu, unsigned long cr4) { vcpu->arch.cr4 = cr4; }

int kw_op_set_efer(struct kvm_vcpu *vcpu, u64 efer)
{
	/* The guest model is in long mode from its first instruction on. */
	vcpu->arch.efer = efer | EFER_LME | EFER_LMA;
	return 0;
}

void kw_op_get_cs_db_l_bits(struct kvm_vcpu *vcpu, int *db, int *l)
{
	*db = 0;
	*l = 1;
}

void kw_op_cache_reg(struct kvm_vcpu *vcpu, enum kvm_reg reg)
{
	__set_bit(reg, (unsigned long *)&vcpu->arch.regs_avail);
}
int kw_op_get_msr(struct kvm_vcpu *vcpu, struct msr_data *msr) { return kvm_get_msr_common(vcpu, msr); }
int kw_op_set_msr(struct kvm_vcpu *vcpu, struct msr_data *msr) { return kvm_set_msr_common(vcpu, msr); }
int kw_op_complete_emulated_msr(struct kvm_vcpu *vcpu, int err) { return kvm_complete_insn_gp(vcpu, err); }

/* --- Interruptibility: SDM, "Guest Non-Register State", and "MOV SS", "STI". */
void kw_op_set_interrupt_shadow(struct kvm_vcpu *vcpu, int mask)
{
	struct kw_hw *hw = kw_hw(vcpu);

	hw->interruptibility &= ~(KW_BLOCK_STI | KW_BLOCK_MOV_SS);
	if (mask & KVM_X86_SHADOW_INT_MOV_SS)
		hw->interruptibility |= KW_BLOCK_MOV_SS;
	else if (mask & KVM_X86_SHADOW_INT_STI)
		hw->interruptibility |= KW_BLOCK_STI;
}

u32 kw_op_get_interrupt_shadow(struct kvm_vcpu *vcpu)
{
	u32 blocked = kw_hw(vcpu)->interruptibility, mask = 0;

	if (blocked & KW_BLOCK_STI)
		mask |= KVM_X86_SHADOW_INT_STI;
	if (blocked & KW_BLOCK_MOV_SS)
		mask |= KVM_X86_SHADOW_INT_MOV_SS;
	return mask;
}

int kw_op_skip_emulated_instruction(struct kvm_vcpu *vcpu)
{
	kvm_rip_write(vcpu, kvm_rip_read(vcpu) + kw_hw(vcpu)->insn_len);
	kw_op_set_interrupt_shadow(vcpu, 0);
	return 1;
}

int kw_op_interrupt_allowed(struct kvm_vcpu *vcpu, bool for_injection)
{
	const struct kw_hw *hw = kw_hw(vcpu);

	return (hw->rflags & X86_EFLAGS_IF) && !(hw->interruptibility & (KW_BLOCK_STI | KW_BLOCK_MOV_SS));
}

int kw_op_nmi_allowed(struct kvm_vcpu *vcpu, bool for_injection)
{
	return !(kw_hw(vcpu)->interruptibility & (KW_BLOCK_NMI | KW_BLOCK_STI | KW_BLOCK_MOV_SS));
}

bool kw_op_get_nmi_mask(struct kvm_vcpu *vcpu) { return kw_hw(vcpu)->interruptibility & KW_BLOCK_NMI; }

void kw_op_set_nmi_mask(struct kvm_vcpu *vcpu, bool masked)
{
	struct kw_hw *hw = kw_hw(vcpu);

	hw->interruptibility = (hw->interruptibility & ~KW_BLOCK_NMI) | (masked ? KW_BLOCK_NMI : 0);
}

void kw_op_enable_irq_window(struct kvm_vcpu *vcpu) { kw_hw(vcpu)->int_window = 1; }
void kw_op_enable_nmi_window(struct kvm_vcpu *vcpu) { kw_hw(vcpu)->nmi_window = 1; }

/* --- Injection: SDM, "VM-Entry Controls for Event Injection". */
static u64 kw_trace_inj[3];

void kw_op_inject_irq(struct kvm_vcpu *vcpu, bool reinjected)
{
	struct kw_hw *hw = kw_hw(vcpu);

	if (unlikely(kw_shared.trace_on)) {
		kw_trace_inj[0] = vcpu->arch.interrupt.nr;
		kw_trace_inj[1] = vcpu->arch.interrupt.soft;
		kw_trace_inj[2] = reinjected;
		hs_tracepoint(KW_TP_KVM_INJ_VIRQ, 3, kw_trace_inj);
	}
	++vcpu->stat.irq_injections;
	hw->entry_intr_info = KW_INTR_VALID | KW_INTR_TYPE_EXTERNAL | vcpu->arch.interrupt.nr;
	if (unlikely(vcpu->arch.interrupt.soft))
		hw->entry_intr_info |= KW_INTR_TYPE_SOFT;
	kw_point(KW_POINT_INJECT);
}

void kw_op_inject_nmi(struct kvm_vcpu *vcpu)
{
	struct kw_hw *hw = kw_hw(vcpu);

	hw->entry_intr_info = KW_INTR_VALID | KW_INTR_TYPE_NMI | 2;
}

void kw_op_inject_exception(struct kvm_vcpu *vcpu)
{
	struct kvm_queued_exception *ex = &vcpu->arch.exception;
	struct kw_hw *hw = kw_hw(vcpu);

	hw->entry_intr_info = KW_INTR_VALID | KW_INTR_TYPE_EXCEPTION | ex->vector;
	if (ex->has_error_code) {
		hw->entry_intr_info |= KW_INTR_HAS_ERROR_CODE;
		hw->entry_error_code = ex->error_code;
	}
}

static void kw_requeue_exception(struct kvm_vcpu *vcpu, u8 vector, bool has_error_code)
{
	u32 error_code = kw_hw(vcpu)->entry_error_code;

#ifdef KW_HAS_REQUEUE_EXCEPTION_E
	if (has_error_code)
		kvm_requeue_exception_e(vcpu, vector, error_code);
	else
		kvm_requeue_exception(vcpu, vector);
#else
	kvm_requeue_exception(vcpu, vector, has_error_code, error_code);
#endif
}

/* An event that did not reach its handler is owed again, whatever it was. */
static void kw_requeue(struct kvm_vcpu *vcpu, u32 info)
{
	u8 vector = info & KW_INTR_VECTOR_MASK;

	vcpu->arch.nmi_injected = false;
	kvm_clear_exception_queue(vcpu);
	kvm_clear_interrupt_queue(vcpu);
	if (!(info & KW_INTR_VALID))
		return;
	kvm_make_request(KVM_REQ_EVENT, vcpu);
	switch (info & KW_INTR_TYPE_MASK) {
	case KW_INTR_TYPE_NMI:
		vcpu->arch.nmi_injected = true;
		kw_op_set_nmi_mask(vcpu, false);
		break;
	case KW_INTR_TYPE_EXCEPTION:
		kw_requeue_exception(vcpu, vector, info & KW_INTR_HAS_ERROR_CODE);
		break;
	default:
		kvm_queue_interrupt(vcpu, vector, (info & KW_INTR_TYPE_MASK) == KW_INTR_TYPE_SOFT);
	}
}

void kw_op_cancel_injection(struct kvm_vcpu *vcpu)
{
	struct kw_hw *hw = kw_hw(vcpu);

	kw_requeue(vcpu, hw->entry_intr_info);
	hw->entry_intr_info = 0;
	hs_vm_cancel(hw);
}

/* SDM, "TPR Virtualization": the threshold is the class that waits, if TPR holds it back. */
void kw_op_update_cr8_intercept(struct kvm_vcpu *vcpu, int tpr, int irr)
{
	kw_hw(vcpu)->tpr_threshold = (irr == -1 || tpr < irr) ? 0 : irr;
}

void kw_op_deliver_interrupt(struct kvm_lapic *apic, int delivery_mode, int trig_mode, int vector)
{
	struct kvm_vcpu *vcpu = apic->vcpu;

	kw_point(KW_POINT_DELIVER);
	if (unlikely(kw_hw(vcpu)->has_apicv) && kw_post_interrupt(vcpu, vector))
		return;
	kvm_lapic_set_irr(vector, apic);
	kw_point(KW_POINT_DELIVERED);
	kvm_make_request(KVM_REQ_EVENT, vcpu);
	kvm_vcpu_kick(vcpu);
}

/* --- Entry and exit. */
int kw_op_vcpu_pre_run(struct kvm_vcpu *vcpu) { return 1; }
void kw_op_prepare_switch_to_guest(struct kvm_vcpu *vcpu) { kw_point(KW_POINT_ENTRY); }

static void kw_trace_hw(enum kw_tracepoint id, const struct kw_hw *hw)
{
	u64 args[] = { hw->vm, hw->vcpu_id, hw->exit_reason, hw->entry_intr_info, hw->exit_qual,
		       hw->idt_vectoring_info };

	hs_tracepoint(id, ARRAY_SIZE(args), args);
}

/* What VMX handles with interrupts still off. */
static fastpath_t kw_fastpath(struct kvm_vcpu *vcpu, bool force_immediate_exit)
{
	if (kw_hw(vcpu)->exit_reason == KW_EXIT_PREEMPTION_TIMER)
		return kw_hv_timer_exit(vcpu, force_immediate_exit);
#ifdef KW_HAS_FASTPATH_WRMSR
	if (kw_hw(vcpu)->exit_reason == KW_EXIT_MSR_WRITE && !force_immediate_exit)
		return handle_fastpath_set_msr_irqoff(vcpu);
#endif
#ifdef KW_HAS_FASTPATH_WRMSR_NEW
	if (kw_hw(vcpu)->exit_reason == KW_EXIT_MSR_WRITE && !force_immediate_exit)
		return handle_fastpath_wrmsr(vcpu);
#endif
	return EXIT_FASTPATH_NONE;
}

static fastpath_t kw_run(struct kvm_vcpu *vcpu, bool force_immediate_exit)
{
	struct kw_hw *hw = kw_hw(vcpu);

	kw_outside_rcu("a VM-Entry inside an RCU read section");
	hw->immediate_exit = force_immediate_exit;
	kw_hv_timer_load(vcpu);
	/* A timer interrupt that was injected early waits for its time here, as on VMX. */
	kvm_wait_lapic_expire(vcpu);
	hw->idt_vectoring_info = 0;
	if (unlikely(kw_shared.trace_on))
		kw_trace_hw(KW_TP_KVM_ENTRY, hw);
	hs_vm_enter(hw);
	hw->entry_intr_info = 0;
#ifdef KW_HAS_REGS_AVAIL_BITMAP
	bitmap_fill(vcpu->arch.regs_avail, NR_VCPU_TOTAL_REGS);
#else
	vcpu->arch.regs_avail = ~0;
#endif
	vcpu->arch.regs[VCPU_REGS_RAX] = hw->rax;
	vcpu->arch.regs[VCPU_REGS_RBX] = hw->rbx;
	vcpu->arch.regs[VCPU_REGS_RCX] = hw->rcx;
	vcpu->arch.regs[VCPU_REGS_RDX] = hw->rdx;
	vcpu->arch.regs[VCPU_REGS_RSI] = hw->rsi;
	if (unlikely(kw_shared.trace_on))
		kw_trace_hw(KW_TP_KVM_EXIT, hw);
	kw_requeue(vcpu, hw->idt_vectoring_info);
	return kw_fastpath(vcpu, force_immediate_exit);
}

#ifdef KW_HAS_RUN_FLAGS
fastpath_t kw_op_vcpu_run(struct kvm_vcpu *vcpu, u64 flags)
{
	return kw_run(vcpu, flags & KVM_RUN_FORCE_IMMEDIATE_EXIT);
}
#else
fastpath_t kw_op_vcpu_run(struct kvm_vcpu *vcpu, bool force_immediate_exit)
{
	return kw_run(vcpu, force_immediate_exit);
}
#endif

void kw_op_handle_exit_irqoff(struct kvm_vcpu *vcpu)
{
	struct kw_hw *hw = kw_hw(vcpu);

	if (hw->exit_reason == KW_EXIT_EXTERNAL_INTERRUPT)
		kw_take_irqs_off();
	else if (unlikely(hw->exit_reason == KW_EXIT_EXCEPTION_NMI))
		kw_pmi_in_guest(vcpu);
	if (unlikely(hw->late_pmi)) {
		hw->late_pmi = 0;
		kw_pmi_in_host(vcpu);
	}
}

/* --- What the libc world may look at. */
#ifndef KVM_APIC_PV_EOI_PENDING	/* younger trees keep it to lapic.c; the oracle would see another bit */
#define KVM_APIC_PV_EOI_PENDING 1
#endif

void kw_apic_state(const struct kw_hw *hw, struct kw_apic_state *out)
{
	struct kvm_vcpu *vcpu = kw_vcpu(hw);
	struct kvm_lapic *apic = vcpu->arch.apic;

	out->regs = apic->regs;
	out->apicv = hw->has_apicv ? &hw->apicv : NULL;
	out->apic_base = vcpu->arch.apic_base;
	out->pv_eoi_msr = vcpu->arch.pv_eoi.msr_val;
	out->highest_isr_cache = apic->highest_isr_cache;
	out->isr_count = apic->isr_count;
	out->injected = vcpu->arch.interrupt.injected ? vcpu->arch.interrupt.nr : -1;
	out->irr_pending = apic->irr_pending;
	out->pv_eoi_pending = test_bit(KVM_APIC_PV_EOI_PENDING, &vcpu->arch.apic_attention);
	out->apicv_active = apic->apicv_active;
	out->sw_enabled = apic->sw_enabled;
}

void kw_tracepoint(enum kw_tracepoint id, unsigned int nr, const u64 *args)
{
	u64 copy[8];
	u32 i;

	if (id == KW_TP_KVM_SET_IRQ && kw_shared.chips_on)
		hs_irq_line(args[0], args[1], args[2]);
	if (!kw_shared.trace_on)
		return;
	for (i = 0; i < nr && i < 8; i++)
		copy[i] = args[i];
	/* The EOI tracepoints name the APIC by its address, which means nothing outside. */
	if (id == KW_TP_KVM_EOI || id == KW_TP_KVM_PV_EOI)
		copy[0] = ((struct kvm_lapic *)args[0])->vcpu->vcpu_id;
	hs_tracepoint(id, i, copy);
}

u32 kw_max_vcpus(void) { return KVM_MAX_VCPUS; }
