"""What MkDocs does not know of this repository: pages outside docs/, folders in the navigation, and links as GitHub reads them.

A link of a page leads to a file of the repository. On the site it leads to that file's page: of docs/, of the pages outside it,
or, for any other file that a page links to, to a page that shows it. So no link leaves the site for the code.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias, cast

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

HOME = "README.md"
OUTSIDE = (HOME, "CONTRIBUTING.md", "SECURITY.md", "database/README.md")
"""Pages that are not in docs/, by their paths in the repository."""
DOCS = "docs/"
LINK = re.compile(r"^ *```.*?^ *```|`[^`\n]*`|(?P<open>\]\()(?P<path>(?![a-z]+:)[^)#\s]+)", re.MULTILINE | re.DOTALL)
"""A link to a file; or code, in which nothing is one."""
IN_A_LIST = re.compile(r"^```.*?^```$|^(?P<indent> {3})", re.MULTILINE | re.DOTALL)
"""What belongs to an entry of a numbered list, by GitHub's three spaces; or code that belongs to none."""
INDEX = "README.md"
"""The page of a folder."""
NEXT_IN_A_LIST = re.compile(r"^( {4}\S.*\n)(?=\d+\. )", re.MULTILINE)
"""The last line of an entry that another one follows at once."""
LANGUAGES = {".toml": "toml", ".yaml": "yaml", ".yml": "yaml", ".py": "python", ".sql": "sql"}
Entry: TypeAlias = "str | dict[str, str | list[Entry]]"
Nav: TypeAlias = "list[Entry]"
"""Pages, and titles with a page or with what is below them."""
TITLE = re.compile(r"^# +(.+)$", re.MULTILINE)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Folders of the navigation become their pages."""
    config.nav = _expanded(cast("Nav", config.nav), Path(config.docs_dir))
    return config


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Pages come to docs/ that are made of what is outside it."""
    root = Path(config.docs_dir).parent
    for name, text in outside(root).items():
        level = InclusionLevel.UNDEFINED if name in map(place, OUTSIDE) else InclusionLevel.NOT_IN_NAV
        files.append(File.generated(config, name, content=text, inclusion=level))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, **_: Any) -> str:
    """Links lead to pages of the site; lists and what is folded away read as at GitHub."""
    if "\n## " not in markdown:  # a page that is one table has nothing for the column of its contents
        page.meta["hide"] = ["toc"]
    text = with_lists(markdown).replace("<details>", '<details markdown="1">')
    return linked(text, _name(page.file.src_uri), Path(config.docs_dir).parent)


# -- inside


def outside(root: Path) -> dict[str, str]:
    """Pages of the site that are no files of docs/, with their texts: by their places on the site."""
    pages = {path.relative_to(root).as_posix(): path.read_text() for path in sorted((root / DOCS).rglob("*.md"))}
    pages |= {name: (root / name).read_text() for name in OUTSIDE}
    targets = {target for name, text in pages.items() for target in _targets(text, name, root)}
    made = {place(name): pages[name] for name in OUTSIDE}
    return made | {place(name): _shown(root / name, name) for name in sorted(targets - pages.keys()) if _wants_a_page(name)}


def place(name: str) -> str:
    """Where on the site a file or folder of the repository is."""
    if name == HOME:
        return "index.md"
    on_site = name.removeprefix(DOCS)
    if on_site.endswith("/"):
        return f"{on_site}{INDEX}"
    return on_site if on_site.endswith(".md") or name.startswith(DOCS) else f"{on_site}.md"


def linked(text: str, name: str, root: Path) -> str:
    """The text of a page of the repository with its links as the site has them."""

    def of_site(found: re.Match[str]) -> str:
        target = _target(found, name, root)
        if target is None:
            return found[0]
        return found["open"] + posixpath.relpath(place(target), posixpath.dirname(place(name)) or ".")

    return LINK.sub(of_site, text)


def with_lists(markdown: str) -> str:
    """Numbered lists as Python's Markdown wants them."""
    wider = IN_A_LIST.sub(lambda found: f"{found[0]} " if found["indent"] else found[0], markdown)
    return NEXT_IN_A_LIST.sub(r"\1\n", wider)


def _name(on_site: str) -> str:
    """The path in the repository of what a page is made from; the opposite of `place`."""
    return {place(name): name for name in OUTSIDE}.get(on_site, DOCS + on_site)


def _targets(text: str, name: str, root: Path) -> Iterator[str]:
    for found in LINK.finditer(text):
        target = _target(found, name, root)
        if target is not None:
            yield target


def _target(found: re.Match[str], name: str, root: Path) -> str | None:
    """What a link leads to, from the repository's root; one that leads nowhere is left to MkDocs to refuse."""
    if found["path"] is None:
        return None
    target = posixpath.normpath(posixpath.join(posixpath.dirname(name), found["path"]))
    if (root / target).is_dir():
        return f"{target}/{INDEX}" if (root / target / INDEX).exists() else f"{target}/"
    return target if not target.startswith("..") and (root / target).exists() else None


def _wants_a_page(name: str) -> bool:
    return name.endswith("/") or not name.startswith(DOCS)


def _shown(path: Path, name: str) -> str:
    """A page that shows a file, or lists a folder's pages."""
    if path.is_dir():
        lines = [f"- [{_title(page)}]({page.name})" for page in sorted(path.glob("*.md"))]
        return f"# {path.name.capitalize()}\n\n" + "\n".join(lines) + "\n"
    return f"# {name}\n\n````{LANGUAGES.get(path.suffix, 'text')}\n{path.read_text().rstrip()}\n````\n"


def _title(page: Path) -> str:
    found = TITLE.search(page.read_text())
    return found[1] if found else page.stem


def _expanded(nav: Nav, docs: Path) -> Nav:
    return [entry for known in nav for entry in _entries(known, docs)]


def _entries(known: Entry, docs: Path) -> Nav:
    if isinstance(known, dict):
        return [{title: _expanded(of, docs) if isinstance(of, list) else of for title, of in known.items()}]
    if not known.endswith("/"):
        return [known]
    pages = sorted(page.name for page in (docs / known).glob("*.md") if page.name != INDEX)
    return [f"{known}{name}" for name in (INDEX, *pages)]
