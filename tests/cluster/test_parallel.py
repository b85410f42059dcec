# SPDX-License-Identifier: GPL-2.0-only
"""The line for GNU parallel: one part is killed, the line is run again."""

import os
import signal
import subprocess
import unittest

from common import PARTS, PER_PART, TIMEOUT_S, Cluster, nr_runs, sessions


class Parallel(Cluster):

    def start(self):
        os.makedirs(self.path("home"), exist_ok=True)
        return subprocess.Popen(["sh", "parallel.sh"], cwd=self.folder, text=True, stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE,
                                env={**os.environ, "HOME": self.path("home"), "PARALLEL_HOME": self.path("home")})

    def kill_part(self, part):
        """Kills the process that its store names, if it is the one that has it as argument. False: it has ended."""
        store = "part-%d.db" % part
        self.wait_for(store + " gets its first runs", lambda: nr_runs(self.path(store)))
        pid = sessions(self.path(store))[-1][0]
        try:
            with open("/proc/%d/cmdline" % pid, "rb") as f:
                if store.encode() not in f.read().split(b"\0"):
                    return False
            os.kill(pid, signal.SIGKILL)
        except (FileNotFoundError, ProcessLookupError):
            return False
        return True

    def interrupted(self):
        p = self.start()
        killed = self.kill_part(1)
        errors = p.communicate(timeout=TIMEOUT_S)[1]
        killed = killed and nr_runs(self.path("part-1.db")) < PER_PART
        self.assertEqual(int(killed), p.returncode, errors)
        return killed

    def test_killed_and_run_again(self):
        self.attempt(self.interrupted)
        early = self.run_sh("result.sh")
        self.assertEqual(5, early.returncode)
        self.assertIn("gap: ", early.stdout)
        p = self.start()
        errors = p.communicate(timeout=TIMEOUT_S)[1]
        self.assertEqual(0, p.returncode, errors)
        self.assertEqual([0, 1], [finished for _, finished in sessions(self.path("part-1.db"))])
        for part in range(PARTS):
            self.assertEqual(PER_PART, nr_runs(self.path("part-%d.db" % part)))
        self.check_result()


if __name__ == "__main__":
    unittest.main()
