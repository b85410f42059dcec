# SPDX-License-Identifier: GPL-2.0-only
"""Reads one campaign of a store (docs/store.md) into model.py's objects.

Never writes. Text that comes out is safe to print: control characters, and what
changes the direction of text, are spelled out. A table or column that only a later
version has is left out where it is missing. Anything wrong with the file is a StoreError of one line.
"""

import json
import os
import sqlite3

import comparisons
import statements
import words
from database import Db, StoreError, count, name, optional, seed, text, whole
from model import Bucket, Campaign, Cell, Failure, Record, Scenario, Session, Variant

APPLICATION_ID = 0x4c415049
VERSIONS = (1, 2, 3, 4)
ENDS = ("complete", "limited", "crashed", "hung", "trapped", "timed_out", "out_of_memory")


def check(db):
    if db.pragma("application_id") != APPLICATION_ID:
        raise StoreError("a database, but not a store of lapicsim")
    version = db.pragma("user_version")
    if version not in VERSIONS:
        raise StoreError("a store of version %d; this report reads %s" % (
            version, " and ".join(str(v) for v in VERSIONS)))
    return version


def manifest(value):
    try:
        found = json.loads(text(value) or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def read_campaign(db, version, wanted):
    numbers = [row[0] for row in db.rows("SELECT id FROM campaign ORDER BY id")]
    if not numbers:
        raise StoreError("the store has no campaign")
    number = numbers[-1] if wanted is None else wanted
    if number not in numbers:
        raise StoreError("there is no campaign %d; there are %s" % (number, words.enumerate_some(numbers, 10)))
    row = db.rows("SELECT key, flavour, overrides, first_seed, last_seed, budget_ns, replay_share, created"
                  " FROM campaign WHERE id = ?", number)[0]
    return Campaign(os.path.basename(db.path), number, len(numbers), name(row[0]), name(row[1]), name(row[2]),
                    seed(row[3]), seed(row[4]), whole(row[5], "budget_ns"), whole(row[6], "replay_share"),
                    whole(row[7], "created"), version)


def read_cells(db, campaign):
    """{cell id: Cell}, {variant id: Variant}; shards of one scenario and variant share one cell."""
    variants, scenarios, merged, by_id = {}, {}, {}, {}
    for id, label, identity, klass, raw in db.rows(
            "SELECT id, name, identity, class, manifest FROM variant WHERE id IN"
            " (SELECT variant FROM cell WHERE campaign = ?) ORDER BY id", campaign.number):
        variants[id] = Variant(name(label), name(identity), name(klass), manifest(raw))
    for id, label, hash, claim, body in db.rows(
            "SELECT id, name, hash, claim, text FROM scenario WHERE id IN"
            " (SELECT scenario FROM cell WHERE campaign = ?) ORDER BY id", campaign.number):
        scenarios[id] = Scenario(name(label), whole(hash, "a hash"), name(claim), text(body))
    canary = " AND NOT canary" if "canary" in db.columns("cell") else ""
    seeds = "first_seed, last_seed" if "first_seed" in db.columns("cell") else "0, -1"
    for id, scenario, variant, first, last in db.rows("SELECT id, scenario, variant, " + seeds + " FROM cell WHERE campaign = ?%s"
                                         " ORDER BY scenario, variant, id" % canary, campaign.number):
        if scenario not in scenarios or variant not in variants:
            raise StoreError("cell %s names a scenario or a variant that is not there" % id)
        key = (scenario, variant)
        if key not in merged:
            merged[key] = Cell(scenarios[scenario], variants[variant])
        by_id[id] = merged[key]
        merged[key].wanted += max(0, seed(last) - seed(first) + 1)
    campaign.cells = list(merged.values())
    campaign.variants = [v for v in variants.values() if any(c.variant is v for c in campaign.cells)]
    campaign.scenarios = [s for s in scenarios.values() if any(c.scenario is s for c in campaign.cells)]
    return by_id, variants


def read_ranges(db, by_id):
    ends = [e for e in ENDS if e in db.columns("range")]
    columns = ("events", "interrupts", "virtual_ns", "wall_ns", "divergent", "repeated")
    for row in db.rows("SELECT cell, first, count, first_limited, %s, %s FROM range ORDER BY cell, first" % (
            ", ".join(ends), ", ".join(columns))):
        cell = by_id.get(row[0])
        if not cell:
            continue
        numbers = [count(v) for v in row[2:]]
        cell.ranges.append((seed(row[1]), numbers[0]))
        cell.runs += numbers[0]
        for end, value in zip(ends, numbers[2:]):
            cell.ends[end] = cell.ends.get(end, 0) + value
        for column, value in zip(columns, numbers[2 + len(ends):]):
            setattr(cell, column, getattr(cell, column) + value)
        limited = cell.ends.get("limited", 0) and numbers[2 + ends.index("limited")]
        if limited and (cell.first_limited is None or seed(numbers[1]) < cell.first_limited):
            cell.first_limited = seed(numbers[1])
    for cell in by_id.values():
        cell.ranges.sort()


# Columns of later stores, and what stands for them in earlier ones.
LATER = {"slice": "''", "follows": "0", "cheap_seed": "NULL", "cheap_event": "NULL", "replays": "NULL",
         "replayed": "NULL", "trail": "''", "stack": "''"}


def read_buckets(db, by_id):
    """Buckets of shards of a cell become one."""
    there = db.columns("bucket")
    later = {c: c if c in there else stand_in for c, stand_in in LATER.items()}
    found, by_row = {}, {}
    for row in db.rows("SELECT id, cell, kind, check_name, function, known, %s, runs, first_seed, %s FROM bucket ORDER BY id" % (
            later["slice"], ", ".join(later[c] for c in list(LATER)[1:]))):
        cell = by_id.get(row[1])
        if not cell:
            continue
        names = tuple(name(v) for v in row[2:7])
        runs, first = count(row[7]), seed(row[8])
        bucket = found.get((id(cell), names))
        if not bucket:
            bucket = found[id(cell), names] = Bucket(*names, 0, first, cell=cell)
            cell.buckets.append(bucket)
            bucket.follows = bool(row[9])
            bucket.cheap_seed = None if row[10] is None else seed(row[10])
            bucket.cheap_event = optional(row[11])
            bucket.replays, bucket.replayed = optional(row[12]), optional(row[13])
            bucket.trail, bucket.stack = name(row[14]), name(row[15])
        bucket.runs += runs
        bucket.first_seed = min(bucket.first_seed, first)
        by_row[row[0]] = bucket
    for row in db.rows("SELECT bucket, seed, vm, vcpu, vector, time_ns, event, site, text FROM divergence"):
        bucket = by_row.get(row[0])
        if bucket:
            bucket.records.append(Record(seed(row[1]), *(optional(v) for v in row[2:5]), optional(row[5]) or 0,
                                         optional(row[6]) or 0, text(row[7]), text(row[8])))
    for bucket in found.values():
        if bucket.runs > bucket.cell.runs:
            raise StoreError("a divergence in %d of %d runs" % (bucket.runs, bucket.cell.runs))
        bucket.records.sort(key=lambda r: r.seed)
        bucket.first_run = bucket.cell.run_number(bucket.first_seed)


def read_rest(db, campaign, by_id):
    for cell, kind, runs in db.rows("SELECT cell, kind, runs FROM kind_runs ORDER BY cell, kind"):
        if cell in by_id:
            kinds = by_id[cell].kinds
            kinds[name(kind)] = kinds.get(name(kind), 0) + count(runs)
    for cell, number, kind, what in db.rows("SELECT cell, seed, kind, text FROM failure ORDER BY cell, seed, kind"):
        if cell in by_id:
            by_id[cell].failures.append(Failure(name(kind), seed(number), text(what), by_id[cell]))
    for cell, label, uses, runs in db.rows("SELECT cell, name, uses, runs FROM deviation ORDER BY cell, name"):
        if cell in by_id:
            before = by_id[cell].deviations.get(name(label), (0, 0))
            by_id[cell].deviations[name(label)] = (before[0] + count(uses),
                before[1] + count(runs))
    sessions = {}
    for row in db.rows("SELECT id, started, wall_ns, host, jobs, finished FROM session WHERE campaign = ? ORDER BY id",
                       campaign.number):
        sessions[row[0]] = Session(row[0], whole(row[1], "a time"), whole(row[2], "a time"), name(row[3]),
                                   whole(row[4], "jobs"), bool(row[5]))
    later = ["new_buckets", "known_buckets"] if "new_buckets" in db.columns("series") else ["NULL", "NULL"]
    for row in db.rows("SELECT session, wall_ns, runs, events, divergent, buckets, %s FROM series"
                       " ORDER BY session, wall_ns" % ", ".join(later)):
        if row[0] in sessions:
            sessions[row[0]].series.append((*(whole(v, "the series") for v in row[1:6]), *map(optional, row[6:])))
    campaign.sessions = list(sessions.values())


def read(path, wanted=None):
    """The campaign @wanted of the store, or its latest."""
    try:
        db = Db(path)
        campaign = read_campaign(db, check(db), wanted)
        by_id, variants = read_cells(db, campaign)
        read_ranges(db, by_id)
        read_buckets(db, by_id)
        read_rest(db, campaign, by_id)
        statements.read(db, campaign)
        comparisons.read(db, campaign, variants)
        return campaign
    except StoreError as e:
        raise StoreError("%s: %s" % (path, str(e).removeprefix(path + ": "))) from None
    except UnicodeError:
        raise StoreError("%s: cannot be read as a store: its schema is no text" % path) from None
    except MemoryError:
        # SQLite says so of sizes in a damaged file as well.
        raise StoreError("%s: cannot be read as a store: damaged, or too large for this machine" % path) from None
    except (sqlite3.Error, OverflowError) as e:
        raise StoreError("%s: cannot be read as a store: %s" % (path, words.one_line(str(e)))) from None
