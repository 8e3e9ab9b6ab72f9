"""From a stack's file, or from Pulumi's configuration, to validated settings, or to one clear message."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from .environment import Environment
from .profiles import PROFILES, overlay
from .yaml_file import YAMLError, line_of, parse

NAMESPACE = "alphintra"
"""The prefix of our keys in a stack's configuration, which is the Pulumi project's name."""
FILE_KEYS = ("config", "encryptionsalt", "encryptedkey", "secretsprovider", "environment")
"""What Pulumi allows at the top of a stack's file."""


class SettingsError(Exception):
    """Settings that cannot be used. The message names the file, the line, the key, the value, and what is allowed."""


def load_stack_file(path: Path) -> Environment:
    """Reads the settings of `Pulumi.<stack>.yaml`.

    Raises:
        SettingsError: the file is missing, is not YAML, or says something that is not allowed.
    """
    return _validated(read_stack_file(path), path.name)


def read_stack_file(path: Path) -> Mapping[str, Any]:
    """The `alphintra:` part of a stack's file, unvalidated, with the lines that ruamel.yaml noted.

    Raises:
        SettingsError: the file is missing, or is not the YAML of a stack.
    """
    try:
        document = parse(path.read_text())
    except FileNotFoundError:
        raise SettingsError(f"{path.name} does not exist") from None
    except OSError as error:
        raise SettingsError(f"{path.name} cannot be read: {error.strerror}") from None
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise SettingsError(f"{path.name}{where}: not valid YAML: {getattr(error, 'problem', None) or error}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path.name} is not a text file in UTF-8") from None
    top: Mapping[str, Any] = cast("Mapping[str, Any]", document) if isinstance(document, Mapping) else {}
    if not isinstance(top.get("config"), Mapping):
        raise SettingsError(
            f"{path.name}: a stack's file has the key 'config', with keys such as '{NAMESPACE}:environment' under it"
        )
    for key in top:
        if key not in FILE_KEYS:
            raise SettingsError(f"{path.name}: unknown key '{key}'; allowed are {', '.join(FILE_KEYS)}")
    return _OurPart(top["config"])


def load_config(config: Mapping[str, str], stack: str) -> Environment:
    """Reads the settings from Pulumi's configuration, in which objects are JSON.

    Args:
        config: every configuration value of the stack, by its full key.
        stack: the stack's name, for messages.

    Raises:
        SettingsError: something is missing or not allowed.
    """
    ours: dict[str, Any] = {}
    for key, text in config.items():
        namespace, _, name = key.partition(":")
        if namespace == NAMESPACE:
            ours[name] = text if name == "environment" else _json(text)
    return _validated(ours, f"Pulumi.{stack}.yaml")


def overridden(settings: Mapping[str, Any], over: Mapping[str, Any], file: str) -> Environment:
    """The settings of a stack's file with something else laid on top.

    Raises:
        SettingsError: the result is not allowed.
    """
    return _validated(overlay(settings, over), file)


@cache
def defaults() -> Mapping[str, Any]:
    """The settings of production as plain data, without what every environment must say itself."""
    project = {"id": "alphintra-defaults"}
    full = Environment.model_validate({"environment": "prod", "project": project}).model_dump(mode="json")
    return {key: value for key, value in full.items() if key not in {"environment", "project"}}


def _validated(given: Mapping[str, Any], file: str) -> Environment:
    profile = given.get("environment")
    known: Mapping[str, Any] = PROFILES.get(profile, {}) if isinstance(profile, str) else {}
    complete = _without_nulls(Environment, overlay(overlay(defaults(), known), given))
    try:
        return Environment.model_validate_json(json.dumps(complete, default=str))
    except ValidationError as error:
        raise SettingsError("\n".join(_sentences(error.errors(), given, file))) from None


def _without_nulls(model: type[BaseModel], values: Any) -> Any:
    """Takes the entries out of tables that a stack's file or a profile says null for."""
    if not isinstance(values, Mapping):
        return values
    kept: dict[str, Any] = {}
    for name, value in cast("Mapping[str, Any]", values).items():
        field = model.model_fields.get(name)
        annotation = field.annotation if field else None
        if get_origin(annotation) is dict and isinstance(value, Mapping):
            entries = {key: entry for key, entry in cast("Mapping[str, Any]", value).items() if entry is not None}
            kept[name] = {key: _without_nulls(entry_model(annotation), entry) for key, entry in entries.items()}
        elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
            kept[name] = _without_nulls(annotation, value)
        else:
            kept[name] = value
    return kept


def entry_model(table: Any) -> type[BaseModel]:
    """The model of a table's entries; one without fields where they are single values."""
    entry = get_args(table)[-1]
    return entry if isinstance(entry, type) and issubclass(entry, BaseModel) else BaseModel


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text  # the model says what it should have been


class _OurPart(dict[str, Any]):
    """The keys of our namespace without it, and the lines they stand on."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        ours = {str(key).partition(":")[2]: value for key, value in config.items() if str(key).startswith(f"{NAMESPACE}:")}
        super().__init__(ours)
        self.lines = {name: line_of(config, f"{NAMESPACE}:{name}") for name in ours}


# -- messages


def _sentences(errors: Sequence[ErrorDetails], given: Mapping[str, Any], file: str) -> Iterator[str]:
    for error in errors:
        # Where a value may be of several types, the branch's name is a part of the path that no key has.
        path = [str(part) for part in error["loc"] if not str(part).startswith(("function-", "constrained-"))]
        own, reason = _reason(error, path)
        line = _line(given, own)
        key = f"{NAMESPACE}:{'.'.join(own)}" if own else NAMESPACE
        yield f"{file}{f', line {line}' if line else ''}: {key}: {reason}"


def _reason(error: ErrorDetails, path: list[str]) -> tuple[list[str], str]:
    """The key an error is about, and what is wrong with it."""
    kind, context, value = error["type"], error.get("ctx", {}), error["input"]
    if kind == "extra_forbidden":
        allowed = _keys_at(path[:-1])
        close = difflib.get_close_matches(path[-1], allowed, n=1)
        hint = f" (did you mean '{close[0]}'?)" if close else ""
        return path, f"unknown key{hint}; allowed are {', '.join(allowed)}"
    if kind == "missing":
        return path, "is missing; every environment must say it"
    if kind == "value_error":
        reason = str(context["error"])
        if not isinstance(value, Mapping):
            return path, f"is {json.dumps(value)}: {reason}"
        named = reason.split(" ", 1)[0].split(".")
        return (path + named if set(named[:1]) <= set(_keys_at(path)) else path), reason
    if "pattern" in context:
        return path, f"is {json.dumps(value)}; it must match {context['pattern']}"
    demand = error["msg"].replace("Input should", "it should").replace("Value error, ", "")
    return path, f"is {json.dumps(value, default=str)}; {demand}"


def _keys_at(path: Sequence[str]) -> list[str]:
    """The keys that a section of the settings has."""
    model: type[BaseModel] = Environment
    for part in path:
        field = model.model_fields.get(part)
        if field is None:
            continue  # the name of an entry: its model came with the table
        candidates = (field.annotation, *get_args(field.annotation))
        inner = [one for one in candidates if isinstance(one, type) and issubclass(one, BaseModel)]
        if not inner:
            return []
        model = inner[-1]
    return list(model.model_fields)


def _line(given: Any, path: Sequence[str]) -> int | None:
    """The line of the innermost part of a path that the file has."""
    line: int | None = None
    for part in path:
        if not isinstance(given, Mapping) or part not in given:
            break
        line = given.lines.get(part) if isinstance(given, _OurPart) else line_of(given, part)
        given = cast("Mapping[str, Any]", given)[part]
    return line
