"""Carries the schemas of Kubernetes objects over into the local cloud: `python -m tools.kubernetes_schemas [NAME…]`.

`localcloud/kubernetes/schemas/sources.toml` says which kinds come from where. Go modules are fetched through Go's module
proxy; a source that is a Git repository needs a clone: `--clone managed-prometheus=/path/to/clone`. Each source becomes
a file beside it, which names the source and its version. Descriptions are left out, and so are statuses, which no
program declares, and rules in CEL, which the local cloud does not evaluate.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from localcloud.kubernetes.manifests import documents
from localcloud.values import is_list, is_object

SCHEMAS = Path(__file__).resolve().parents[1] / "localcloud" / "kubernetes" / "schemas"
REFERENCE = "#/components/schemas/"
KEPT = frozenset(
    {
        *("$ref", "type", "format", "enum", "pattern", "required", "nullable"),
        *("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"),
        *("x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields"),
    }
)
ANYTHING = {"x-kubernetes-preserve-unknown-fields": True}
SPECIAL: Mapping[str, Mapping[str, Any]] = {
    "Quantity": {"format": "quantity"},
    "IntOrString": {"x-kubernetes-int-or-string": True},
    "FieldsV1": ANYTHING,
    "RawExtension": ANYTHING,
}
Schema = Mapping[str, Any]


def main() -> int:
    """Writes the schemas of the named sources, or of all."""
    parser = argparse.ArgumentParser(prog="python -m tools.kubernetes_schemas", description=(__doc__ or "").partition(":")[0])
    parser.add_argument("names", nargs="*", help="sources to renew; without any, all of them")
    parser.add_argument("--clone", action="append", default=[], metavar="NAME=FOLDER", help="a clone of a source's repository")
    arguments = parser.parse_args()
    clones: dict[str, str] = dict(entry.split("=", 1) for entry in arguments.clone)
    sources: Mapping[str, Any] = tomllib.loads((SCHEMAS / "sources.toml").read_text())
    for name in arguments.names or sources:
        source = sources[name]
        if "module" not in source and name not in clones:
            print(f"{name}: give a clone of {source['repository']} with --clone {name}=FOLDER", file=sys.stderr)
            return 1
        read = Reader(source, clones.get(name))
        found = openapi(source, read) if "openapi" in source else crds(source, read)
        (SCHEMAS / f"{name}.json").write_text(text({**origin(source), **found}))
    return 0


class Reader:
    """Reads the files of a source."""

    def __init__(self, source: Schema, clone: str | None) -> None:
        self._commit = source.get("commit")
        self._folder = clone or str(module(source)["Dir"])

    def __call__(self, path: str) -> str:
        """The text of a file."""
        if self._commit:
            command = ["git", "-C", self._folder, "show", f"{self._commit}:{path}"]
            return subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return (Path(self._folder) / path).read_text()

    def names(self, folder: str) -> list[str]:
        """The files of a folder."""
        return sorted(f"{folder}/{path.name}" for path in (Path(self._folder) / folder).iterdir())


def module(source: Schema) -> Any:
    """What Go says of a module, after it was fetched."""
    command = ["go", "mod", "download", "-json", f"{source['module']}@{source['version']}"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def origin(source: Schema) -> Schema:
    """Where a file of schemas comes from, as it says itself."""
    where = source.get("module") or source["repository"]
    provided = {"provided_by": source["provided_by"]} if "provided_by" in source else {}
    return {"source": f"{where}@{source.get('version') or source['commit']}", **provided}


# -- Kubernetes' own kinds


def openapi(source: Schema, read: Reader) -> Schema:
    """The wanted kinds with all that they are made of."""
    kinds: dict[str, Any] = {}
    raw: dict[str, Schema] = {}
    for path in read.names(source["openapi"]):
        document = json.loads(read(path))
        schemas: Schema = document.get("components", {}).get("schemas", {})
        for url, methods in document["paths"].items():
            gvk = methods.get("post", {}).get("x-kubernetes-group-version-kind", {})
            kind = "/".join(part for part in (gvk.get("group"), gvk.get("version"), gvk.get("kind")) if part)
            plural = url.rstrip("/").rsplit("/", 1)[-1]
            if kind in source["kinds"] and "}" not in plural and (kind not in kinds or "{namespace}" in url):
                kinds[kind] = {"plural": plural, "namespaced": "{namespace}" in url, "definition": named(gvk, schemas)}
                raw |= schemas
    if missing := sorted(set(source["kinds"]) - kinds.keys()):
        raise SystemExit(f"not in {source['module']}: {', '.join(missing)}")
    definitions: dict[str, Schema] = {}
    for kind in kinds.values():
        collect(kind["definition"], raw, source, definitions)
        kind["definition"] = short(kind["definition"])
        definitions[kind["definition"]]["properties"].pop("status", None)
    return {"kinds": kinds, "definitions": reachable(kinds, definitions)}


def named(gvk: Schema, schemas: Schema) -> str:
    """The definition of a kind."""
    return next(name for name, schema in schemas.items() if gvk in schema.get("x-kubernetes-group-version-kind", []))


def collect(name: str, raw: Schema, source: Schema, found: dict[str, Schema]) -> None:
    """Adds a definition and all that it refers to."""
    key, last = short(name), name.rsplit(".", 1)[-1]
    if key in found:
        return
    found[key] = SPECIAL.get(last) or (ANYTHING if last in source["opaque"] else {})
    if found[key]:
        return
    found[key] = {**stripped(raw[name])}
    for path, values in source["enums"].items():
        definition, field = path.split(".")
        if definition == last:
            place = found[key]["properties"][field]
            place.get("items", place)["enum"] = values
    for reference in references(raw[name]):
        collect(reference, raw, source, found)


def references(schema: Any) -> Iterator[str]:
    """The full names of the definitions that a schema refers to."""
    if is_object(schema):
        if "$ref" in schema:
            yield str(schema["$ref"]).removeprefix(REFERENCE)
        for value in schema.values():
            yield from references(value)
    elif is_list(schema):
        for value in schema:
            yield from references(value)


def reachable(kinds: Schema, definitions: Schema) -> Schema:
    """The definitions that the kinds need without their statuses."""
    needed: set[str] = set()
    waiting = [str(kind["definition"]) for kind in kinds.values()]
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting += list(references(definitions[name]))
    return {name: definitions[name] for name in sorted(needed)}


def short(name: str) -> str:
    """`apps.v1.StatefulSet` of `io.k8s.api.apps.v1.StatefulSet`."""
    return name.removeprefix(REFERENCE).removeprefix("io.k8s.").removeprefix("api.").removeprefix("apimachinery.pkg.")


# -- custom resources


def crds(source: Schema, read: Reader) -> Schema:
    """The stored versions of the wanted custom resources."""
    kinds: dict[str, Any] = {}
    for path in source["crds"]:
        for crd in documents(read(path)):
            spec: Schema = crd["spec"]
            if spec["names"]["kind"] not in source["kinds"]:
                continue
            version = next(version for version in spec["versions"] if version["storage"])
            schema: Any = stripped(version["schema"]["openAPIV3Schema"])
            schema["properties"].pop("status", None)
            _keep_only(schema, spec["names"]["kind"], source.get("keep", {}))
            kinds[f"{spec['group']}/{version['name']}/{spec['names']['kind']}"] = {
                "plural": spec["names"]["plural"],
                "namespaced": spec["scope"] == "Namespaced",
                "schema": schema,
            }
    return {"kinds": kinds}


def _keep_only(schema: Any, kind: str, keep: Schema) -> None:
    for path, names in keep.items():
        first, *rest = path.split(".")
        if first == kind:
            place = schema
            for name in rest:
                place = place["properties"][name]
            place["properties"] = {name: value for name, value in place["properties"].items() if name in names}


# -- both


def stripped(schema: Any) -> dict[str, Any]:
    """A schema with what the local cloud looks at, and nothing else."""
    if "allOf" in schema and len(schema["allOf"]) == 1 and "properties" not in schema:
        schema = {**schema, **schema["allOf"][0]}  # how Kubernetes adds a description to a reference
    kept = {key: value for key, value in schema.items() if key in KEPT}
    if "$ref" in kept:
        return {"$ref": short(kept["$ref"])}
    for key in ("items", "additionalProperties"):
        if is_object(schema.get(key)):
            kept[key] = stripped(schema[key])
    if "properties" in schema:
        kept["properties"] = {name: stripped(value) for name, value in schema["properties"].items()}
    return kept


def text(document: Schema) -> str:
    """JSON with a line for each kind and each definition, so that a new version is read as a difference of lines."""
    lines: list[str] = []
    for key, value in document.items():
        if is_object(value):
            inner = ",\n".join(
                f"  {json.dumps(name)}: {json.dumps(item, sort_keys=True)}" for name, item in sorted(value.items())
            )
            lines.append(f" {json.dumps(key)}: {{\n{inner}\n }}")
        else:
            lines.append(f" {json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    sys.exit(main())
