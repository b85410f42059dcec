# SPDX-License-Identifier: GPL-2.0-only
#
# The variants that the targets race: today's Debian kernels and ones without
# the PV EOI fix. `make variant-NAME` builds one. An older package that still had
# the bug is added while the mirror has it.

# What only one series shows is in known/, by the variant's name.
PV_EOI_UNFIXED := --class pv-eoi-unfixed

VARIANT_6.12		:= --deb linux-source-6.12
VARIANT_6.1		:= --deb linux-source-6.1
VARIANT_6.1-unfixed	:= --deb linux-source-6.1 --rule unfix-pv-eoi $(PV_EOI_UNFIXED)
VARIANT_6.12-unfixed	:= --deb linux-source-6.12 --rule unfix-pv-eoi $(PV_EOI_UNFIXED)
VARIANT_6.1.176		:= --deb linux-source-6.1=6.1.176-1 $(PV_EOI_UNFIXED)
# A kernel of today, from a suite that the machine need not know (docs/porting.md).
VARIANT_7.3		:= --deb linux-source-7.3@trixie-backports
# Three versions of a fix of the PV EOI bug, and older packages that docs/compare.md compares with.
PV_EOI_FIX		:= --deb linux-source-6.1 --rule unfix-pv-eoi
VARIANT_6.1-fix-ignore	:= $(PV_EOI_FIX) --rule fix-ignore-disabled
VARIANT_6.1-fix-clear	:= $(PV_EOI_FIX) --rule fix-clear-on-write
VARIANT_6.1-fix-unread	:= $(PV_EOI_FIX) --rule fix-unreadable-not-acked
VARIANT_6.12.107	:= --deb linux-source-6.12=6.12.107-1~deb12u1
# All mutants of KVM's APIC files, each behind its number, and of what brings events into the guest: for make mutants.
comma := ,
empty :=
MUTATE_X86 := kvm_check_and_inject_events kvm_inject_nmi process_nmi kvm_arch_interrupt_allowed kvm_vcpu_has_events \
	kvm_vcpu_running vcpu_block vcpu_run kvm_vcpu_ioctl_interrupt kvm_vcpu_ready_for_interrupt_injection \
	kvm_cpu_accept_dm_intr dm_request_for_irq_injection kvm_vcpu_ioctl_x86_get_vcpu_events \
	kvm_vcpu_ioctl_x86_set_vcpu_events kvm_arch_vcpu_ioctl_get_mpstate kvm_arch_vcpu_ioctl_set_mpstate \
	kvm_pv_kick_cpu_op kvm_vcpu_update_apicv __kvm_set_or_clear_apicv_inhibit vcpu_scan_ioapic vcpu_load_eoi_exitmap \
	set_msr_mce
MUTATE_MAIN := __kvm_gfn_to_hva_cache_init kvm_gfn_to_hva_cache_init kvm_write_guest_offset_cached kvm_write_guest_cached \
	kvm_read_guest_offset_cached kvm_read_guest_cached
listed = $(subst $(empty) $(empty),$(comma),$(strip $(1)))
VARIANT_6.12-mutants	:= --deb linux-source-6.12 $(addprefix --mutate arch/x86/kvm/,lapic.c irq.c irq_comm.c ioapic.c \
	x86.c:$(call listed,$(MUTATE_X86)) hyperv.c:synic_set_sint) --mutate virt/kvm/kvm_main.c:$(call listed,$(MUTATE_MAIN))

# Asked of apt when a target needs it, and so after `make setup` has fetched the lists.
OLD_6.1 = $(if $(shell apt-cache madison linux-source-6.1 2>/dev/null | grep -F '6.1.176-1'),6.1.176)
# The oldest 6.1 that the mirror has: the builder's tests diff two trees of one series.
OLDEST_6.1 = $(shell apt-cache madison linux-source-6.1 2>/dev/null | tail -n 1 | tr -d ' ' | cut -d '|' -f 2)
VARIANT_6.1-oldest	= --deb linux-source-6.1=$(OLDEST_6.1) $(PV_EOI_UNFIXED)

# What docs/compare.md begins with: a package before the fix, or the fix taken out; one of 6.12 before today's.
DEMO_6.1 = $(or $(OLD_6.1),6.1-unfixed)
DEMO_6.12 = $(if $(shell apt-cache madison linux-source-6.12 2>/dev/null | grep -F '6.12.107-1'),6.12.107,6.12)
DEMO_VARIANTS = $(addprefix variant-,$(sort $(DEMO_6.1) $(DEMO_6.12) 6.1-unfixed 6.1-fix-ignore 6.1-fix-clear \
	6.1-fix-unread 6.1 6.12))

STRESS_VARIANTS = $(addprefix variant-,$(OLD_6.1) 6.1-unfixed 6.1 6.12)
CHECK_VARIANTS = $(addprefix variant-,6.12 6.1 6.1-unfixed 6.1-oldest 6.12-mutants)

.PHONY: variant-%
variant-%: $(LAPICSIM)
	$(Q)$(LAPICSIM) variant add $* $(VARIANT_$*)
