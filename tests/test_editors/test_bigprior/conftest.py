from test_engine.conftest import photos  # noqa: F401  (a fixture)
