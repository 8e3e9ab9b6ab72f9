"""What the settings say to a stack file that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from settings import SettingsError, load_stack_file


def refusal(folder: Path, environment: str, section: str) -> str:
    """The message about a stack file with one section, such as `storage: {prefix: google}`."""
    file = folder / "Pulumi.test.yaml"
    file.write_text(
        f"config:\n  alphintra:environment: {environment}\n  alphintra:project: {{id: alphintra-test}}\n  alphintra:{section}\n"
    )
    with pytest.raises(SettingsError) as caught:
        load_stack_file(file)
    return str(caught.value)
