"""The tables of the papers, and of today's choices: what to run, what came out, side by side.

``configs/papers/*.yml`` say what a table is made of and what the paper prints; a :mod:`.plan` names
the runs, :mod:`.finished` reads them, :mod:`.results` puts ours beside theirs.
"""
