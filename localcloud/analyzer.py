"""Runs the policy pack in the working directory as a plugin process, which the launcher in `bin/` calls."""

from __future__ import annotations

import runpy

from .lifeline import end_with_parent

if __name__ == "__main__":
    end_with_parent()
    runpy.run_path(".", run_name="__main__")
