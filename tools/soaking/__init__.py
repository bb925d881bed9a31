"""Runs that are killed, stopped and harmed at random, as tools/soak.py and the tests need them."""
