/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rows of the option table: every key of a scenario file, then every option
 * of the command line.  Data only; options.c gives it meaning.
 *
 * A default is text as a user would write it and goes through the same parser.
 * A scenario that is all defaults is one VM of two vCPUs under ordinary traffic,
 * with nothing going wrong around it.
 */
#include "sim/command_line.h"
#include "sim/scenario.h"

#define S(field) offsetof(struct scenario, field), sizeof(((struct scenario *)0)->field)
#define C(field) offsetof(struct command_line, field), sizeof(((struct command_line *)0)->field)

#define NS_PER_S  1000000000ull
#define MAX_WEIGHT 1000000u
/* Longer gaps than runs make no sense; 32-bit fields of the struct hold 4.29 s. */
#define MAX_GAP_NS (4 * NS_PER_S)

/* section, key, type, default, minimum, maximum, names, field, help */
#define ROW(s, k, type, field, def, min, max, names, help) \
	{ s, k, type, S(field), min, max, def, names, help }
#define WEIGHT(s, k, field, def, help) ROW(s, k, OPT_UINT, field, def, 0, MAX_WEIGHT, "weight", help)
#define GAP(s, k, field, def, min, help) \
	ROW(s, k, OPT_DURATION, field, def, min, MAX_GAP_NS, "duration", help)
#define PERCENT(s, k, field, def, help) ROW(s, k, OPT_PERCENT, field, def, 0, 100, "percent", help)

const struct option_section scenario_sections[] = {
	{ "scenario", NULL, true, "What this file claims, in words." },
	{ "topology", NULL, false, "The machines." },
	{ "guest", NULL, false,
	  "What a running guest does next. The operations are weights, relative to each other; 0 means never." },
	{ "devices", NULL, false, "Devices that send MSIs." },
	{ "userspace", NULL, false,
	  "The VMM's vCPU threads: signals, and what they do between two KVM_RUNs (weights)." },
	{ "host", NULL, false, "The host's scheduler, which takes CPUs away from vCPU threads." },
	{ "memory", NULL, false,
	  "The memory manager: guest pages and memslots that go away and come back (weights)." },
	{ "swarm", NULL, false,
	  "Mixes drawn from the seed: in a share of the runs a random subset of all actions is off, and the weights "
	  "of the others differ. The trace says at its start what the run's mix was." },
	{ "deviations", NULL, false,
	  "Where the oracle forgives what KVM does differently: `NAME = on` or `NAME = off`, for this scenario." },
	{ "policy", NULL, false, "Who goes first at a scheduling point." },
	{ "limits", NULL, false, "How long a run lasts." },
	{ "expect", NULL, true,
	  "Per variant class, the divergences that will be seen: `CLASS = WORD KIND, WORD KIND, ...`. A WORD is "
	  "`never`, `sometimes` or `always` (in every campaign of enough runs). `default` is the class of ordinary "
	  "variants, and what it says about a kind holds for the others unless they say otherwise. A kind that "
	  "nothing is said about is unexpected." },
	{ NULL, NULL, false, NULL },
};

const struct option scenario_options[] = {
	ROW("scenario", "claim", OPT_STRING, claim, NULL, 0, 0, "text",
	    "What must hold, or be seen, in one or two sentences. Required; long ones continue on indented lines."),

	ROW("topology", "vms", OPT_UINT, vms, "1", 1, 4096, "number", "VMs in one run."),
	ROW("topology", "vcpus", OPT_UINT, vcpus, "2", 1, 4096, "number",
	    "vCPUs of each VM; at most 4096 over all VMs."),
	ROW("topology", "irqchip", OPT_ENUM, irqchip, "kernel", 0, 0, "kernel|split",
	    "Whether KVM models PIC and I/O APIC too, or the local APICs only (KVM_CAP_SPLIT_IRQCHIP)."),
	ROW("topology", "apic_mode", OPT_ENUM, apic_mode, "mixed", 0, 0, "xapic|x2apic|mixed",
	    "Mode of the local APICs; mixed: every other vCPU in x2APIC mode."),
	ROW("topology", "xapic_ldr", OPT_ENUM, xapic_ldr, "none", 0, 0, "none|flat|shared|cluster",
	    "Logical IDs of APICs in xAPIC mode: none, a bit for each eighth vCPU, the same for every two "
	    "neighbours, or the cluster model."),
	ROW("topology", "broadcast_quirk", OPT_BOOL, broadcast_quirk, "no", 0, 0, "yes|no",
	    "Destination 0xff reaches every x2APIC, which KVM does unless userspace disables it."),
	ROW("topology", "tpr_shadow", OPT_BOOL, tpr_shadow, "yes", 0, 0, "yes|no",
	    "Whether the hardware has a TPR shadow with a threshold; without it every CR8 access exits."),
	ROW("topology", "apicv", OPT_BOOL, apicv, "no", 0, 0, "yes|no",
	    "Whether the hardware virtualizes the APIC and posts interrupts, and KVM uses it; needs tpr_shadow."),
	ROW("topology", "hv_timer", OPT_BOOL, hv_timer, "yes", 0, 0, "yes|no",
	    "Whether the hardware has a VMX-preemption timer, which KVM uses for the APIC timer; else: hrtimers."),
	ROW("topology", "pv_eoi", OPT_BOOL, pv_eoi, "yes", 0, 0, "yes|no",
	    "PV EOI is enabled on every vCPU before the race starts."),
	ROW("topology", "async_pf", OPT_BOOL, async_pf, "no", 0, 0, "yes|no",
	    "A vCPU that INIT has reset enables KVM's async page faults, then its APIC; none happens but \"wake up all\"."),
	ROW("topology", "hyperv", OPT_BOOL, hyperv, "no", 0, 0, "yes|no",
	    "A guest that sees Hyper-V: PV EOI is bit 0 of the VP assist page, pv_eoi_* write that MSR."),
	ROW("topology", "pv_words_per_page", OPT_UINT, pv_words_per_page, "1", 1, 1024, "number",
	    "vCPUs whose PV EOI words share a page, and so its fate."),

	WEIGHT("guest", "compute", guest.compute, "20", "Run without doing anything of interest."),
	WEIGHT("guest", "cli_sti", guest.cli_sti, "4", "Clear IF for a while, then STI."),
	WEIGHT("guest", "mov_ss", guest.mov_ss, "1", "MOV SS, which blocks interrupts for one instruction."),
	WEIGHT("guest", "hlt", guest.hlt, "2", "HLT with IF set."),
	WEIGHT("guest", "ipi", guest.ipi, "6", "Fixed IPI to another vCPU."),
	WEIGHT("guest", "self_ipi", guest.self_ipi, "2", "Fixed IPI to itself."),
	WEIGHT("guest", "self_ipi_msr", guest.self_ipi_msr, "0", "Fixed IPI to itself by the SELF IPI MSR of x2APIC mode."),
	WEIGHT("guest", "ipi_broadcast", guest.ipi_broadcast, "0", "Fixed IPI to all, or to all but itself."),
	WEIGHT("guest", "tpr", guest.tpr, "2", "Write TPR through the APIC register."),
	WEIGHT("guest", "cr8", guest.cr8, "2", "Write CR8."),
	WEIGHT("guest", "pv_eoi_enable", guest.pv_eoi_enable, "0", "WRMSR that enables PV EOI."),
	WEIGHT("guest", "pv_eoi_disable", guest.pv_eoi_disable, "0", "WRMSR that disables PV EOI."),
	WEIGHT("guest", "pv_eoi_move", guest.pv_eoi_move, "0", "WRMSR that moves the PV EOI word."),
	WEIGHT("guest", "cpuid", guest.cpuid, "4", "CPUID: an exit of no consequence."),
	WEIGHT("guest", "pause", guest.pause, "1", "A PAUSE exit."),
	WEIGHT("guest", "io", guest.io, "1", "Port I/O, which leaves KVM_RUN."),
	WEIGHT("guest", "mmio", guest.mmio, "1", "MMIO that is not the APIC, which leaves KVM_RUN."),
	WEIGHT("guest", "read_apic", guest.read_apic, "2", "Read ISR, IRR, PPR and TPR back."),
	WEIGHT("guest", "nmi", guest.nmi, "0", "NMI to any vCPU."),
	WEIGHT("guest", "nmi_others", guest.nmi_others, "0", "NMI to all but itself."),
	WEIGHT("guest", "init", guest.init, "0", "INIT to another vCPU, which then waits for a SIPI."),
	WEIGHT("guest", "sipi", guest.sipi, "0", "SIPI to any vCPU, whether it waits for one or not."),
	WEIGHT("guest", "startup", guest.startup, "0", "INIT, then two SIPIs, to another vCPU."),
	WEIGHT("guest", "pv_ipi", guest.pv_ipi, "0", "KVM_HC_SEND_IPI: a fixed IPI to any set of vCPUs."),
	WEIGHT("guest", "pv_nmi", guest.pv_nmi, "0", "KVM_HC_SEND_IPI: an NMI to any set of vCPUs."),
	WEIGHT("guest", "pv_kick", guest.pv_kick, "0", "KVM_HC_KICK_CPU: ends the HLT of a vCPU."),
	WEIGHT("guest", "ioapic", guest.ioapic, "0", "Write or read half of an I/O APIC redirection entry."),
	WEIGHT("guest", "timer_lvt", guest.timer_lvt, "0", "Write the APIC timer's LVT: mode, mask and vector."),
	WEIGHT("guest", "timer_count", guest.timer_count, "0", "Write the timer's initial count."),
	WEIGHT("guest", "timer_divide", guest.timer_divide, "0", "Write the timer's divider."),
	WEIGHT("guest", "timer_deadline", guest.timer_deadline, "0",
	       "Write IA32_TSC_DEADLINE: a deadline to come, sometimes one that has passed, or 0."),
	WEIGHT("guest", "timer_read", guest.timer_read, "0", "Read the current count or IA32_TSC_DEADLINE."),
	WEIGHT("guest", "timer_svr", guest.timer_svr, "0",
	       "Disable the APIC by software with the timer running, or enable it again."),
	WEIGHT("guest", "timer_oneshot", timer_oneshot, "1", "LVTs that are written as one-shot."),
	WEIGHT("guest", "timer_periodic", timer_periodic, "1", "LVTs that are written as periodic."),
	WEIGHT("guest", "timer_tsc_deadline", timer_tsc_deadline, "1", "LVTs that are written as TSC-deadline."),
	PERCENT("guest", "timer_masked", timer_masked_percent, "10", "LVTs that are written with the mask bit set."),
	ROW("guest", "timer_vector_first", OPT_UINT, timer_vector_first, "0xf0", 16, 255, "vector",
	    "Lowest vector of the timers, which nobody else may use."),
	ROW("guest", "timer_vector_last", OPT_UINT, timer_vector_last, "0xf3", 16, 255, "vector",
	    "Highest vector of the timers."),
	GAP("guest", "timer_time", timer_ns, "20us", 1, "Mean time until a timer that is written expires."),
	WEIGHT("guest", "pv_eoi_bad", guest.pv_eoi_bad, "0",
	       "WRMSR that enables PV EOI at an address without memory, and has to fault."),
	GAP("guest", "op_time", op_ns, "500ns", 1, "Mean time between two operations."),
	GAP("guest", "handler_time", handler_ns, "400ns", 1, "Mean time in an interrupt handler."),
	ROW("guest", "handler_ops", OPT_UINT, handler_ops, "2", 0, 15, "number",
	    "Operations that a handler does before its EOI, at most."),
	PERCENT("guest", "nest", nest_percent, "20", "Handlers that set IF while they run, so that others nest."),
	PERCENT("guest", "hyperv_msrs", hyperv_percent, "50",
		"With topology.hyperv: writes of EOI, ICR and TPR that go through Hyper-V's MSRs."),
	PERCENT("guest", "eoi_write", eoi_write_percent, "10",
		"Handlers that ignore the PV EOI bit and write EOI, as the ABI allows."),
	PERCENT("guest", "service", service_percent, "90",
		"Handlers of pin interrupts that service the device before their EOI."),
	PERCENT("guest", "ioapic_modes", ioapic_modes_percent, "0",
		"Writes of a redirection entry that change trigger, delivery or destination mode, not only mask and vector."),
	PERCENT("guest", "vector_in_flight", vector_in_flight_percent, "0",
		"New vectors of a level-triggered entry that are written although an EOI of the old one may be due."),
	ROW("guest", "delivery_exit_ppm", OPT_UINT, delivery_exit_ppm, "1000", 0, 1000000, "per million",
	    "Event deliveries that an EPT violation interrupts, so that the event must be injected again."),

	ROW("devices", "msi", OPT_UINT, msi, "1", 0, 1024, "number", "Devices of each VM that send MSIs."),
	GAP("devices", "msi_gap", msi_gap_ns, "2us", 1, "Mean time between two MSIs of one device."),
	ROW("devices", "vector_first", OPT_UINT, vector_first, "0x30", 0, 255, "vector",
	    "Lowest vector that devices and IPIs use."),
	ROW("devices", "vector_last", OPT_UINT, vector_last, "0xef", 0, 255, "vector",
	    "Highest vector that devices and IPIs use."),
	PERCENT("devices", "level", level_percent, "0", "MSIs that are level-triggered."),
	PERCENT("devices", "logical", logical_percent, "0",
		"MSIs with a logical destination: any members of any cluster, also of ones that are not there."),
	PERCENT("devices", "broadcast", broadcast_percent, "0", "MSIs to physical destination 0xff."),
	PERCENT("devices", "posted", posted_percent, "0",
		"Fixed, edge-triggered MSIs that an IOMMU posts, past KVM; needs apicv."),
	PERCENT("devices", "lowest_priority", lowest_percent, "0", "MSIs with lowest priority delivery."),
	PERCENT("devices", "nmi", nmi_percent, "0", "MSIs with delivery mode NMI."),
	PERCENT("devices", "init", init_percent, "0", "MSIs with delivery mode INIT."),

	ROW("devices", "pins", OPT_UINT, pins, "0", 0, 32, "number", "Devices of each VM that drive interrupt lines (GSIs)."),
	ROW("devices", "pin_first", OPT_UINT, pin_first, "16", 0, 23, "GSI", "First of their GSIs."),
	ROW("devices", "pin_lines", OPT_UINT, pin_lines, "8", 1, 24, "number",
	    "Their number of GSIs; devices beyond that share one."),
	GAP("devices", "pin_gap", pin_gap_ns, "4us", 1, "Mean time between two interrupts of one of them."),
	GAP("devices", "pin_hold", pin_hold_ns, "500ns", 1, "Mean length of a pulse on an edge-triggered line."),
	PERCENT("devices", "pin_level", pin_level_percent, "50", "Lines that are level-triggered."),
	PERCENT("devices", "pin_withdraw", pin_withdraw_percent, "0",
		"Levels that the device takes back without having been serviced."),
	PERCENT("devices", "pin_irqfd", pin_irqfd_percent, "0",
		"Of these devices, those that use an irqfd; on a level-triggered line with a resamplefd."),
	ROW("devices", "irqfd_detach", OPT_BOOL, irqfd_detach, "no", 0, 0, "yes|no",
	    "Whether irqfds are taken away and attached again now and then."),
	ROW("devices", "routes", OPT_UINT, routes, "0", 0, 16, "number",
	    "Devices of each VM on GSIs with MSI routes, every other one with an irqfd; pin_gap is their pace."),
	ROW("devices", "pin_vector_first", OPT_UINT, pin_vector_first, "0x50", 16, 159, "vector",
	    "Each GSI has four vectors of its own from here on."),

	GAP("userspace", "signal_gap", signal_gap_ns, "0", 0,
	    "Mean time between two signals to a vCPU thread; 0: none."),
	GAP("userspace", "route_gap", route_gap_ns, "0", 0,
	    "Mean time between two KVM_SET_GSI_ROUTINGs that re-point an MSI route; 0: none."),
	WEIGHT("userspace", "run_again", run_again, "1", "Nothing but the next KVM_RUN."),
	WEIGHT("userspace", "set_msrs", set_msrs, "0", "KVM_SET_MSRS with the PV EOI MSR."),
	WEIGHT("userspace", "inhibit", inhibit, "0",
	       "KVM_SET_GUEST_DEBUG with KVM_GUESTDBG_BLOCKIRQ for a while, which inhibits APICv in the whole VM."),
	GAP("userspace", "inhibit_hold", inhibit_hold_ns, "3us", 1, "Mean time until that ends."),
	WEIGHT("userspace", "get_lapic", get_lapic, "0", "KVM_GET_LAPIC."),
	WEIGHT("userspace", "timer_load", timer_load, "0",
	       "KVM_SET_LAPIC with the timer's registers as they were some time ago, the others as they are."),
	WEIGHT("userspace", "timer_msr", timer_msr, "0", "KVM_SET_MSRS of IA32_TSC_DEADLINE."),
	WEIGHT("userspace", "set_lapic", set_lapic, "0", "KVM_GET_LAPIC, then KVM_SET_LAPIC of the same."),
	GAP("userspace", "migrate_gap", migrate_gap_ns, "0", 0,
	    "Mean time between two migrations of a VM to a new one, at most 3; 0: none."),
	ROW("userspace", "migrate_order", OPT_ENUM, migrate_order, "state-first", 0, 0, "state-first|events-first",
	    "Which a migration reads first: KVM_GET_MP_STATE, or KVM_GET_VCPU_EVENTS as QEMU does."),
	WEIGHT("userspace", "vcpu_events", vcpu_events, "0",
	       "KVM_GET_VCPU_EVENTS, then KVM_SET_VCPU_EVENTS of the same."),
	WEIGHT("userspace", "mp_state", mp_state, "0", "KVM_GET_MP_STATE, then KVM_SET_MP_STATE of the same."),
	WEIGHT("userspace", "nmi", user_nmi, "0", "KVM_NMI."),

	GAP("host", "preempt_gap", preempt_gap_ns, "0", 0,
	    "Mean time between two preemptions of a VM's vCPU threads; 0: none."),
	GAP("host", "preempt_hold", preempt_hold_ns, "0", 0,
	    "Mean time that a preempted thread is off its CPU; 0: four delays of the policy."),

	GAP("memory", "gap", memory_gap_ns, "0", 0, "Mean time between two actions; 0: none."),
	GAP("memory", "hold", hold_ns, "5us", 1, "Mean time until what went away comes back."),
	WEIGHT("memory", "unmap", unmap, "1", "The page with PV EOI words becomes inaccessible."),
	WEIGHT("memory", "readonly", readonly, "0", "The page with PV EOI words becomes read-only."),
	PERCENT("memory", "zeroed", zero_percent, "0", "Pages that come back zeroed rather than intact."),
	WEIGHT("memory", "slot_delete", slot_delete, "0", "Their memslot is deleted."),
	WEIGHT("memory", "slot_move", slot_move, "0", "Their memslot moves to another guest address."),

	PERCENT("swarm", "share", swarm_percent, "0",
		"Runs in which weights, percentages and gaps are drawn: off, as they are, or more (gaps: longer)."),

	ROW("policy", "name", OPT_STRING, policy, "random", 0, 0, "name",
	    "Which policy; see `lapicsim help policies`."),
	ROW("policy", "point_one_in", OPT_UINT, point_one_in, "16", 0, 1000000, "number",
	    "Mean number of scheduling points between two delays; 0: no delays."),
	GAP("policy", "delay", delay_ns, "300ns", 0, "Mean length of a delay."),

	ROW("limits", "duration", OPT_DURATION, duration_ns, "100us", 1000, 3600 * NS_PER_S, "duration",
	    "Virtual time for which the actors race."),
	ROW("limits", "max_events", OPT_UINT, max_events, "1000000", 100, UINT64_MAX, "number",
	    "A run that has more events ends there, inconclusive."),
	ROW("limits", "quiet", OPT_DURATION, quiet_ns, "10ms", 1000, 3600 * NS_PER_S, "duration",
	    "Virtual time in which everything accepted must have arrived once the actors have stopped."),
	ROW("limits", "enough_runs", OPT_UINT, enough_runs, "1000", 1, 1000000000, "number",
	    "Runs after which a divergence that is expected `always` and was not seen counts as missing."),
	{ NULL, NULL, 0, 0, 0, 0, 0, NULL, NULL, NULL },
};

#undef ROW
#define ROW(s, k, type, field, def, min, max, names, help) \
	{ s, k, type, C(field), min, max, def, names, help }
#define FLAG(s, k, field, help) ROW(s, k, OPT_FLAG, field, NULL, 0, 1, NULL, help)
#define LIST(s, k, field, names, help) ROW(s, k, OPT_LIST, field, NULL, 0, 0, names, help)
#define TEXT(s, k, field, names, help) ROW(s, k, OPT_STRING, field, NULL, 0, 0, names, help)

const struct option_section command_sections[] = {
	{ "run", "SCENARIO...", false,
	  "Runs scenarios, given as paths or as names in scenarios/, on variants, and says what diverged." },
	{ "replay", "TOKEN", false, "Makes one run happen again." },
	{ "live", "", false,
	  "Compares the running kernel, through /dev/kvm and without guest code, with the oracle and with a variant." },
	{ "variant-add", "NAME", false, "Builds a variant: KVM's code out of a package, a tree or a revision." },
	{ "variant-list", "", false, "Lists the variants that are built." },
	{ "variant-show", "NAME", false, "Shows what a variant is made of, and the traps that its last runs hit." },
	{ "variant-remove", "NAME", false, "Removes a variant." },
	{ "help", "[TOPIC]", false,
	  "Shows help on a command, or a generated reference: scenario-keys, options, known-keys, policies, "
	  "divergences." },
	{ "deviations", "", false, "Lists the named places where the oracle lets KVM differ, with their sources." },
	{ "checks", "", false, "Lists the oracle's checks: name, kind of divergence, source." },
	{ "known", "", false, "Lists the findings that are explained (known/*.known), and what each looks like." },
	{ "merge", "OUT IN...", false,
	  "Joins the stores of a campaign's shards; what is there already is not added again." },
	{ "version", "", false, "Prints the version." },
	{ NULL, NULL, false, NULL },
};

const struct option command_options[] = {
	LIST("run", "variant", variants, "NAME", "Variant to run; may be repeated. Without it: all that are built."),
	ROW("run", "seeds", OPT_SEEDS, seeds, NULL, 0, 0, "A-B", "Run seeds A to B, both included."),
	ROW("run", "runs", OPT_UINT, runs, NULL, 1, UINT64_MAX, "N",
	    "Run seeds 0 to N-1. Without --runs, --seeds and --time: 1000."),
	ROW("run", "time", OPT_DURATION, time_ns, NULL, NS_PER_S / 10, 0, "DURATION",
	    "Stop feeding seeds after this time, such as 90s or 8h; every variant still gets the same seeds."),
	ROW("run", "jobs", OPT_UINT, jobs, NULL, 1, 1024, "N",
	    "Worker processes at a time. Changes the speed, never the results. Without it: one per CPU."),
	LIST("run", "set", set, "SECTION.KEY=VALUE", "Override a key of the scenario files; may be repeated."),
	FLAG("run replay deviations checks known", "json", json, "Print one JSON object per line."),
	ROW("run replay", "flavour", OPT_ENUM, flavour, "plain", 0, 0, "plain|hooked|sanitized|coverage",
	    "Which build of the variants to run."),
	ROW("run", "replay-share", OPT_PERCENT, replay_share, "1", 0, 100, "PERCENT",
	    "Share of seeds that run a second time, in another process, to compare digests; at least one unless 0."),
	FLAG("run", "table", table, "Print a table per scenario too."),
	FLAG("run", "deviations", deviations, "List the oracle's deviations, and how often each was used."),
	TEXT("run known", "known", known, "DIR",
	     "Folder of explained findings, reported apart; none: nothing is known. Without it: known/."),
	TEXT("run", "store", store, "FILE",
	     "Keep what comes of it in this SQLite file. Interrupted by anything, the same command goes on."),
	TEXT("run", "shard", shard, "K/N",
	     "Run only part K, from 0, of N of the seeds. \"auto/N\" or \"auto\": K, and N, from the batch system "
	     "(SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX, PARALLEL_SEQ). lapicsim merge joins the stores."),
	FLAG("run", "verbose", verbose, "Say on stderr what the workers do; list every scenario of a divergence."),
	ROW("run replay", "worker-timeout", OPT_DURATION, worker_timeout_ns, "30s", 1000000, 0, "DURATION",
	    "Kill a worker that does not finish a run in this time."),

	ROW("replay", "trace", OPT_ENUM, trace, NULL, 0, 0, "none|text",
	    "Print what happens: text is the form that ftrace prints KVM's events in."),
	FLAG("replay", "gdb", gdb, "Start gdb on the run."),
	FLAG("replay", "force", force, "Go on even if variant or scenario are not those of the token."),
	TEXT("replay", "scenario", scenario, "PATH", "Scenario file, if it is not in scenarios/."),

	ROW("live", "seeds", OPT_SEEDS, seeds, "0-99", 0, 0, "A-B", "Sequences of seeds A to B, both included."),
	ROW("live", "steps", OPT_UINT, steps, "200", 1, 1000000, "N", "Steps of each sequence."),
	TEXT("live", "variant", variant, "NAME", "Play the sequences on this variant too, and compare register pages."),
	FLAG("live", "json", json, "Print one JSON object per line."),

	TEXT("variant-add", "deb", deb, "PKG[=VERSION]", "Take the kernel from this Debian source package."),
	TEXT("variant-add", "tree", tree, "DIR", "Take it from a working tree as it lies there."),
	TEXT("variant-add", "git", git, "DIR", "Take it from a git repository; needs --rev."),
	TEXT("variant-add", "rev", rev, "REV", "Revision for --git."),
	LIST("variant-add", "patch", patches, "FILE", "Apply a patch, as git diff writes it; may be repeated."),
	LIST("variant-add", "rule", rules, "RULE",
	     "Apply an edit rule, a file or the name of one in variants/rules; may be repeated."),
	LIST("variant-add", "mutate", mutate, "FILE",
	     "Put all mutants of this file of the tree in, for scripts/mutants.py; may be repeated."),
	ROW("variant-add", "flavour", OPT_ENUM, flavour, "plain", 0, 0, "plain|sanitized|coverage",
	    "Which build of it."),
	ROW("variant-add", "optimize", OPT_UINT, optimize, "2", 1, 3, "LEVEL", "Compile with -O1, -O2 or -O3."),
	TEXT("variant-add", "class", class, "CLASS", "Variant class, which scenarios' expectations go by."),
	FLAG("variant-add", "verbose", verbose, "Print the commands."),
	FLAG("variant-add variant-list variant-show variant-remove", "json", json, "Print one JSON object per line."),
	TEXT("variant-add variant-list variant-show variant-remove", "build", build, "DIR",
	     "Where builds lie. Without it: the folder of the lapicsim program."),

	TEXT("runner", "scenario", scenario, "PATH", "Run this scenario by hand."),
	ROW("runner", "seed", OPT_SEEDS, seed, NULL, 0, 0, "A-B", "Seed, or range of seeds."),
	LIST("runner", "set", set, "SECTION.KEY=VALUE", "Override a key of the scenario file."),
	FLAG("runner", "trace", trace_flag, "Print what happens on stderr."),

	FLAG("run replay merge live variant-add variant-list variant-show variant-remove help deviations checks known version "
	     "runner", "help", help,
	     "Print this help."),
	{ NULL, NULL, 0, 0, 0, 0, 0, NULL, NULL, NULL },
};
