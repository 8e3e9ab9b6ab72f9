"""What the tests on the real engine share."""

from __future__ import annotations

from pathlib import Path

import pytest

from .checkout import Checkout


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A copy of this checkout, set up, on a cloud of its own."""
    return Checkout(tmp_path)
