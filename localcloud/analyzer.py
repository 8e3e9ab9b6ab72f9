"""Runs a policy pack as a plugin process: `python -m localcloud.analyzer FOLDER`, which the launcher in `bin/` calls."""

from __future__ import annotations

import runpy
import sys

from .lifeline import end_with_parent

if __name__ == "__main__":
    end_with_parent()
    runpy.run_path(sys.argv[1], run_name="__main__")
