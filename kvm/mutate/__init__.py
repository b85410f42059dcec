# SPDX-License-Identifier: GPL-2.0-only
"""Mutants of KVM's files, all in one build: an edit stage of the builder.

source text -> parse.py (libclang) -> find.py (what can be changed) ->
schema.py (the text with all changes, each behind its number) -> stage.py
(drops what does not compile, and gives the builder the new text and a table).

Macro bodies, headers and what the preprocessor leaves out are not touched.
Nothing of it is kept outside the build folder.
"""
