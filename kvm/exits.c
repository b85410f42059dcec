// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vendor module's exit handlers: what a VM-Exit makes KVM do.
 *
 * No instruction is decoded: the exit fields say what the guest did, and an
 * access goes to the device directly, as the emulator would have done.
 */
#include "vendor.h"

/* --- Exit handlers: 1 go on, 0 to userspace, negative an error. */
static int kw_exit_nothing(struct kvm_vcpu *vcpu) { return 1; }
static int kw_exit_skip(struct kvm_vcpu *vcpu) { return kvm_skip_emulated_instruction(vcpu); }

static int kw_exit_irq_window(struct kvm_vcpu *vcpu)
{
	kw_hw(vcpu)->int_window = 0;
	kvm_make_request(KVM_REQ_EVENT, vcpu);
	++vcpu->stat.irq_window_exits;
	return 1;
}

static int kw_exit_nmi_window(struct kvm_vcpu *vcpu)
{
	kw_hw(vcpu)->nmi_window = 0;
	kvm_make_request(KVM_REQ_EVENT, vcpu);
	return 1;
}

static int kw_exit_tpr(struct kvm_vcpu *vcpu)
{
	kvm_apic_update_ppr(vcpu);
	return 1;
}

/* MOV to or from CR8 without a TPR shadow: SDM, "Exit Qualification for Control-Register Accesses". */
static int kw_exit_cr(struct kvm_vcpu *vcpu)
{
	struct kw_hw *hw = kw_hw(vcpu);

	if (hw->exit_qual & 16) {
		hw->rax = kvm_get_cr8(vcpu);
		return kvm_skip_emulated_instruction(vcpu);
	}
	return kvm_complete_insn_gp(vcpu, kvm_set_cr8(vcpu, hw->rax));
}

/* SDM, "Exit Qualification for I/O Instructions": size, bit 3 is IN, port in 31:16. */
static int kw_exit_io(struct kvm_vcpu *vcpu)
{
	u64 qual = kw_hw(vcpu)->exit_qual;

	return kvm_fast_pio(vcpu, (qual & 7) + 1, qual >> 16, qual >> 3 & 1);
}

static int kw_mmio_was_read(struct kvm_vcpu *vcpu)
{
	memcpy(&kw_hw(vcpu)->mmio_data, vcpu->run->mmio.data, vcpu->run->mmio.len);
	return 1;
}

/* To userspace, which does what the device would; a read ends when it runs the vCPU again. */
static int kw_mmio_to_user(struct kvm_vcpu *vcpu, gpa_t addr, u32 bytes, bool write)
{
	vcpu->run->exit_reason = KVM_EXIT_MMIO;
	vcpu->run->mmio.phys_addr = addr;
	vcpu->run->mmio.len = bytes;
	vcpu->run->mmio.is_write = write;
	memcpy(vcpu->run->mmio.data, &kw_hw(vcpu)->mmio_data, bytes);
	if (!write)
		vcpu->arch.complete_userspace_io = kw_mmio_was_read;
	kvm_skip_emulated_instruction(vcpu);
	return 0;
}

/* As vcpu_mmio_read() and vcpu_mmio_write(): the APIC is asked first. 0: somebody has taken it. */
static int kw_mmio_in_kernel(struct kvm_vcpu *vcpu, bool write, u32 bytes, u64 *val)
{
	gpa_t gpa = kw_hw(vcpu)->exit_gpa;

	if (lapic_in_kernel(vcpu) &&
	    !(write ? kvm_iodevice_write(vcpu, &vcpu->arch.apic->dev, gpa, bytes, val) :
		      kvm_iodevice_read(vcpu, &vcpu->arch.apic->dev, gpa, bytes, val)))
		return 0;
	return write ? kvm_io_bus_write(vcpu, KVM_MMIO_BUS, gpa, bytes, val) :
		       kvm_io_bus_read(vcpu, KVM_MMIO_BUS, gpa, bytes, val);
}

/* MMIO that is not the APIC's page: to the device that KVM has there, else to userspace. */
static int kw_exit_mmio(struct kvm_vcpu *vcpu)
{
	struct kw_hw *hw = kw_hw(vcpu);
	bool write = hw->exit_qual & KW_MMIO_WRITE;
	u32 bytes = hw->exit_qual >> KW_MMIO_BYTES_SHIFT & 15 ?: 4;
	u64 val = write ? hw->mmio_data : 0;

	if (kw_mmio_in_kernel(vcpu, write, bytes, &val))
		return kw_mmio_to_user(vcpu, hw->exit_gpa, bytes, write);
	hw->mmio_data = val;
	return kvm_skip_emulated_instruction(vcpu);
}

/*
 * xAPIC MMIO. An EOI goes the short way that VMX has for it while the APIC-access
 * page is in use; everything else the way that the emulator takes: to the APIC's
 * device, else to userspace.
 */
static int kw_exit_apic_access(struct kvm_vcpu *vcpu)
{
	struct kw_hw *hw = kw_hw(vcpu);
	struct kvm_lapic *apic = vcpu->arch.apic;
	gpa_t addr = APIC_DEFAULT_PHYS_BASE | (hw->exit_qual & 0xfff);
	bool write = hw->exit_qual & 0x1000;
	u32 val = write ? hw->mmio_data : 0;
	int r;

	if (write && (hw->exit_qual & 0xfff) == APIC_EOI && kvm_get_apic_mode(vcpu) == LAPIC_MODE_XAPIC) {
		kvm_lapic_set_eoi(vcpu);
		return kvm_skip_emulated_instruction(vcpu);
	}
	if (write)
		r = kvm_iodevice_write(vcpu, &apic->dev, addr, hw->access_bytes, &val);
	else
		r = kvm_iodevice_read(vcpu, &apic->dev, addr, hw->access_bytes, &val);
	if (r)
		return kw_mmio_to_user(vcpu, addr, 4, write);
	hw->mmio_data = val;
	return kvm_skip_emulated_instruction(vcpu);
}

static int (*const kw_exits[KW_NR_EXIT_REASONS])(struct kvm_vcpu *) = {
	[KW_EXIT_EXCEPTION_NMI]		= kw_exit_nothing,
	[KW_EXIT_EXTERNAL_INTERRUPT]	= kw_exit_nothing,
	[KW_EXIT_INTERRUPT_WINDOW]	= kw_exit_irq_window,
	[KW_EXIT_NMI_WINDOW]		= kw_exit_nmi_window,
	[KW_EXIT_CPUID]			= kvm_emulate_cpuid,
	[KW_EXIT_HLT]			= kvm_emulate_halt,
	[KW_EXIT_VMCALL]		= kvm_emulate_hypercall,
	[KW_EXIT_CR_ACCESS]		= kw_exit_cr,
	[KW_EXIT_IO_INSTRUCTION]	= kw_exit_io,
	[KW_EXIT_MSR_READ]		= kvm_emulate_rdmsr,
	[KW_EXIT_MSR_WRITE]		= kvm_emulate_wrmsr,
	[KW_EXIT_PAUSE]			= kw_exit_skip,
	[KW_EXIT_TPR_BELOW_THRESHOLD]	= kw_exit_tpr,
	[KW_EXIT_APIC_ACCESS]		= kw_exit_apic_access,
	[KW_EXIT_VIRTUALIZED_EOI]	= kw_exit_virtualized_eoi,
	[KW_EXIT_EPT_VIOLATION]		= kw_exit_nothing,
	[KW_EXIT_EPT_MISCONFIG]		= kw_exit_mmio,
	[KW_EXIT_PREEMPTION_TIMER]	= kw_exit_nothing,
	[KW_EXIT_APIC_WRITE]		= kw_exit_apic_write,
};

int kw_op_handle_exit(struct kvm_vcpu *vcpu, fastpath_t fastpath)
{
	struct kw_hw *hw = kw_hw(vcpu);
	int r;

	hs_vm_exit_handle(hw);
	kw_point(KW_POINT_EXIT);
	if (fastpath != EXIT_FASTPATH_NONE) {
		hs_vm_exit_done(hw, false);
		return 1;
	}
	if (hw->exit_reason >= KW_NR_EXIT_REASONS || !kw_exits[hw->exit_reason])
		hs_fault("an exit reason that the vendor module does not know");
	r = kw_exits[hw->exit_reason](vcpu);
	if (unlikely(kw_shared.chips_on))
		hs_vm_exit_handled(hw);
	hw->rax = vcpu->arch.regs[VCPU_REGS_RAX];
	hw->rdx = vcpu->arch.regs[VCPU_REGS_RDX];
	hs_vm_exit_done(hw, vcpu->arch.exception.pending);
	return r;
}
