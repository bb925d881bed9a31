import mmgenprior  # noqa: F401  (before mmagic)
