"""What a run has finished, on the disk: entries, settings, and the numbers that follow from them.

Nothing here needs torch or MMagic, so that ``mmgenprior merge`` answers at once.
"""
