"""The soak: everything real, everything at once, everything broken at random; and at rest nothing may be wrong.

    python -m tests.soak [SECONDS] [SEED]

is a longer one than the minute that the tests take.
"""
