"""What the search cluster holds: the definitions, what brings them about, and what writes listings into it."""

from pathlib import Path

PROGRAM = Path(__file__).with_name("apply.py")
"""The program that brings a plan about: one file, which a Job runs as it is."""
