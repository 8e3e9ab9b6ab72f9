"""The life of resources: create, read, update and delete, each in one transaction, under the rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .. import faults
from ..errors import TimedOut
from ..outages import lost_region
from ..store import Kept, Row, Store
from ..values import Props, at, every, merge
from . import rules
from .catalog import ResourceType, types, with_place
from .data_sources import DataSource
from .naming import is_made_once, made_up, render, render_tree
from .rules import (
    analytics,
    certificates,
    cloud_sql,
    clusters,
    common,
    dashboards,
    governance,
    iam,
    iam_policy,
    kms,
    load_balancing,
    memorystore,
    monitoring,
    network,
    nodes,
    notifications,
    optional_stores,
    organization,
    pubsub,
    redis,
    scheduler,
    secrets,
    service_connection,
    service_levels,
    storage,
)
from .view import Request, Verb, View

RULE_MODULES = (
    *(common, iam, iam_policy, network, kms, secrets, cloud_sql, storage),
    *(analytics, service_connection, memorystore, redis, scheduler, optional_stores, governance, clusters, nodes),
    *(organization, pubsub, notifications, load_balancing, certificates),
    *(monitoring, service_levels, dashboards),
)
"""Importing them registers their rules."""
DEFAULT_TIMEOUT = 1200.0
"""The provider's patience, in seconds, where the program says nothing."""


@dataclass(frozen=True)
class Place:
    """The provider's own settings: where things go whose inputs do not say it."""

    project: str
    region: str


class Cloud:
    """Google Cloud, as far as the store holds it."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def create(self, type_: ResourceType, urn: str, inputs: Props, place: Place, timeout: float = 0) -> Row:
        """Creates a resource.

        Raises:
            Refusal: Google refuses it; nothing was changed.
            LostAnswer, TimedOut: a staged fault; the resource exists.
        """
        staged = faults.stage(self.store, "create", type_.type)
        staged.before()
        with self.store.transaction():
            new = self._complete(type_, inputs, self._place_of_new(type_, inputs, place))
            request = self._request("create", type_, new, {})
            rules.check(request)
            row = self.store.get(request.name) if type_.idempotent else None
            if row is None:
                row = self._new_row(request, urn, inputs)
                if type_.makes_agent:
                    request.cloud.note_agent(type_.makes_agent, request.project)
            row = self._carry_out(request, replace(row, config=self._stored(type_, inputs)), staged, timeout)
        self._answer(staged, request, timeout)
        return row

    def read(self, type_: ResourceType, id_: str, project: str) -> Row | None:
        """The resource as it is now, or None.

        Raises:
            Refusal: its region is lost.
        """
        with self.store.transaction():
            if type_.newest and id_.endswith("/latest"):
                series = [row for row in self.store.all(type_.type) if row.id.startswith(id_.removesuffix("latest"))]
                return series[-1] if series else None
            row = self._found(type_, project, id_)
            if row and (region := lost_region(self.store, row.properties)):
                raise common.Refusal(503, f"The service is currently unavailable in region {region}.", "backendError")
            return row

    def update(self, type_: ResourceType, id_: str, inputs: Props, place: Place, timeout: float = 0) -> Row:
        """Changes a resource in place.

        Raises:
            Refusal: Google refuses it, or there is no such resource; nothing was changed.
            LostAnswer, TimedOut: a staged fault; the change was made.
        """
        staged = faults.stage(self.store, "update", type_.type)
        staged.before()
        with self.store.transaction():
            row = self._found(type_, str(with_place(type_, inputs, place.project, place.region)["project"]), id_)
            if row is None:
                raise common.Refusal(404, f"The resource '{id_}' was not found", "notFound")
            place = replace(place, project=row.project)
            new = self._complete(type_, inputs, place)
            old = self._complete(type_, row.config, place)
            request = replace(self._request("update", type_, new, old), path=row.name.split("/", 3)[-1])
            rules.check(request)
            computed = self._outputs(request, row.computed)
            changed = replace(row, config=self._stored(type_, inputs), computed=computed)
            row = self._carry_out(request, changed, staged, timeout)
        self._answer(staged, request, timeout)
        return row

    def delete(self, type_: ResourceType, id_: str, place: Place, deletion_policy: str, timeout: float = 0) -> None:
        """Deletes a resource; one that is gone already is no error.

        Raises:
            Refusal: Google refuses it; nothing was changed.
            LostAnswer, TimedOut: a staged fault; the resource is gone.
        """
        staged = faults.stage(self.store, "delete", type_.type)
        staged.before()
        with self.store.transaction():
            row = self._found(type_, place.project, id_)
            if row is None:
                return
            old = {**self._complete(type_, row.config, replace(place, project=row.project)), "deletionPolicy": deletion_policy}
            request = replace(self._request("delete", type_, {}, old), path=row.name.split("/", 3)[-1])
            rules.check(request)
            self.store.advance(type_.seconds.get("delete", 0))
            self.store.record("delete", type_.type, row.name, row.urn)
            if deletion_policy != "ABANDON":
                self._keep_name(type_, row)
                self.store.remove(row.name)
        self._answer(staged, request, timeout)

    def look_up(self, source: DataSource, arguments: Props, project: str) -> Props:
        """Answers a data source; an agent that it asks for exists from then on.

        Raises:
            Refusal: what it asks about does not exist.
        """
        with self.store.transaction():
            needed = source.needed(arguments, project)
            if needed and View(self.store).named(*needed) is None:
                raise common.Refusal(404, f"{types()[needed[0]].kind} [{needed[1]}] not found.", "notFound")
            if source.agent:
                View(self.store).note_agent(source.agent, project)
            return source.answer(arguments, project)

    def digest(self, value: object) -> str:
        """What the store holds in place of a secret."""
        with self.store.transaction():
            return self.store.digest(value)

    # -- inside

    def _found(self, type_: ResourceType, project: str, id_: str) -> Row | None:
        return self.store.by_id(type_.type, None if type_.is_global else project, id_)

    def _place_of_new(self, type_: ResourceType, inputs: Props, place: Place) -> Place:
        """Where something new goes: beside what it refers to by a name that is global, such as a grant on a bucket."""
        if not type_.is_global or "project" in type_.shape.properties:
            return place
        view = View(self.store)
        named = [(reference, str(value)) for reference in type_.references for value in every(inputs, reference.path)]
        rows = [view.target(reference, value, {"project": place.project, **inputs})[1] for reference, value in named]
        return replace(place, project=next((row.project for row in rows if row), place.project))

    def _complete(self, type_: ResourceType, inputs: Mapping[str, Any], place: Place) -> Props:
        return type_.shape.with_defaults(with_place(type_, inputs, place.project, place.region))

    def _request(self, verb: Verb, type_: ResourceType, new: Props, old: Props) -> Request:
        properties = new or old
        if type_.sequence and verb == "create":
            counter = str(render(type_.sequence, properties))
            properties["sequence"] = self.store.next(f"sequence:{counter}")
        path = type_.path(properties) if not (type_.sequence and verb != "create") else ""
        project = str(properties["project"])
        return Request(verb=verb, type=type_, path=path, project=project, new=new, old=old, cloud=View(self.store))

    def _new_row(self, request: Request, urn: str, inputs: Props) -> Row:
        computed = self._outputs(request, {})
        properties = {**request.new, "self": request.path}
        now = self.store.now()
        return Row(
            name=request.name,
            type=request.type.type,
            project=request.project,
            id=str(render(request.type.id, properties)),
            urn=urn,
            config=inputs,
            computed=computed,
            created_at=now,
            visible_at=now,
            busy_until=0,
        )

    def _outputs(self, request: Request, old: Mapping[str, Any]) -> Props:
        """What the cloud adds; values that are made once are kept when a resource is updated."""
        type_, now = request.type, self.store.now()

        def make(name: str) -> str:
            return made_up(name, now)

        properties = {**request.new, "self": request.path}
        outputs = merge(
            type_.server_defaults,
            {key: properties[key] for key in ("project", "region") if key in type_.shape.properties},
        )
        for key, template in type_.outputs.items():
            kept = old.get(key) if is_made_once(template) else None
            filled = render_tree(template, properties, make) if kept is None else kept
            if filled is not None:
                outputs[key] = filled
        if old:
            return merge(old, outputs)
        for function in rules.COMPUTED.get(type_.type, ()):
            outputs = merge(outputs, function(request))
        return outputs

    def _carry_out(self, request: Request, row: Row, staged: faults.Staged, timeout: float) -> Row:
        duration = float(request.type.seconds.get(request.verb, 0))
        started = self.store.now()
        self.store.advance(duration)
        visible = self.store.now() + request.type.propagation + staged.invisible_seconds
        busy = started + duration + (timeout or DEFAULT_TIMEOUT) + 600 if staged.hangs else 0.0
        row = replace(row, visible_at=visible if request.verb == "create" else row.visible_at, busy_until=busy)
        links: dict[tuple[str, str], str] = {}
        for reference in request.type.references:
            for value in request.every(reference.path):
                name, _ = request.target(reference, value)
                links[reference.path, name] = reference.on_delete
        self.store.put(row, links)
        if request.type.agent:
            View(self.store).note_agent(request.type.agent, request.project)
        self.store.release(row.name)
        self.store.record(request.verb, request.type.type, row.name, row.urn)
        return row

    def _answer(self, staged: faults.Staged, request: Request, timeout: float) -> None:
        staged.after()
        if staged.hangs:
            limit = timeout or DEFAULT_TIMEOUT
            with self.store.transaction():
                self.store.advance(limit)
            raise TimedOut(
                f"Error waiting to {request.verb} {request.type.kind}: timeout while waiting for state to become 'DONE' "
                f"(last state: 'RUNNING', timeout: {limit:.0f}s)"
            )

    def _stored(self, type_: ResourceType, inputs: Props) -> Props:
        """The inputs as they are kept: secrets as digests."""
        return type_.shape.map_secrets(inputs, lambda _, value, __: self.store.digest(value))

    def _keep_name(self, type_: ResourceType, row: Row) -> None:
        keep = type_.keep
        if keep is None or (keep.unless and at(row.config, keep.unless) is True):
            return
        until = None if keep.days is None else self.store.now() + keep.days * 86400
        self.store.keep(Kept(row.name, row.type, until, keep.reason))
