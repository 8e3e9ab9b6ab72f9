"""Our own images: `python -m tools.own_images jobs` says the image that `images/jobs` makes, by its content.

With --env its whole name in that environment's repository. Tags of the repository stay where they are, and one that is made of
the content means the same image in every environment.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from settings import Environment, SettingsError, load_stack_file

from .recorder import ROOT

IMAGES = Path("images")
DIGITS = 16


class ImageError(Exception):
    """There is no such image, or its Dockerfile names what is not there."""


class Copy(NamedTuple):
    """What a Dockerfile takes from the repository, and where in the image it goes."""

    sources: list[str]
    target: str


def known() -> list[str]:
    """The names of our images."""
    return sorted(path.parent.name for path in (ROOT / IMAGES).glob("*/Dockerfile"))


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """The instructions of a Dockerfile, with what each is given."""
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    for line in re.sub(r"\\\n", " ", lines).splitlines():
        if line.strip():
            instruction, _, given = line.strip().partition(" ")
            yield instruction.upper(), given.strip()


def copies(text: str) -> list[Copy]:
    """What a Dockerfile copies."""
    split = [given.split() for instruction, given in instructions(text) if instruction in ("COPY", "ADD")]
    return [Copy(words[:-1], words[-1]) for words in split]


def files(image: str, root: Path = ROOT) -> list[Path]:
    """What an image is made of, without what Python leaves beside a program.

    Raises:
        ImageError: it copies what is not there.
    """
    dockerfile = root / IMAGES / image / "Dockerfile"
    found = [dockerfile]
    for source in (source for copy in copies(dockerfile.read_text()) for source in copy.sources):
        path = root / source
        inside = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
        if not inside:
            raise ImageError(f"{dockerfile.relative_to(root)} copies {source}, which is not there")
        found += [file for file in inside if "__pycache__" not in file.parts]
    return found


def tag(image: str, root: Path = ROOT) -> str:
    """Stands for the content: another content has another one."""
    digest = hashlib.sha256()
    for file in files(image, root):
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        digest.update(f"{file.relative_to(root)} {content}\n".encode())
    return digest.hexdigest()[:DIGITS]


def repository(settings: Environment) -> str:
    """Where an environment's own images are: its repository in Artifact Registry."""
    return f"{settings.regions.primary}-docker.pkg.dev/{settings.project.id}/{settings.images.repository}"


def main() -> int:
    """Says which; 1 where there is no such environment."""
    parser = argparse.ArgumentParser(prog="python -m tools.own_images", description="Says an own image's name and tag.")
    parser.add_argument("image", choices=known(), help="the image, one of %(choices)s")
    parser.add_argument("--env", help="the environment whose repository it is in: Pulumi.<env>.yaml")
    arguments = parser.parse_args()
    try:
        where = f"{repository(load_stack_file(ROOT / f'Pulumi.{arguments.env}.yaml'))}/" if arguments.env else ""
        print(f"{where}{arguments.image}:{tag(arguments.image)}")
    except (SettingsError, ImageError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
