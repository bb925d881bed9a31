"""Ours beside plain loops: seconds, passes and memory a step, time to quality, and curves.

``cases`` names what can be measured and imports nothing heavy. ``plain_*`` are the yardstick, loops
written as the original codes work; ``step_settings`` and ``search_settings`` set both sides up,
``steps``, ``quality`` and ``curves`` measure them, ``floor`` is what no program can go below.
"""
