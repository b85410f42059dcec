# SPDX-License-Identifier: GPL-2.0-only
"""What the counts allow to say: bounds, intervals, estimates.

All of it takes the runs of a cell as independent draws from what its scenario
describes, which seeds are: every choice of a run follows from a keyed hash of its seed.
"""

import math

Z = 1.959963984540054   # 95 %, both sides


def wilson(k, n):
    """95 % interval of a rate of which @k of @n were seen: (low, high)."""
    if not n:
        return 0.0, 1.0
    p, z2 = k / n, Z * Z
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = Z * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return (0.0 if k == 0 else max(0.0, middle - half)), (1.0 if k == n else min(1.0, middle + half))


def zero_failure(n):
    """The highest rate at which nothing in @n runs would still happen in 5 % of all campaigns."""
    return 1.0 if n <= 0 else -math.expm1(math.log(0.05) / n)


def runs_to_fixed(k, n):
    """
    Clean runs until something that had a rate of @k in @n before may be called gone at 95 %:
    by the low end of its interval.
    """
    low = wilson(k, n)[0]
    return None if low <= 0 else 1 if low >= 1 else math.ceil(math.log(0.05) / math.log1p(-low))


def good_turing(once, n):
    """
    (estimate, 95 % bound): the chance that the next run shows what none of @n did, when @once things
    were seen in exactly one run. The bound: McAllester and Schapire 2000, theorem 9.
    """
    if not n:
        return 1.0, 1.0
    estimate = min(1.0, once / n)
    return estimate, min(1.0, estimate + (2 * math.sqrt(2) + math.sqrt(3)) * math.sqrt(math.log(3 / 0.05) / n))


def kaplan_meier(times):
    """
    [(time, share that still waits)] from [(time, seen)]; not seen: watched for that long, in vain.
    Starts with (0, 1.0) and has a step for each time at which something was seen.
    """
    curve, waiting, share = [(0, 1.0)], len(times), 1.0
    at = {}
    for time, seen in times:
        events = at.setdefault(time, [0, 0])
        events[0 if seen else 1] += 1
    for time in sorted(at):
        seen, censored = at[time]
        if seen:
            share *= 1 - seen / waiting
            curve.append((time, share))
        waiting -= seen + censored
    return curve


def median(curve):
    """Of a Kaplan-Meier curve; None if it stays above one half."""
    for time, share in curve:
        if share <= 0.5:
            return time
    return None


def waits(bucket):
    """
    Runs from one sight to the next, as kaplan_meier() takes them. A store keeps the 16 lowest seeds of a
    bucket; after the last of them it is not known who comes next unless they are all.
    """
    cell, at, out = bucket.cell, 0, []
    for record in bucket.records:
        run = cell.run_number(record.seed)
        out.append((run - at, True))
        at = run
    if len(bucket.records) >= bucket.runs and cell.runs > at:
        out.append((cell.runs - at, False))
    return out
