"""A small stand-in for Elasticsearch: it keeps what it is given, as far as the project's requests go, and records them.

There is no Elasticsearch on a plain machine. This server knows indices, aliases, documents with external versions, and copies;
what an analyzer or a query makes of them it does not.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import urlsplit

Document = tuple[int, dict[str, Any]]


class Search:
    """The state of the cluster, and what was asked of it."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, Any]] = []
        self.stored: dict[str, Any] = {}
        """What was PUT at a path."""
        self.indices: dict[str, dict[str, Document]] = {}
        """Documents with their versions, by id, of each index."""
        self.aliases: dict[str, dict[str, Any]] = {}
        """For each alias the indices that it stands for, with its properties there."""
        self.staged: list[int] = []
        """Statuses that the next requests get, whatever they ask."""
        self.copied = 0
        self.between: Any = None
        """Called once while a copy is under way."""

    def answer(self, method: str, url: str, body: Any) -> tuple[int, Any]:
        """The status and the body of an answer."""
        path = urlsplit(url).path
        self.requests.append((method, url, body))
        if self.staged:
            return self.staged.pop(0), {"error": {"reason": "staged"}}
        first = path.strip("/").split("/")[0]
        special = {"_alias": self._alias, "_aliases": self._change, "_reindex": self._copy, "_tasks": self._task}
        if first in special:
            return special[first](path, body)
        if first.startswith("_"):
            if method == "PUT":
                self.stored[path] = body
            return 200, self.stored.get(path, {})
        return self._index(method, path, body)

    def writes(self) -> list[tuple[str, str]]:
        """The requests that change something."""
        return [(method, path) for method, path, _ in self.requests if method != "GET"]

    def _index(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        name, _, action = path.strip("/").partition("/")
        if action == "_bulk":
            return self._bulk(name, body)
        if action == "_settings":
            self.stored[path] = body
            return 200, {}
        if method == "PUT":
            if name in self.indices:
                return 400, {"error": {"reason": f"index [{name}] already exists"}}
            self.indices[name] = {}
            return 200, {"index": name}
        return (200, {name: {}}) if name in self.indices else (404, {"error": {"reason": "no such index"}})

    def _alias(self, path: str, _: Any) -> tuple[int, Any]:
        alias = path.rsplit("/", 1)[-1]
        if not self.aliases.get(alias):
            return 404, {"error": f"alias [{alias}] missing", "status": 404}
        return 200, {index: {"aliases": {alias: body}} for index, body in self.aliases[alias].items()}

    def _change(self, _: str, body: Any) -> tuple[int, Any]:
        for action in body["actions"]:
            ((verb, about),) = action.items()
            known = self.aliases.setdefault(about["alias"], {})
            if verb == "add":
                known[about["index"]] = {k: v for k, v in about.items() if k not in ("index", "alias")}
            else:
                known.pop(about["index"], None)
        writers = [
            index for index, body in self.aliases.get("marketplace-strategies-write", {}).items() if body.get("is_write_index")
        ]
        if len(writers) > 1:
            return 400, {"error": {"reason": f"alias has more than one write index {writers}"}}
        return 200, {"acknowledged": True}

    def _copy(self, _: str, body: Any) -> tuple[int, Any]:
        source, target = self.indices[body["source"]["index"]], self.indices[body["dest"]["index"]]
        for key, document in list(source.items()):
            if key not in target or target[key][0] < document[0]:
                target[key] = document
        if self.between:
            happens, self.between = self.between, None
            happens()
        self.copied += 1
        return 200, {"task": f"node:{self.copied}"}

    def _task(self, path: str, _: Any) -> tuple[int, Any]:
        asked = sum(url == path for _, url, _ in self.requests)
        return 200, {"completed": asked > 1, "response": {"failures": []}}

    def _bulk(self, alias: str, body: Any) -> tuple[int, Any]:
        index = next((name for name, known in self.aliases.get(alias, {}).items() if known.get("is_write_index")), None)
        if index is None:
            return 404, {"error": {"reason": f"no such index [{alias}] and [require_alias] request flag is [true]"}}
        items: list[Any] = []
        lines = [json.loads(line) for line in body.splitlines()]
        for action, document in zip(lines[::2], lines[1::2], strict=True):
            known, version = action["index"]["_id"], action["index"]["version"]
            stale = known in self.indices[index] and self.indices[index][known][0] >= version
            if not stale:
                self.indices[index][known] = (version, document)
            error = {"error": {"reason": "version conflict"}} if stale else {}
            items.append({"index": {"_id": known, "status": 409 if stale else 201, **error}})
        return 200, {"errors": any("error" in item["index"] for item in items), "items": items}


class Answers(Protocol):
    """What answers requests."""

    def answer(self, method: str, url: str, body: Any) -> tuple[int, Any]: ...


@contextmanager
def serving(search: Answers) -> Generator[str]:
    """The address under which it answers."""

    class Handler(BaseHTTPRequestHandler):
        def _respond(self) -> None:
            data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = (data.decode() if "_bulk" in self.path else json.loads(data)) if data else None
            status, answer = search.answer(self.command, self.path, body)
            coded = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(coded)))
            self.end_headers()
            self.wfile.write(coded)

        do_GET = do_PUT = do_POST = do_DELETE = _respond  # noqa: N815 - as the base class calls them

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the base class calls it
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
