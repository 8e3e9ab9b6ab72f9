"""Writes what follows from the code, or with --check says what is out of date: `python -m tools.docs [--check]`.

settings/stack.schema.json         completion and checks in editors for Pulumi.<env>.yaml
Pulumi.yaml                        the declared configuration keys
docs/reference/configuration.md    every setting: default, value in each environment, unit, source
docs/reference/local-cloud.md      what the local cloud knows and refuses
docs/reference/policies.md         what the policy pack asserts
docs/reference/alerts.md           who is told of what
docs/reference/outputs.md          what the stack exports
docs/reference/cache.md            the key space of the cache
docs/reference/access.md           who may do what in production
docs/reference/cost.md             what an environment costs a month
docs/reference/review.md           a review of a change, as an example
docs/reference/time.md             how long an `up` takes
docs/reference/data-model.md       the tables of the main database
docs/pictures/data-*.svg           the same, drawn
docs/pictures/*.svg                what stands where, when it is made, and what it costs, for each environment
"""

from __future__ import annotations

import argparse
import functools
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast, get_args, get_origin

from pydantic import BaseModel

from database.cache.keys import KEYS
from localcloud.gcp.catalog import types
from localcloud.gcp.cloud import rules as cloud_rules
from localcloud.kubernetes.kinds import kinds
from localcloud.kubernetes.rules import BOOK as KUBERNETES
from localcloud.rulebook import Rule
from settings import NAMESPACE, Environment, load_stack_file
from settings.alerts import FRACTION, THRESHOLDS
from settings.load import FILE_KEYS

from . import policy_page
from .access_review.grants import COLUMNS, KINDS, grants
from .cost import page as cost_page
from .cost.bill import Bill, bill
from .cost.chart import chart
from .cost.table import table as prices
from .data_model import page as data_page
from .data_model.model import recorded as tables
from .data_model.model import subjects
from .data_model.picture import diagram
from .inventory import entries, recorded
from .picture import picture
from .recorder import ROOT, Recorder
from .review import example
from .time import page as time_page
from .time.gantt import gantt

GENERATED = "# What follows is written by `make docs` from settings/; change it there."
ENVIRONMENTS = ("dev", "staging", "prod")
ENTRY = "<name>"
LONGEST_CELL = 60
Rows = list[Sequence[str]]
RULE_COLUMNS = ("rule", "what it says", "on", "source", "no.")


def main() -> int:
    """Writes the documents, or compares them."""
    parser = argparse.ArgumentParser(prog="python -m tools.docs", description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where something is out of date")
    arguments = parser.parse_args()
    stale: list[str] = []
    for name, text in documents().items():
        path = ROOT / name
        if path.exists() and path.read_text() == text:
            continue
        stale.append(name)
        if not arguments.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    if arguments.check and stale:
        print(f"out of date: {', '.join(stale)}; run `make docs`", file=sys.stderr)
        return 1
    return 0


@functools.cache
def declared(environment: str) -> Recorder:
    """What the program registers for an environment."""
    return recorded(environment)


def documents() -> dict[str, str]:
    """Every generated document by its path."""
    return {
        "settings/stack.schema.json": json.dumps(stack_schema(), indent=2) + "\n",
        "Pulumi.yaml": project_file((ROOT / "Pulumi.yaml").read_text()),
        "docs/reference/configuration.md": configuration(),
        "docs/reference/local-cloud.md": local_cloud(),
        "docs/reference/policies.md": policies(),
        "docs/reference/alerts.md": alerts(),
        "docs/reference/outputs.md": outputs(),
        "docs/reference/cache.md": cache(),
        "docs/reference/access.md": access(),
        "docs/reference/cost.md": costs(),
        "docs/reference/review.md": _page("Reviews", *example.parts(declared("prod"))),
        "docs/reference/time.md": _page("Time", *(part if isinstance(part, str) else _table(*part) for part in times())),
        "docs/reference/data-model.md": data_model(),
        **{f"docs/pictures/data-{known.name}.svg": diagram(tables(), known.tables, known.title) for known in subjects(tables())},
        **{f"docs/pictures/{environment}.svg": drawn(environment) for environment in ENVIRONMENTS},
        **{f"docs/pictures/{env}-cost.svg": chart(billed(env), env) for env in ENVIRONMENTS},
        **{f"docs/pictures/{env}-time.svg": gantt(entries(declared(env)), env) for env in ENVIRONMENTS},
    }


# -- pictures


def drawn(environment: str) -> str:
    """What stands where in an environment."""
    regions = load_stack_file(ROOT / f"Pulumi.{environment}.yaml").regions
    return picture(
        entries(declared(environment)), [regions.primary, regions.secondary], f"What {environment} declares, and in which region"
    )


def times() -> Iterator[time_page.Part]:
    """The reference of durations."""
    return time_page.parts({environment: entries(declared(environment)) for environment in reversed(ENVIRONMENTS)})


def access() -> str:
    """Who may do what in production."""
    found = grants(entries(declared("prod")))
    parts: list[str] = [
        "Every grant that the program declares for prod: roles at Google, logins to the main database, roles on the clusters. "
        "`make access-review ENV=prod` prints the same, for a spreadsheet with `FORMAT=csv`; with `AGAINST=<revision>`, what was "
        "granted and what was taken away since. A condition is shown by what it names: a folder, an instance, the beginning of a "
        "name. Why each is as narrow as it is: [give access](../runbooks/give-access.md)."
    ]
    for kind in KINDS:
        rows: Rows = [(f"`{one.who}`", one.may, one.on, one.briefly) for one in found if one.kind == kind]
        if rows:
            parts += [f"## {kind.capitalize()}", _table(COLUMNS[1:], rows)]
    return _page("Access", *parts)


# -- settings


def stack_schema() -> dict[str, Any]:
    """The JSON schema of a stack's file. A file says only what differs, so hardly anything is required."""
    schema = Environment.model_json_schema()
    definitions: dict[str, Any] = schema.pop("$defs")
    for name, definition in definitions.items():
        if name != "Project":
            definition.pop("required", None)
    _allow_nulls(definitions)
    keys = {f"{NAMESPACE}:{key}": value for key, value in schema["properties"].items()}
    config: dict[str, Any] = {
        "type": "object",
        "properties": keys,
        "required": [f"{NAMESPACE}:environment", f"{NAMESPACE}:project"],
        "patternProperties": {f"^(?!{NAMESPACE}:)[a-z0-9-]+:": {}},
        "additionalProperties": False,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A stack of the Alphintra data platform: what differs from its profile",
        "type": "object",
        "properties": {key: config if key == "config" else {} for key in FILE_KEYS},
        "required": ["config"],
        "additionalProperties": False,
        "$defs": definitions,
    }


def project_file(text: str) -> str:
    """Pulumi.yaml with the configuration keys declared, each with type and description."""
    lines = [text.split(GENERATED, maxsplit=1)[0].rstrip(), GENERATED, "config:"]
    for name, field in Environment.model_fields.items():
        kind = field.annotation
        declared = "object" if isinstance(kind, type) and issubclass(kind, BaseModel) else "integer" if kind is int else "string"
        lines += [
            f"  {name}:",
            f"    type: {declared}",
            f"    description: {json.dumps(_line(field.description), ensure_ascii=False)}",
        ]
        if not field.is_required():
            lines.append("    default: {}" if declared == "object" else f"    default: {field.default}")
    return "\n".join(lines) + "\n"


def configuration() -> str:
    """The reference of every setting."""
    found = {env: load_stack_file(ROOT / f"Pulumi.{env}.yaml") for env in ENVIRONMENTS}
    rows: Rows = []
    for path, field in leaves(Environment):
        values = ["" if ENTRY in path else _shown(_at(found[env], path)) for env in ENVIRONMENTS]
        same = len(set(values)) == 1
        extra = cast("Mapping[str, Any]", field.json_schema_extra or {})
        unit = f" ({extra['unit']})" if "unit" in extra else ""
        source = str(extra.get("source", ""))
        linked = ", ".join(_linked(source))
        rows.append(
            [
                f"`{'.'.join(path)}`",
                f"{_line(field.description)}{unit}",
                *([values[0], "″", "″"] if same and values[0] else values),
                linked,
            ]
        )
    table = _table(["setting", "what it is", *ENVIRONMENTS, "source"], rows)
    return _page(
        "Configuration",
        "Every setting with its value in each environment. § is a section of the requirements. A setting `a.b` is the key `b` "
        f"under `{NAMESPACE}:a` in `Pulumi.<env>.yaml`, which says only what differs from the profile in "
        "`settings/profiles.py`, which says only what differs from the defaults. An entry of a table is taken away with `null`.",
        table,
    )


def leaves(model: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every setting with its path; `<name>` in a path stands for the name of a table's entry."""
    for name, field in model.model_fields.items():
        entry = get_args(field.annotation)[-1:] if get_origin(field.annotation) is dict else ()
        whole = [one for one in get_args(field.annotation) if isinstance(one, type) and issubclass(one, BaseModel)]
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from leaves(field.annotation, (*path, name))
        else:
            yield (*path, name), field
            for inner in entry:
                if isinstance(inner, type) and issubclass(inner, BaseModel):
                    yield from leaves(inner, (*path, name, ENTRY))
            for inner in () if entry else whole:  # a section that can be null
                yield from leaves(inner, (*path, name))


def _allow_nulls(definitions: Mapping[str, Any]) -> None:
    """Entries of tables can be taken away with null."""
    for definition in definitions.values():
        for known in definition.get("properties", {}).values():
            entries = known.get("additionalProperties")
            if isinstance(entries, dict):
                known["additionalProperties"] = {"anyOf": [entries, {"type": "null"}]}


# -- local cloud, policies, outputs


def local_cloud() -> str:
    """The reference of the local cloud."""
    life: Rows = [
        [
            f"`{type_.type}`",
            type_.api,
            ", ".join(f"{verb} {seconds:g}" for verb, seconds in type_.seconds.items()),
            type_.keep.reason if type_.keep else "",
        ]
        for type_ in types().values()
    ]
    return _page(
        "The local cloud",
        "What the stand-in knows and what it refuses. Shapes come from the provider's schema: required and unknown arguments, "
        "types, allowed values, conflicts, what forces a replacement. The rules are what only the real API says; the last column "
        "is the rule's number in the project's list of what mocks never catch.",
        "## Rules",
        _table(RULE_COLUMNS, _rules(cloud_rules.RULES.values())),
        "## Resource types",
        _table(["type", "API", "typical seconds", "what stays after a deletion"], life),
        "## Rules of Kubernetes",
        "What API servers, controllers and the scheduler say. Objects are validated against the schemas that the last table "
        "names; `ready` is asked once an object is made: what does not work stays, and the update ends with its reasons, as it "
        "does with the real provider. The last column is a trap's number in the project's list of what only real clusters show.",
        _table(RULE_COLUMNS, _rules(KUBERNETES.rules.values())),
        "## Kinds of Kubernetes",
        _table(["type", "schema", "made anew for", "refused to change", "typical seconds"], list(_kinds())),
    )


def _rules(rules: Iterable[Rule[Any]]) -> Rows:
    return [
        [f"`{rule.id}`", rule.says, ", ".join(rule.verbs), " ".join(_linked(rule.source)), ", ".join(map(str, rule.numbers))]
        for rule in rules
    ]


def _kinds() -> Iterator[Sequence[str]]:
    for kind in sorted(kinds().values(), key=lambda known: known.token):
        yield [
            f"`{kind.token}`",
            kind.source,
            ", ".join(f"`{path}`" for path in kind.replaces),
            ", ".join(f"`{fixed.path}`" + (f" where {fixed.when}" if fixed.when else "") for fixed in kind.fixed),
            ", ".join(f"{verb} {seconds:g}" for verb, seconds in kind.seconds.items()),
        ]


def policies() -> str:
    """The reference of the policy pack."""
    return _page("Policies", *(part if isinstance(part, str) else _table(*part) for part in policy_page.parts()))


@functools.cache
def billed(environment: str) -> Bill:
    """What an environment costs a month."""
    return bill(entries(declared(environment)), prices())


def costs() -> str:
    """The reference of costs."""
    bills = {environment: billed(environment) for environment in reversed(ENVIRONMENTS)}
    return _page("Costs", *(part if isinstance(part, str) else _table(*part) for part in cost_page.parts(bills, prices())))


def data_model() -> str:
    """The reference of the main database's tables."""
    found = data_page.parts(tables(), subjects(tables()))
    return _page("Data model", *(part if isinstance(part, str) else _table(*part) for part in found))


def alerts() -> str:
    """The reference of alerts, as production has them."""
    found = load_stack_file(ROOT / "Pulumi.prod.yaml").monitoring
    channels = {name: ", ".join(alert.channels) for name, alert in found.alerts.items()}
    channels |= {f"{name}-{speed}": ", ".join(r.channels) for name in found.objectives for speed, r in found.burn_rates.items()}
    rows: Rows = []
    for known in recorded("prod").registrations:
        if known.type == "gcp:monitoring/alertPolicy:AlertPolicy":
            name, page = known.inputs["userLabels"]["alert"], known.inputs["documentation"]["links"][0]["url"].rsplit("/", 1)[-1]
            alert = found.alerts.get(name)
            number = alert.threshold if alert else None
            unit = THRESHOLDS.get(name)
            threshold = "" if number is None else f"{number:.0%}" if unit == FRACTION else f"{number:g} {unit}"
            minutes = str(alert.minutes) if alert else ""
            runbook = f"[{page.removesuffix('.md')}](../runbooks/{page})"
            title, severity = known.inputs["displayName"], known.inputs["severity"]
            rows.append([f"`{name}`", title, threshold, minutes, severity, channels[name], runbook])
    return _page(
        "Alerts",
        "Who is told of what in `prod`. Minutes are how long it must hold, or be silent; for what is found in logs, the time "
        "between two notices. Every number is a setting: `monitoring.alerts.<name>`, and `monitoring.burn_rates` for those about "
        "error budgets.",
        _table(["alert", "says", "threshold", "minutes", "severity", "told", "runbook"], sorted(rows, key=lambda row: row[0])),
    )


def outputs() -> str:
    """The reference of the stack's outputs, as production has them."""
    exported = declared("prod").stack_outputs
    return _page(
        "Outputs",
        "What the stack exports, as `prod` would have it: references, never the values of secrets.",
        f"```json\n{json.dumps(dict(sorted(exported.items())), indent=2, sort_keys=True)}\n```",
    )


def cache() -> str:
    """The reference of the cache's keys."""
    rows: Rows = []
    for key in KEYS:
        held = key.contract
        life = "as its writer says" if held.ttl_seconds is None else f"{held.ttl_seconds:,} s"
        fresh = "" if held.fresh_seconds is None else f"{held.fresh_seconds:,} s"
        shape = f"{held.shape}, {held.longest} at most" if held.longest else str(held.shape)
        inside = ", ".join(f"{name}: {kind}" for name, kind in held.fields.items())
        rows.append(
            [f"`{held.pattern}`", _line(key.__doc__), shape, inside, life, fresh, held.store, held.evicted, held.hash_tag or "",
             ", ".join(held.writers), held.when_lost, held.source]
        )  # fmt: skip
    return _page(
        "Keys of the cache",
        "Every key that there is, from `database/cache/keys.py`. `<name>` is filled in; keys with the same text in braces, the "
        "hash tag, are in one slot. What is older than it is fresh is served only while the new value is fetched. `decimal` is a "
        "number as text, `time` is RFC 3339 in UTC.",
        _table(
            ["key", "what it is", "type", "fields", "lives", "fresh for", "store", "evicted", "hash tag", "written by",
             "when it is lost", "source"],
            rows,
        ),
    )  # fmt: skip


# -- Markdown


def _page(title: str, *parts: str) -> str:
    return "\n\n".join([f"# {title}", "<!-- Written by `make docs`; change the code instead. -->", *parts]) + "\n"


def _table(head: Sequence[str], rows: Rows) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in lines)


def _linked(source: str) -> Iterator[str]:
    for part in source.split(", "):
        yield f"[link]({part})" if part.startswith("https://") else part


def _line(text: str | None) -> str:
    return " ".join((text or "").split())


def _at(settings: BaseModel, path: Sequence[str]) -> Any:
    value: Any = settings
    for name in path:
        value = None if value is None else getattr(value, name)  # inside a section that is null there
    return value


def _shown(value: Any) -> str:
    if isinstance(value, BaseModel):
        return "(below)"
    plain: Any = list(cast("Mapping[str, Any]", value)) if isinstance(value, Mapping) else value
    text = ", ".join(str(item) for item in cast("Sequence[Any]", plain)) if isinstance(plain, list | tuple) else str(plain)
    return f"`{text}`" if text and len(text) <= LONGEST_CELL else f"{text}" if text else "(empty)"


if __name__ == "__main__":
    sys.exit(main())
