# SPDX-License-Identifier: GPL-2.0-only
"""What lapicsim compare keeps (docs/store.md): a campaign's variants against the first of them.

Other campaigns have no rows in these tables; a store without a comparison has no such table.
"""

from database import StoreError, count, name, optional, text, whole
from model import Compared, Comparison, Counter, FirstDifference, PairsOfRuns, PatchLine

NUMBERS = "pairs, differ, cut, other_order, other_interrupts, base_changed, variant_changed, code_lines, reached"


def share(value):
    if not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise StoreError("a probability is %r" % (value,))
    return float(value)


def read_rows(db, number, of):
    for row in db.rows("SELECT variant, kind, check_name, function, known, class, base_runs, variant_runs, runs,"
                       " only_base, only_variant, p, base_low, base_high, variant_low, variant_high, base_median,"
                       " variant_median, token FROM compared WHERE campaign = ? ORDER BY rowid", number):
        klass, rates = name(row[5]), [share(v) for v in row[12:16]]
        of(row[0]).rows.append(Compared(
            *(name(v) for v in row[1:5]), klass.removesuffix("?"), not klass.endswith("?"),
            *(count(v) for v in row[6:11]), share(row[11]), tuple(rates[:2]), tuple(rates[2:]),
            optional(row[16]), optional(row[17]), name(row[18])))


def read_rest(db, number, of):
    for row in db.rows("SELECT variant, counter, base_sum, variant_sum, runs, less, more, p FROM behaviour"
                       " WHERE campaign = ? ORDER BY rowid", number):
        of(row[0]).counters.append(Counter(name(row[1]), *(count(v) for v in row[2:7]), share(row[7])))
    for row in db.rows("SELECT first_difference.variant, scenario.name, seed, event, base_event, variant_event"
                       " FROM first_difference JOIN scenario ON scenario.id = first_difference.scenario"
                       " WHERE campaign = ?", number):
        of(row[0]).first = FirstDifference(name(row[1]), name(row[2]), whole(row[3], "an event"), name(row[4]),
                                           name(row[5]))
    for row in db.rows("SELECT variant, side, file, line, runs, sampled, text FROM patch_line WHERE campaign = ?"
                       " ORDER BY rowid", number):
        of(row[0]).lines.append(PatchLine(row[1] == "base", name(row[2]), *(whole(v, "a line") for v in row[3:6]),
                                          text(row[6])))


def read(db, campaign, variants):
    """@variants: {id: Variant}. The base comes first among the campaign's."""
    if not db.columns("compared"):
        return
    numbers, found = {}, {}
    if db.columns("comparison"):
        for row in db.rows("SELECT variant, base, %s FROM comparison WHERE campaign = ?" % NUMBERS, campaign.number):
            lines = [optional(v) for v in row[7:]]
            if None in lines:
                lines = [None] * len(lines)     # not measured
            numbers[row[0]] = PairsOfRuns(*(count(v) for v in row[2:7]), *lines)
    pairs = db.rows("SELECT DISTINCT base, variant FROM behaviour WHERE campaign = ? ORDER BY variant", campaign.number)
    for base, variant in pairs:
        if base not in variants or variant not in variants:
            raise StoreError("a comparison names a variant that is not there")
        found[variant] = Comparison(variants[base], variants[variant], numbers.get(variant))

    def of(variant):
        if variant not in found:
            raise StoreError("a comparison names a variant that is not there")
        return found[variant]
    read_rows(db, campaign.number, of)
    read_rest(db, campaign.number, of)
    campaign.comparisons = list(found.values())
    if found:
        base = campaign.comparisons[0].base
        campaign.variants.sort(key=lambda v: v is not base)
