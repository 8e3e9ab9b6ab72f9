"""The kinds of Elastic's operator are those of its module, where Go has it."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tools import elastic_definitions
from tools.kubernetes_schemas import SCHEMAS


def test_the_definitions_are_the_modules() -> None:
    if not shutil.which("go"):
        pytest.skip("Go is not installed: the module that the definitions come from cannot be read")
    try:
        made = elastic_definitions.text()
    except subprocess.CalledProcessError as error:
        pytest.skip(f"Go cannot fetch the operator's module, which {SCHEMAS / 'sources.toml'} names: {error.stderr or error}")
    assert elastic_definitions.TARGET.read_text() == made
