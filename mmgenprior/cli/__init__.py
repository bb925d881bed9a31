"""The command ``mmgenprior``, and all that only commands need.

``main`` finds the sub-command, ``run`` calls it and turns errors into a line and a status; each
sub-command is one module of ``commands``. Nothing here imports torch before it is needed.
"""
