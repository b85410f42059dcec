# SPDX-License-Identifier: GPL-2.0-only
"""Buckets: what names them, what follows, the cheapest token, replays, and drafts of known/ entries."""

import glob
import os
import shutil
import sqlite3
import tempfile
import unittest

from fake import SCENARIO, fake, json_lines

STRICT = SCENARIO.replace("sometimes premature-eoi", "never premature-eoi")
RUN = ("run", "gamma", "--variant", "6.12-fixed", "--known", "none", "--json")


class BucketTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.f = fake()
        cls.f.write("scenarios/gamma.scn", STRICT % "gamma holds")
        rows = cls.buckets(*RUN, "--seeds", "0-199")
        cls.seed = int(rows[0]["seed"], 16)		# the first premature EOI

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lapicsim-buckets-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.store = os.path.join(self.folder, "s.db")

    @classmethod
    def lines(cls, *words, code=10, **env):
        p = cls.f.run(*words, **env)
        assert p.returncode == code, (p.returncode, p.stdout, p.stderr)
        return json_lines(p.stdout)

    @classmethod
    def buckets(cls, *words, **env):
        return [x for x in cls.lines(*words, **env) if x["type"] == "divergence"]

    def sql(self, text):
        db = sqlite3.connect(self.store)
        self.addCleanup(db.close)
        return db.execute(text).fetchall()


class Names(BucketTest):
    def test_what_comes_after_a_new_one_follows(self):
        env = {"FAKE_LATE": str(self.seed)}
        rows = self.lines(*RUN, "--seeds", "0-199", **env)
        self.assertEqual([(x["check"], x["slice"], x["follows"], x["expected"])
                          for x in rows if x["type"] == "divergence"],
                         [("isr-premature", 'a "made-up" finding of seed', False, False),
                          ("isr-stuck", "after another", True, False)])
        self.assertEqual((rows[-1]["unexpected"], rows[-1]["following"]), (1, 1))
        self.assertTrue(rows[-1]["again"].endswith(":0x%x" % self.seed))
        p = self.f.run(*RUN[:-1], "--seeds", "0-199", **env)
        self.assertIn("first seen: run %d, follows" % (self.seed + 1), p.stdout)
        self.assertIn("1 unexpected (and 1 that follow)", p.stdout)

    def test_what_comes_alone_is_a_cause(self):
        rows = self.buckets(*RUN, "--seeds", "0-199", FAKE_LATE="%d,%d" % (self.seed, self.seed + 1))
        self.assertEqual([(x["check"], x["follows"], x["seed"]) for x in rows[1:]],
                         [("isr-stuck", False, hex(self.seed + 1)), ("isr-stuck", True, hex(self.seed))])

    def test_a_warn_is_no_consequence(self):
        rows = self.buckets(*RUN, "--seeds", "0-199", FAKE_WARN=str(self.seed))
        self.assertEqual([(x["check"], x["follows"]) for x in rows], [("no-warn", False), ("isr-premature", False)])

    def test_after_an_expected_one_nothing_follows(self):
        rows = self.buckets("run", "alpha", "--variant", "6.12-fixed", "--known", "none", "--json", "--seeds", "0-199",
                            FAKE_LATE=str(self.seed))
        self.assertEqual([(x["check"], x["follows"], x["expected"]) for x in rows],
                         [("isr-premature", False, True), ("isr-stuck", False, False)])

    def test_cheapest(self):
        all_of_them = self.buckets(*RUN, "--seeds", "0-199")[0]
        each = []
        for seed in range(200):
            p = self.f.run(*RUN, "--seeds", "%d-%d" % (seed, seed))
            each += [(x["event"], seed) for x in json_lines(p.stdout) if x["type"] == "divergence"]
        self.assertGreater(len(each), 3)
        event, seed = min(each)
        self.assertEqual((all_of_them["cheapest_event"], all_of_them["runs"]), (event, len(each)))
        self.assertTrue(all_of_them["cheapest"].endswith(":0x%x" % seed))
        self.assertTrue(all_of_them["token"].endswith(":0x%x" % self.seed))

    def test_jobs_change_nothing(self):
        env = {"FAKE_LATE": "%d,7" % self.seed, "FAKE_WARN": "9"}
        out = {self.f.run(*RUN, "--seeds", "0-199", "--jobs", jobs, **env).stdout for jobs in ("1", "2", "7")}
        self.assertEqual(len(out), 1)


class Store(BucketTest):
    def run_stored(self, *words, **env):
        return self.buckets(*RUN, "--seeds", "0-199", "--store", self.store, *words, **env)

    def test_replays_of_what_is_new(self):
        rows = self.run_stored(FAKE_LATE=str(self.seed))
        self.assertEqual([(x.get("replayed"), x.get("replays"), x.get("trail")) for x in rows],
                         [(20, 20, "set-lapic > eoi"), (None, None, None)])
        self.assertEqual(self.sql("SELECT check_name, follows, expected, replayed, stack FROM buckets ORDER BY 1"),
                         [("isr-premature", 0, 0, 20, ""), ("isr-stuck", 1, 0, None, None)])
        token, cheapest = self.sql("SELECT token, cheapest FROM buckets WHERE NOT follows")[0]
        self.assertEqual((token, cheapest), (rows[0]["token"], rows[0]["cheapest"]))
        # The same again: what the store has.
        self.assertEqual(self.run_stored(FAKE_LATE=str(self.seed)), rows)

    def test_what_is_expected_is_not_replayed(self):
        self.f.run("run", "alpha", "--variant", "6.12-fixed", "--seeds", "0-199", "--store", self.store)
        self.assertEqual(self.sql("SELECT expected, replays FROM bucket"), [(1, None)])

    def test_what_does_not_come_again(self):
        mark = os.path.join(self.folder, "mark")
        rows = self.run_stored("--replay-share", "0", FAKE_WARN_ONCE="%d:%s" % (self.seed + 1, mark))
        self.assertEqual([(x["check"], x["replayed"], x["replays"]) for x in rows],
                         [("no-warn", 0, 20), ("isr-premature", 20, 20)])

    def test_a_worker_that_is_killed(self):
        rows = self.run_stored(FAKE_CRASH="%d" % (self.seed + 1))
        self.assertEqual([(x["kind"], x["check"], x["replayed"], x["replays"]) for x in rows][0],
                         ("host-crash", "worker-died", 20, 20))
        self.assertEqual(self.sql("SELECT runs, token FROM buckets WHERE check_name = 'worker-died'"),
                         [(1, rows[0]["token"])])

    def test_shards(self):
        whole = self.run_stored(FAKE_WARN="5,150")
        parts = []
        for k in range(3):
            parts.append(os.path.join(self.folder, "p%d" % k))
            self.f.run(*RUN, "--seeds", "0-199", "--shard", "%d/3" % k, "--store", parts[-1], FAKE_WARN="5,150")
        merged = os.path.join(self.folder, "merged.db")
        self.assertEqual(self.f.run("merge", merged, *parts).returncode, 0)
        self.assertEqual(self.buckets(*RUN, "--seeds", "0-199", "--store", merged, FAKE_WARN="5,150"), whole)


class Drafts(BucketTest):
    def setUp(self):
        super().setUp()
        self.f.run(*RUN, "--seeds", "0-199", "--store", self.store, FAKE_WARN="5")
        self.output = os.path.join(self.folder, "drafts")

    def drafts(self, *words, known="none"):
        return self.lines("known", self.store, "--known", known, "--json", "--output", self.output, *words, code=0)

    def test_a_draft_is_a_valid_entry(self):
        rows = self.drafts()
        self.assertEqual([(x["check"], x["slice"], x["replayed"], x["replays"], x["fresh"]) for x in rows],
                         [("no-warn", "", 20, 20, True),
                          ("isr-premature", 'a "made-up" finding of seed', 20, 20, True)])
        self.assertEqual(sorted(glob.glob(self.output + "/*.known")), sorted(x["path"] for x in rows))
        with open(rows[0]["path"], encoding="utf-8") as f:
            text = f.read()
        self.assertIn("[known]\ntitle = host WARN, no-warn, in kvm_fake()\nkind = host-warn\ncheck = no-warn\n"
                      "function = kvm_fake\nvariants = 6.12-fixed\nscenarios = gamma\n", text)
        self.assertIn("lapicsim replay " + rows[0]["token"], text)
        self.assertNotIn("TODO", text)
        listed = self.lines("known", "--known", self.output, "--json", code=0)
        self.assertEqual([x["name"] for x in listed], ["isr-premature-a-made-up-finding-of-seed", "no-warn-kvm_fake"])

    def test_what_the_host_says_itself(self):
        """Checks outside of the oracle's table: each has a draft that loads, and then it is known."""
        words = ("run", "gamma", "--seeds", "0-199", "--worker-timeout", "300ms", "--replay-share", "0", "--json")
        env = {"FAKE_CRASH": "3", "FAKE_HANG": "4", "FAKE_WARN": "5"}
        store = os.path.join(self.folder, "host.db")
        self.buckets(*words, "--store", store, **env)
        rows = self.lines("known", store, "--known", "none", "--json", "--output", self.output, code=0)
        self.assertEqual({"no-warn", "worker-died", "worker-hung", "isr-premature"}, {x["check"] for x in rows})
        self.assertEqual({"draft"}, {x["type"] for x in rows})
        known = [x for x in self.buckets(*words, "--known", self.output, code=0, **env) if x["check"] != "bug"]
        self.assertEqual({"no-warn", "worker-died", "worker-hung", "isr-premature"},
                         {x["check"] for x in known if x["known"]})
        self.assertEqual([], [x for x in known if not x["known"]])

    def test_what_a_vmm_is_told_and_what_a_vm_leaves(self):
        """Neither the oracle's nor a host's death: entries can name these checks as well."""
        db = sqlite3.connect(self.store)
        db.execute("UPDATE bucket SET kind = 'hang', check_name = 'kvm-run-fails' WHERE check_name = 'no-warn'")
        db.execute("UPDATE bucket SET kind = 'resource-leak', check_name = 'vm-leak'"
                   " WHERE check_name = 'isr-premature'")
        db.commit()
        db.close()
        rows = self.drafts()
        self.assertEqual({("draft", "hang", "kvm-run-fails"), ("draft", "resource-leak", "vm-leak")},
                         {(x["type"], x["kind"], x["check"]) for x in rows}, rows)
        self.lines("known", self.store, "--known", self.output, "--json", code=0)

    def test_a_check_that_is_not_ours(self):
        """A store of another lapicsim: an entry that names its check would be refused, so there is none."""
        db = sqlite3.connect(self.store)
        db.execute("UPDATE bucket SET check_name = 'isr-prmature' WHERE check_name = 'isr-premature'")
        db.commit()
        db.close()
        rows = self.drafts()
        self.assertEqual([("draft", "no-warn"), ("no-draft", "isr-prmature")], [(x["type"], x["check"]) for x in rows])
        self.assertEqual('there is no check "isr-prmature"; did you mean "isr-premature"?', rows[1]["why"])
        self.assertIn(":6.12-fixed@", rows[1]["token"])
        self.assertEqual([rows[0]["path"]], glob.glob(self.output + "/*.known"))
        text = self.f.run("known", self.store, "--known", "none", "--output", self.output).stdout
        self.assertIn('no draft for isr-prmature of premature EOI: there is no check', text)
        self.assertTrue(text.endswith("2 new buckets, 1 drafts\n"), text)

    def test_with_the_entry_it_is_known(self):
        rows = self.drafts()
        os.unlink(rows[1]["path"])
        again = self.buckets("run", "gamma", "--variant", "6.12-fixed", "--known", self.output, "--json", "--seeds",
                             "5-5", FAKE_WARN="5", code=0)
        self.assertEqual([(x["known"], x["expected"]) for x in again], [("no-warn-kvm_fake", True)])
        self.assertEqual([x["check"] for x in self.drafts(known=self.output)], ["isr-premature"])

    def test_what_somebody_has_begun_is_left_alone(self):
        path = self.drafts()[0]["path"]
        with open(path, "w", encoding="utf-8") as f:
            f.write("mine\n")
        self.assertEqual([x["fresh"] for x in self.drafts()], [False, False])
        with open(path, encoding="utf-8") as f:
            self.assertEqual(f.read(), "mine\n")

    def test_replays_if_nobody_has(self):
        db = sqlite3.connect(self.store)
        db.execute("UPDATE bucket SET replays = NULL, replayed = NULL")
        db.commit()
        db.close()
        rows = self.lines("known", self.store, "--known", "none", "--json", "--output", self.output, code=0,
                          FAKE_WARN="5")
        self.assertEqual([(x["replayed"], x["replays"]) for x in rows], [(20, 20), (20, 20)])
        self.assertEqual(self.sql("SELECT sum(replayed) FROM bucket"), [(40,)])
        self.assertEqual([x for x in os.listdir(self.output) if not x.endswith((".known", ".md"))], [])

    def test_replays_leave_scenarios_alone(self):
        """The folder for drafts may have scenarios of the same names, and a store may name them as it likes."""
        db = sqlite3.connect(self.store)
        db.execute("UPDATE bucket SET replays = NULL, replayed = NULL")
        db.commit()
        db.close()
        os.makedirs(self.output)
        path = os.path.join(self.output, "gamma.scn")
        with open(path, "w", encoding="utf-8") as f:
            f.write("mine\n")
        rows = self.lines("known", self.store, "--known", "none", "--json", "--output", self.output, code=0,
                          FAKE_WARN="5")
        self.assertEqual([(x["replayed"], x["replays"]) for x in rows], [(20, 20), (20, 20)])
        with open(path, encoding="utf-8") as f:
            self.assertEqual(f.read(), "mine\n")

    def test_no_store(self):
        p = self.f.run("known", self.store + "x")
        self.assertEqual(p.returncode, 2)
        self.assertEqual(self.f.run("known", "a", "b").returncode, 1)

    def test_by_slice(self):
        folder = os.path.join(self.folder, "known")
        os.makedirs(folder)
        for slice_, code in (("made-up", 0), ("lvt0", 10)):
            with open(folder + "/one.known", "w", encoding="utf-8") as f:
                f.write("[known]\ntitle = x\nkind = host-crash\ncheck = worker-died\nslice = %s\nexplanation = x\n"
                        "finding = %s\nscenario = gamma\n" % (slice_.replace("made-up", "killed by signal"),
                                                            folder + "/one.known"))
            self.lines("run", "gamma", "--variant", "6.12-fixed", "--known", folder, "--json", "--seeds", "5-5",
                       FAKE_CRASH="5", code=code)


if __name__ == "__main__":
    unittest.main()
