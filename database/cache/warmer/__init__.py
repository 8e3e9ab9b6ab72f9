"""Fills the cache before it is asked: section 12.2 as a program that runs all the time.

    python -m database.cache.warmer            until it is told to stop (SIGTERM); several may run, one does each round
    python -m database.cache.warmer --once     each job once, now: after the cache was lost

A job begins when its schedule says, a little later on each instance. Whoever takes the round's lock does it. It reads and
writes in batches that get smaller and rarer as databases or cache get slower, and ends before the next round begins.
What it writes lives for two rounds and a bit, so that a round may fail without anybody noticing.
"""
