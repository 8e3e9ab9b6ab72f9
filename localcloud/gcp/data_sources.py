"""The data sources the local cloud knows: what a program may look up. Each is a table of `data_sources.toml`:

token        the Pulumi token
arguments    what may be given
agent        the service whose agent exists in the project from then on
needs        { type, path }: the resource that must exist
result       the answer; `{…}` as in naming.py, where `agent` is the agent's e-mail
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import LocalCloudError, ProviderRefusal
from ..values import Props
from .catalog import service_agents
from .naming import project_number, render, render_tree

HERE = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class DataSource:
    """One data source; the fields are explained above."""

    token: str
    arguments: Sequence[str]
    result: Mapping[str, Any]
    agent: str | None = None
    needs: Mapping[str, str] | None = None

    def needed(self, arguments: Mapping[str, Any], project: str) -> tuple[str, str] | None:
        """The type and the path of the resource that must exist."""
        return (self.needs["type"], str(render(self.needs["path"], {**arguments, "project": project}))) if self.needs else None

    def project(self, arguments: Mapping[str, Any], default: str) -> str:
        """The project that is asked about.

        Raises:
            ProviderRefusal: an argument is not expected, or there is no project.
        """
        for name in arguments:
            if name not in self.arguments:
                raise ProviderRefusal(f'An argument named "{name}" is not expected here.')
        project = str(arguments.get("project") or arguments.get("projectId") or default)
        if not project:
            raise ProviderRefusal("project: required field is not set")
        return project

    def answer(self, arguments: Mapping[str, Any], project: str) -> Props:
        """The answer; it follows from the question alone."""
        number = project_number(project)
        properties = {**arguments, "project": project, "number": number}
        if self.agent:
            properties["agent"] = str(render(service_agents()[self.agent], properties))
        return render_tree(self.result, properties, _nothing_made_up)


@functools.cache
def data_sources() -> Mapping[str, DataSource]:
    """Every data source, by its token."""
    tables = tomllib.loads((HERE / "data_sources.toml").read_text())
    return {table["token"]: DataSource(**table) for table in tables.values()}


def data_source(token: str) -> DataSource:
    """The data source of a token.

    Raises:
        LocalCloudError: the local cloud does not know it.
    """
    known = data_sources().get(token)
    if known is None:
        raise LocalCloudError(
            f"the local cloud does not know the data source {token} yet. docs/adding-a-resource-type.md says how to add it."
        )
    return known


def _nothing_made_up(name: str) -> str:
    return f"<{name}>"
