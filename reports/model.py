# SPDX-License-Identifier: GPL-2.0-only
"""What a report is about, as plain objects.  store.py fills them in, verdict.py judges, the rest reads.

Nothing in here knows SQLite, HTML or gnuplot.
"""

import bisect
import dataclasses


@dataclasses.dataclass
class Variant:
    name: str
    identity: str
    klass: str
    manifest: dict


@dataclasses.dataclass
class Scenario:
    name: str
    hash: int
    claim: str
    text: str
    expect: dict = dataclasses.field(default_factory=dict)      # {(class, kind): word}
    enough_runs: int = 1000


@dataclasses.dataclass
class Record:
    """One divergence that was kept in full."""
    seed: int
    vm: int
    vcpu: int
    vector: int
    time_ns: int
    event: int
    site: str
    text: str


@dataclasses.dataclass
class Bucket:
    """Divergences of one cell with one cause."""
    kind: str
    check: str
    function: str
    known: str
    slice: str
    runs: int
    first_seed: int
    records: list = dataclasses.field(default_factory=list)     # by seed
    follows: bool = False                                       # only a consequence of another in the same run
    cheap_seed: int = None                                      # the run that shows it after the fewest events
    cheap_event: int = None
    replays: int = None                                         # of so many fresh processes
    replayed: int = None                                        # so many showed it again
    trail: str = ""                                             # the last operations on the same state before it
    stack: str = ""                                             # KVM's functions, the innermost first
    status: str = "new"                                         # new, expected, known, follows
    cell: object = None
    first_run: int = 0                                          # ordinal of first_seed's run in its cell


@dataclasses.dataclass
class Failure:
    kind: str
    seed: int
    text: str
    cell: object = None


@dataclasses.dataclass
class Cell:
    """One scenario on one variant, all shards together."""
    scenario: Scenario
    variant: Variant
    wanted: int = 0     # runs, were there no limit of time
    runs: int = 0
    events: int = 0
    interrupts: int = 0
    virtual_ns: int = 0
    wall_ns: int = 0
    divergent: int = 0
    repeated: int = 0
    ends: dict = dataclasses.field(default_factory=dict)        # {"complete": runs, ...}
    first_limited: int = None
    ranges: list = dataclasses.field(default_factory=list)      # [(first seed, count)], in order
    kinds: dict = dataclasses.field(default_factory=dict)       # {kind: runs}
    buckets: list = dataclasses.field(default_factory=list)
    failures: list = dataclasses.field(default_factory=list)
    deviations: dict = dataclasses.field(default_factory=dict)  # {name: (uses, runs)}
    before: list = dataclasses.field(default_factory=list)      # runs before each of @ranges

    @property
    def died(self):
        return max(0, self.runs - sum(self.ends.values()))

    def run_number(self, seed):
        """Ordinal of @seed's run, from 1, in the order of seeds."""
        if len(self.before) != len(self.ranges):
            self.before, before = [], 0
            for _, count in self.ranges:
                self.before.append(before)
                before += count
        at = bisect.bisect_right(self.ranges, (seed, float("inf"))) - 1
        if at < 0:
            return 1
        first, count = self.ranges[at]
        return self.before[at] + min(seed - first, count - 1) + 1


@dataclasses.dataclass
class Cause:
    """Buckets of all cells that look the same: what a maintainer would call one problem."""
    kind: str
    check: str
    function: str
    known: str
    slice: str
    buckets: list
    status: str

    @property
    def runs(self):
        return sum(b.runs for b in self.buckets)

    def of(self, variant):
        return [b for b in self.buckets if b.cell.variant is variant]


@dataclasses.dataclass
class Session:
    id: int
    started: int
    wall_ns: int
    host: str
    jobs: int
    finished: bool
    series: list = dataclasses.field(default_factory=list)      # [(wall_ns, runs, events, divergent, buckets, new, known)]


@dataclasses.dataclass
class Pair:
    """An operation of the guest, what it did before, and the APIC's state that it met."""
    scenario: str
    variant: str
    previous: str
    operation: str
    state: str
    runs: int           # 1, 2, or 3 for more


@dataclasses.dataclass
class Sure:
    """What the campaign says of the pairs of one scenario on one variant."""
    scenario: str
    variant: str
    sampled: int
    pairs: int
    once: int
    unseen: float       # Good and Turing; None: nothing to estimate it from
    hidden: float       # Chao


@dataclasses.dataclass
class Gone:
    """What @variant does not show and another did; @more clean runs until that may be said."""
    scenario: str
    variant: str
    kind: str
    check: str
    function: str
    slice: str
    other: str
    shown: int
    other_runs: int
    clean: int
    needed: int
    more: int


@dataclasses.dataclass
class Canary:
    """A deliberate bug that the campaign had to find."""
    state: str          # found, missed, short, off
    text: str


# --- Of a campaign of lapicsim compare.
@dataclasses.dataclass
class Compared:
    """A divergence on a variant, against the base; over the scenarios that show it on any variant."""
    kind: str
    check: str
    function: str
    known: str
    klass: str          # none, fixed, still there, changed, new
    sure: bool          # no chance, or nothing that anybody has explained
    base_runs: int      # that show it
    variant_runs: int
    pairs: int
    only_base: int
    only_variant: int
    p: float
    base_rate: tuple    # (low, high)
    variant_rate: tuple
    base_median: int    # runs to the first sight; None: too rare
    variant_median: int
    token: str

    @property
    def cause(self):
        return self.kind, self.check, self.function, self.known


@dataclasses.dataclass
class Counter:
    """What runs did that is no divergence: sums, and in how many pairs the variant has less, or more."""
    name: str
    base: int
    variant: int
    pairs: int
    less: int
    more: int
    p: float


@dataclasses.dataclass
class FirstDifference:
    scenario: str
    seed: str
    event: int
    base: str           # what happens there
    variant: str


@dataclasses.dataclass
class PatchLine:
    in_base: bool       # as it was
    file: str
    line: int
    runs: int           # that reached it
    sampled: int
    text: str


@dataclasses.dataclass
class PairsOfRuns:
    """Counts of a whole comparison; None: not measured."""
    pairs: int
    differ: int
    cut: int            # a run did not come to its end: no counter has it
    other_order: int    # the same interrupts in another order
    other_interrupts: int
    base_changed: int
    variant_changed: int
    code_lines: int
    reached: int


@dataclasses.dataclass
class Comparison:
    """A variant against the base."""
    base: Variant
    variant: Variant
    nr: PairsOfRuns     # None: a store that does not have it
    rows: list = dataclasses.field(default_factory=list)
    counters: list = dataclasses.field(default_factory=list)
    lines: list = dataclasses.field(default_factory=list)
    first: FirstDifference = None

    def of(self, klass):
        return [r for r in self.rows if r.klass == klass and r.sure]

    @property
    def idle(self):
        """No run reached a line that the variant changes: the comparison says nothing about the patch."""
        return self.nr is not None and self.nr.reached == 0


@dataclasses.dataclass
class Campaign:
    path: str
    number: int
    nr_campaigns: int
    key: str
    flavour: str
    overrides: str
    first_seed: int
    last_seed: int
    budget_ns: int
    replay_share: int
    created: int
    version: int
    variants: list = dataclasses.field(default_factory=list)
    scenarios: list = dataclasses.field(default_factory=list)
    cells: list = dataclasses.field(default_factory=list)
    sessions: list = dataclasses.field(default_factory=list)
    pairs: list = dataclasses.field(default_factory=list)
    sure: list = dataclasses.field(default_factory=list)
    gone: list = dataclasses.field(default_factory=list)
    canary: Canary = None
    comparisons: list = dataclasses.field(default_factory=list)     # of compare: each variant against the first

    @property
    def runs(self):
        return sum(c.runs for c in self.cells)

    @property
    def wanted(self):
        """How many runs it is in all; None: as many as fit into a time, or until nothing new comes."""
        nr = sum(c.wanted for c in self.cells)
        return nr if not self.budget_ns and nr < 2 ** 53 else None

    @property
    def events(self):
        return sum(c.events for c in self.cells)

    def cell(self, scenario, variant):
        for c in self.cells:
            if c.scenario is scenario and c.variant is variant:
                return c
        return None

    def of(self, variant):
        return [c for c in self.cells if c.variant is variant]

    def token(self, cell, seed):
        """As sim/token.c writes it."""
        return "v1:%s@%08x:%s@%s:0x%x%s" % (
            cell.scenario.name, cell.scenario.hash & 0xffffffff, cell.variant.name, cell.variant.identity, seed,
            ":" + self.overrides if self.overrides else "")

    def replay(self, cell, seed):
        flavour = "" if self.flavour == "plain" else " --flavour " + self.flavour
        return "lapicsim replay %s%s" % (self.token(cell, seed), flavour)
