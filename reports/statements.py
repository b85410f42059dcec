# SPDX-License-Identifier: GPL-2.0-only
"""What a campaign itself says at its end (docs/store.md): pairs of operations, how sure, what is gone, the canary.

Stores of version 1 have none of these tables.
"""

from database import count, name, optional
from model import Canary, Gone, Pair, Sure

MOST = 1 << 64      # nothing that is counted has more
NAMES = " JOIN scenario ON scenario.id = %s.scenario JOIN variant ON variant.id = %s.variant"


def estimate(value):
    """None: there is nothing to estimate it from."""
    return float(value) if isinstance(value, (int, float)) and 0 <= value < MOST else None


def read(db, campaign):
    if db.columns("pair"):
        campaign.pairs = [
            Pair(*(name(v) for v in row[:5]), count(row[5])) for row in db.rows(
                "SELECT scenario.name, variant.name, a.name, b.name, apic_state.name, sum(pair.runs) FROM pair"
                " JOIN cell ON cell.id = pair.cell JOIN operation a ON a.id = pair.previous JOIN operation b ON b.id = pair.operation"
                " JOIN apic_state ON apic_state.id = pair.state" + NAMES % ("cell", "cell") +
                " WHERE cell.campaign = ? AND NOT cell.canary GROUP BY cell.scenario, cell.variant, a.id, b.id, apic_state.id"
                " ORDER BY scenario.id, variant.id, a.name, b.name, apic_state.id", campaign.number)]
    if db.columns("sure"):
        campaign.sure = [
            Sure(name(row[0]), name(row[1]), *(count(v) for v in row[2:5]), estimate(row[5]), estimate(row[6]))
            for row in db.rows("SELECT scenario.name, variant.name, sampled, pairs, f1, unseen, hidden FROM sure" + NAMES % (
                "sure", "sure") + " WHERE sure.campaign = ? ORDER BY scenario.id, variant.id", campaign.number)]
    columns = db.columns("gone")
    if columns:
        part = "slice" if "slice" in columns else "''"
        campaign.gone = [
            Gone(*(name(v) for v in row[:7]), *(count(v) for v in row[7:10]), optional(row[10]),
                 optional(row[11]))
            for row in db.rows("SELECT scenario.name, variant.name, kind, check_name, function, " + part + ", other,"
                               " other_shown, other_runs, clean, needed, more FROM gone" + NAMES % ("gone", "gone") + " WHERE gone.campaign = ?"
                               " ORDER BY kind, check_name, function, 6, variant.id, scenario.id, other",
                               campaign.number)]
    if db.columns("canary"):
        for state, text in db.rows("SELECT state, text FROM canary WHERE campaign = ?", campaign.number):
            campaign.canary = Canary(name(state), name(text))
