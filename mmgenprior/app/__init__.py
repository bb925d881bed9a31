"""The page ``mmgenprior app``: a photo, a brush, and a search to watch.

Only :mod:`.page` and :mod:`.serving` know gradio; all that the page does is found without it in the
other modules.
"""
