"""What is installed, what of it works, and the fix; one file for each field of questions.

Nothing that is examined is imported here: it may be missing or broken, and may take the process
with it. See :mod:`mmgenprior.cli.doctor.probe`.
"""
