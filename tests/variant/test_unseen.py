# SPDX-License-Identifier: GPL-2.0-only
"""Trees that nobody has built before: 'variant add' says in one line which file and which name it stumbled over.

Made of a known tree by renaming or moving things, as other series do; needs one in LAPICSIM_TEST_TREES.
"""

import glob
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from common import builder, need_trees, read, write


class Unseen(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lapicsim-unseen-", dir="/var/tmp")
        self.addCleanup(shutil.rmtree, self.folder)
        self.tree = self.folder + "/tree"
        subprocess.run(["cp", "-r", "--no-preserve=mode", need_trees()[0], self.tree], check=True)

    def rename(self, old, new):
        """Everywhere in KVM: the tree stays one that a kernel could be built of."""
        nr = 0
        for path in glob.glob(self.tree + "/arch/x86/kvm/**/*.[ch]", recursive=True):
            text = read(path)
            if re.search(r"\b%s\b" % old, text):
                write(path, re.sub(r"\b%s\b" % old, new, text))
                nr += 1
        self.assertTrue(nr, old)

    def refused(self, *said):
        code, out, err = builder("add", "unseen", "--tree", self.tree, "--build", self.folder + "/build")
        self.assertEqual(2, code, out + err)
        self.assertRegex(out + err, r"\A[^\n]*tree not understood: [^\n]+\n\Z")
        for word in said:
            self.assertIn(word, out + err)
        self.assertEqual([], glob.glob(self.folder + "/build/variants/*/manifest.json"), "nothing is left behind")

    def test_a_function_that_the_environment_calls(self):
        self.rename("kvm_lapic_find_highest_irr", "kvm_lapic_highest_irr")
        self.refused("kvm/apicv.c:", "'kvm_lapic_find_highest_irr'")

    def test_a_field_that_the_environment_reads(self):
        self.rename("isr_count", "nr_isr")
        self.refused("kvm/vendor.c:", "'isr_count'")

    def test_a_file(self):
        os.rename(self.tree + "/arch/x86/kvm/lapic.c", self.tree + "/arch/x86/kvm/apic.c")
        self.refused("arch/x86/kvm/lapic.c is missing")


if __name__ == "__main__":
    unittest.main()
