"""The documentation as a site: it is whole, its links lead somewhere, and it asks nobody else for anything."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import yaml

from tools.recorder import ROOT
from tools.site.hooks import OUTSIDE, linked, outside, place, with_lists

DOCS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md"))
PAGES = [*OUTSIDE, *DOCS]
FOREIGN = re.compile(r"(?:[a-z]+:)?//")
VOID = {"meta", "link", "img", "input", "br", "hr", "path", "col"}


@dataclass
class Parsed(HTMLParser):
    """What a page of the site has."""

    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    of_navigation: set[str] = field(default_factory=set)
    text: list[str] = field(default_factory=list)
    """What is read in the article outside of code."""
    headings: list[str] = field(default_factory=list)
    steps: int = 0
    """Entries of numbered lists."""
    _open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        self.tags.append((tag, known))
        self.steps += tag == "li" and self._open[-1] == "ol"
        if tag not in VOID:
            self._open.append(tag)
        if tag == "a" and "nav" in self._open and "href" in known:
            self.of_navigation.add(known["href"])
        if tag in ("h1", "h2") and "article" in self._open:
            self.headings.append("")

    def handle_endtag(self, tag: str) -> None:
        while tag in self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "article" in self._open and not {"code", "pre", "style", "script"} & set(self._open):
            self.text.append(data)
        if {"h1", "h2"} & set(self._open) and "article" in self._open and data != "¶":
            self.headings[-1] += data

    def addresses(self, *, of: str | None = None) -> Iterator[tuple[str, str]]:
        for tag, known in self.tags:
            for name in ("href", "src"):
                if name in known and (of is None or tag == of):
                    yield tag, known[name]


def build(root: Path, into: Path) -> subprocess.CompletedProcess[str]:
    """The site, as `make site` builds it, without a proxy that leads anywhere."""
    command = [sys.executable, "-m", "mkdocs", "build", "--site-dir", str(into)]
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    env = {**os.environ, **nowhere, "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    into = tmp_path_factory.mktemp("site")
    done = build(ROOT, into)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return into


@cache
def parsed(file: Path) -> Parsed:
    page = Parsed()
    page.feed(file.read_text())
    return page


def html_of(name: str, site: Path) -> Path:
    """The page of the site that is made from a page of the repository."""
    path = Path(place(name))
    return site / (path.parent if path.stem in ("README", "index") else path.with_suffix("")) / "index.html"


def target(address: str, of: Path, site: Path) -> Path:
    path = unquote(urlsplit(address).path)
    found = (site / path.lstrip("/") if path.startswith("/") else of.parent / path) if path else of
    return (found / "index.html" if found.is_dir() else found).resolve()


def test_every_page_is_in_the_navigation(site: Path) -> None:
    home = site / "index.html"
    reached = {target(address, home, site) for address in parsed(home).of_navigation if not FOREIGN.match(address)}
    assert [name for name in PAGES if html_of(name, site).resolve() not in reached] == []


def test_the_home_page_is_the_readme(site: Path) -> None:
    headings = re.findall(r"^##? (.+)$", re.sub(r"^```.*?^```", "", (ROOT / "README.md").read_text(), flags=re.M | re.S), re.M)
    assert parsed(site / "index.html").headings == headings
    assert ("img", "pictures/prod.svg") in parsed(site / "index.html").addresses(of="img")


def test_every_picture_is_shown_or_led_to(site: Path) -> None:
    led = {target(address, file, site) for file in site.rglob("*.html") for _, address in parsed(file).addresses()}
    pictures = [site / path.relative_to(ROOT / "docs") for path in (ROOT / "docs" / "pictures").glob("*")]
    assert pictures
    assert [path.name for path in pictures if path.resolve() not in led] == []


def test_links_lead_to_pages_and_places_that_are_there(site: Path) -> None:
    for file in site.rglob("*.html"):
        for _, address in parsed(file).addresses():
            if FOREIGN.match(address) or address.startswith(("mailto:", "data:")):
                continue
            found = target(address, file, site)
            assert found.is_file(), f"{file.relative_to(site)}: {address}"
            place = unquote(urlsplit(address).fragment)
            if place and found.suffix == ".html":
                assert place in {known.get("id") for _, known in parsed(found).tags}, f"{file.relative_to(site)}: {address}"


def test_no_page_asks_a_foreign_host(site: Path) -> None:
    files = list(site.rglob("*.html"))
    assert len(files) > len(PAGES)
    for file in files:
        page = parsed(file)
        assert [address for tag, address in page.addresses() if tag != "a" and FOREIGN.match(address)] == [], file
        policies = [known["content"] for _, known in page.tags if known.get("http-equiv") == "Content-Security-Policy"]
        assert len(policies) == 1
        assert policies[0].startswith("default-src 'self'; ")
        assert not FOREIGN.search(policies[0])
        assert not re.search(r'class="[^"]*mermaid', file.read_text()), "the theme would fetch Mermaid from a foreign host"
    for file in [*site.rglob("*.css"), *site.rglob("*.svg")]:
        assert not re.search(r"url\(['\"]?(?:https?:)?//|@import|\b(?:xlink:)?href=", file.read_text()), file


def test_search_knows_every_page(site: Path) -> None:
    index: dict[str, Any] = json.loads((site / "search" / "search_index.json").read_text())
    locations = {known["location"] for known in index["docs"]}
    for name in PAGES:
        where = html_of(name, site).parent.relative_to(site).as_posix()
        assert ("" if where == "." else f"{where}/") in locations, name
    (found,) = [known for known in index["docs"] if known["location"] == "runbooks/failover-main-database/"]
    assert "the primary region is lost" in found["text"]


def test_pages_are_read_as_at_github(site: Path) -> None:
    """What Python's Markdown reads in another way, and leaves as it stands."""
    for file in site.rglob("*.html"):
        left = re.findall(r"^ *(?:[-|] .*|.*(?:```|\*\*|\]\(|\[!).*)$", "".join(parsed(file).text), re.MULTILINE)
        assert left == [], file
    for name in PAGES:
        lists = [tag for tag, known in parsed(html_of(name, site)).tags if tag == "ol" and "class" not in known]
        source = (ROOT / name).read_text()
        assert len(lists) == len(re.findall(r"^1\. ", source, re.MULTILINE)), f"{name}: a list falls apart"
        assert parsed(html_of(name, site)).steps == len(re.findall(r"^\d+\. ", source, re.MULTILINE)), f"{name}: an entry is none"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A small repository with the site's own configuration."""
    for name in ("mkdocs.yml", "tools/site", *OUTSIDE):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(ROOT / name, tmp_path / name)
    for name in DOCS:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("# A page\n")
    for name in OUTSIDE:
        (tmp_path / name).write_text("# A page\n")
    return tmp_path


def test_what_leads_nowhere_or_is_not_led_to_fails(copy: Path) -> None:
    (copy / "docs" / "CURSED.md").write_text("# A page\n\n[a](nowhere.md) [b](deploying.md#nowhere) [c](../tools/nowhere.py)\n")
    (copy / "docs" / "forgotten.md").write_text("# A page\n")
    (copy / "README.md").write_text("# A page\n\n[d](docs/nowhere.md)\n")
    done = build(copy, copy / "site")
    assert done.returncode != 0
    for said in ("nowhere.md", "deploying.md#nowhere", "../tools/nowhere.py", "forgotten.md", "docs/nowhere.md"):
        assert said in done.stderr, said
    assert "Traceback" not in done.stderr


def test_links_lead_to_the_same_file_on_the_site(copy: Path) -> None:
    (copy / "tools" / "x.toml").write_text("a = 1\n")
    text = "[a](docs/CURSED.md#x) [b](database/README.md) [c](tools/x.toml) [d](docs/runbooks/) [e](docs/adr/) [f](https://x) [g](gone.md)"
    assert linked(text, "README.md", copy) == (
        "[a](CURSED.md#x) [b](database/README.md) [c](tools/x.toml.md) [d](runbooks/README.md) [e](adr/README.md) [f](https://x) [g](gone.md)"
    )
    assert (
        linked("[a](../../README.md) [b](../../tools/x.toml)", "docs/adr/README.md", copy)
        == "[a](../index.md) [b](../tools/x.toml.md)"
    )
    code = "`[a](docs/CURSED.md)`\n\n```md\n[a](docs/CURSED.md)\n```\n"
    assert linked(code, "README.md", copy) == code


def test_a_file_that_is_linked_and_no_page_gets_one(copy: Path) -> None:
    (copy / "tools" / "x.toml").write_text("a = 1\n")
    (copy / "tools" / "y.toml").write_text("a = 1\n")
    (copy / "README.md").write_text("[c](tools/x.toml) [d](docs/runbooks/)\n")
    made = outside(copy)
    assert made["index.md"] == "[c](tools/x.toml) [d](docs/runbooks/)\n"
    assert made["tools/x.toml.md"] == "# tools/x.toml\n\n````toml\na = 1\n````\n"
    assert made["runbooks/README.md"].startswith("# Runbooks\n\n- [A page](alert-channels.md)\n")
    assert made.keys() == {*map(place, OUTSIDE), "tools/x.toml.md", "runbooks/README.md"}


def test_entries_of_lists_keep_what_belongs_to_them() -> None:
    assert with_lists("1. a\n\n   ```sh\n   b\n   ```\n") == "1. a\n\n    ```sh\n    b\n    ```\n"
    assert with_lists("1. a\n\n   b\n2. c\n") == "1. a\n\n    b\n\n2. c\n"
    assert with_lists("```py\nif a:\n    b\n```\n") == "```py\nif a:\n    b\n```\n"


def test_ci_builds_it_and_keeps_it() -> None:
    jobs: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())["jobs"]
    steps = jobs["site"]["steps"]
    assert "make site" in [step.get("run") for step in steps]
    (kept,) = [step["with"] for step in steps if "upload-artifact" in step.get("uses", "")]
    config = re.search(r"^site_dir: (.+)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
    assert config
    assert kept["path"] == config[1]
