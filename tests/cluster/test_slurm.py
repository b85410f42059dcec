# SPDX-License-Identifier: GPL-2.0-only
"""The batch file, on a Slurm of this machine: one task is requeued halfway."""

import re
import unittest

from common import PARTS, PER_PART, Cluster, nr_runs, sessions
from slurm import Slurm


class SlurmArray(Cluster):

    def setUp(self):
        super().setUp()
        self.slurm = Slurm(self.path("slurm"))
        self.job = None
        self.addCleanup(self.slurm.stop)
        self.slurm.start()

    def task(self, job, index):
        return self.slurm.command("scontrol", "show", "job", "%s_%d" % (job, index))

    def requeue(self, job, index):
        """Kills the task, and has it started again at once rather than in two minutes. False: it has ended."""
        store = self.path("part-%d.db" % index)
        self.wait_for("task %d stores runs" % index, lambda: nr_runs(store))
        self.slurm.command("scontrol", "requeue", "%s_%d" % (job, index))
        self.wait_for("task %d is over" % index, lambda: "JobState=PENDING" in self.task(job, index))
        halfway = nr_runs(store) < PER_PART
        self.slurm.command("scontrol", "update", "JobId=%s_%d" % (job, index), "StartTime=now")
        return halfway

    def interrupted(self):
        self.job = self.slurm.command("sbatch", "--parsable", "slurm.sh", cwd=self.folder).strip()
        self.assertRegex(self.job, r"^\d+$")
        halfway = self.requeue(self.job, 0)
        self.wait_for("the array is done", lambda: not self.slurm.command("squeue", "--noheader").strip())
        return halfway

    def test_array_with_one_task_requeued(self):
        self.attempt(self.interrupted)
        job = self.job
        for index in range(PARTS):
            shown = self.task(job, index)
            self.assertIn("JobState=COMPLETED", shown)
            self.assertEqual("1" if index == 0 else "0", re.search(r"Restarts=(\d+)", shown).group(1))
            self.assertEqual(PER_PART, nr_runs(self.path("part-%d.db" % index)))
        self.assertEqual([0, 1], [finished for _, finished in sessions(self.path("part-0.db"))])
        with open(self.path("part-0.log"), encoding="utf-8") as f:
            self.assertRegex(f.read(), r"part-0\.db has \d+ runs of this campaign")
        self.check_result()


if __name__ == "__main__":
    unittest.main()
