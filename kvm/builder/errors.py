# SPDX-License-Identifier: GPL-2.0-only
"""Errors of the variant builder and their exit codes.

Every error that a user can cause is one exception with one clear line.  The
exit codes are those of the lapicsim command (docs: "Exit codes").  This module
prints nothing; __main__.py does.
"""

EXIT_OK = 0
EXIT_USAGE = 1
EXIT_BAD_INPUT = 2
EXIT_HARNESS = 6


class BuilderError(Exception):
    """Base class: one line for the user and an exit code."""

    exit_code = EXIT_HARNESS


class UsageError(BuilderError):
    """The command line makes no sense."""

    exit_code = EXIT_USAGE


class BadInput(BuilderError):
    """A source, patch or rule that cannot be used."""

    exit_code = EXIT_BAD_INPUT


class TreeNotUnderstood(BadInput):
    """The tree lacks, or has changed, something that the build relies on."""

    def __init__(self, what):
        super().__init__("tree not understood: " + what)


class HarnessError(BuilderError):
    """Our own files or tools failed; no fault of the tree."""
