"""Asks the registries for the digests of the images' tags, and puts those that are missing into the settings:
`python -m tools.pin_images --env prod`.

Our own image is that of this checkout's content; the environment's repository is asked for it with gcloud's credentials.

What is pinned already stays: a tag that stands for another image now is told, and is for a person to decide about. With
--registry HOST=URL a registry is asked elsewhere, such as at a mirror.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import json
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from settings import NAMESPACE, SettingsError, load_stack_file
from settings.section import NOT_LOOKED_UP, images, own_images
from settings.yaml_file import rewritten

from .gcloud import GcloudError, answer
from .own_images import repository, tag
from .recorder import ROOT

SECONDS = 30
MOST = 8 * 1024 * 1024
"""More is no manifest."""
ELSEWHERE = {"docker.io": "https://registry-1.docker.io"}
"""Registries that answer under another name than images have."""
KINDS = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
"""https://distribution.github.io/distribution/spec/api/#pulling-an-image-manifest: all platforms first, as nodes pull."""
CHALLENGE = re.compile(r'(\w+)="([^"]*)"')


class RegistryError(Exception):
    """A registry does not say what a tag stands for."""


class Image(NamedTuple):
    """A reference, in its parts."""

    host: str
    path: str
    tag: str
    digest: str | None

    @classmethod
    def of(cls, reference: str) -> Image:
        """registry/path:tag@digest; the settings have seen to its form."""
        name, _, digest = reference.partition("@")
        whole, _, tag = name.rpartition(":")
        host, _, path = whole.partition("/")
        return cls(host, path, tag, digest if digest and digest != NOT_LOOKED_UP else None)

    def pinned(self, digest: str) -> str:
        """The reference with a digest."""
        return f"{self.host}/{self.path}:{self.tag}@{digest}"


def digest(image: Image, registries: Mapping[str, str], credentials: str | None = None) -> str:
    """The digest of what a tag stands for, of the manifest as it was sent. Where a registry is not open to all, `credentials`
    is a token of Google's.

    Raises:
        RegistryError: the registry cannot be reached, has no such tag, or says something else than it sends.
    """
    base = registries.get(image.host) or ELSEWHERE.get(image.host) or f"https://{image.host}"
    url = f"{base}/v2/{image.path}/manifests/{urllib.parse.quote(image.tag)}"
    try:
        try:
            body, said = _get(url, {"Accept": KINDS, **({"Authorization": f"Bearer {credentials}"} if credentials else {})})
        except urllib.error.HTTPError as error:
            if credentials or error.code != http.client.UNAUTHORIZED:
                raise
            token = _token(error.headers.get("WWW-Authenticate", ""), image)
            body, said = _get(url, {"Accept": KINDS, "Authorization": f"Bearer {token}"})
    except urllib.error.HTTPError as error:
        raise RegistryError(f"{image.host} has no {image.path}:{image.tag} for us: {error.code} {error.reason}") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        why = error.reason if isinstance(error, urllib.error.URLError) else error
        raise RegistryError(f"{image.host} cannot be asked about {image.path}:{image.tag}: {why}") from None
    found = f"sha256:{hashlib.sha256(body).hexdigest()}"
    if said not in (None, found):
        raise RegistryError(f"{image.host} says that {image.path}:{image.tag} is {said}, and sends {found}")
    return found


def _get(url: str, headers: Mapping[str, str]) -> tuple[bytes, str | None]:
    request = urllib.request.Request(url, headers=dict(headers))  # noqa: S310
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
        body = answer.read(MOST + 1)
        if len(body) > MOST:
            raise ValueError(f"more than {MOST} bytes are no manifest")
        return body, answer.headers.get("Docker-Content-Digest")


def _token(challenge: str, image: Image) -> str:
    """What anybody is given to pull with: no name and no password are sent."""
    asked = dict(CHALLENGE.findall(challenge))
    if not challenge.startswith("Bearer ") or "realm" not in asked:
        raise RegistryError(
            f"{image.host} lets nobody pull {image.path} without signing in: {challenge or 'it does not say how'}"
        )
    query = {"scope": f"repository:{image.path}:pull", **{key: asked[key] for key in ("service",) if key in asked}}
    body, _ = _get(f"{asked['realm']}?{urllib.parse.urlencode(query)}", {})
    known: dict[str, Any] = json.loads(body)
    return str(known.get("token") or known["access_token"])


def main() -> int:
    """Pins; 1 where a registry does not answer, 3 where a tag stands for another image than it is pinned to."""
    parser = argparse.ArgumentParser(prog="python -m tools.pin_images", description="Puts images' digests into the settings.")
    parser.add_argument("--env", default="dev", help="the environment: Pulumi.<env>.yaml (default: %(default)s)")
    parser.add_argument(
        "--registry", action="append", default=[], type=_registry, metavar="HOST=URL", help="asks a registry there"
    )
    arguments = parser.parse_args()
    file = ROOT / f"Pulumi.{arguments.env}.yaml"
    try:
        found, moved = _looked_up(file, dict(arguments.registry))
        if found:
            changes = {f"{NAMESPACE}:{key}": reference for key, reference in found.items()}
            file.write_text(rewritten(file.read_text(encoding="utf-8"), changes), encoding="utf-8")
    except (SettingsError, RegistryError) as error:
        print(f"{error}; nothing was changed", file=sys.stderr)
        return 1
    for key, reference in found.items():
        print(f"{key}: {reference}")
    for told in moved:
        print(told, file=sys.stderr)
    print(f"{file.name}: {len(found)} image(s) pinned, {len(moved)} tag(s) moved", file=sys.stderr)
    return 3 if moved else 0


def _looked_up(file: Path, registries: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """References that get a digest, by their key; and what is to be said of those that have one."""
    found: dict[str, str] = {}
    moved: list[str] = []
    settings = load_stack_file(file)
    for key, reference in images(settings):
        image = Image.of(reference)
        now = digest(image, registries)
        if image.digest is None:
            found[key] = image.pinned(now)
        elif image.digest != now:
            moved.append(f"{key}: {image.tag} stands for {now} now, and stays pinned to {image.digest}")
    for key, reference in own_images(settings):
        name, pinned = reference.partition(":")[0], not reference.endswith(NOT_LOOKED_UP)
        image = Image.of(f"{repository(settings)}/{name}:{tag(name)}")
        if not pinned:
            found[key] = f"{name}:{image.tag}@{_ours(key, image, registries)}"
        elif not reference.startswith(f"{name}:{image.tag}@"):
            moved.append(f"{key}: this checkout makes {name}:{image.tag}, and it stays pinned to {reference}")
    return found, moved


def _ours(key: str, image: Image, registries: Mapping[str, str]) -> str:
    try:
        return digest(image, registries, answer("auth", "print-access-token").strip())
    except (GcloudError, RegistryError) as error:
        raise RegistryError(
            f"{key}: {error}; .github/workflows/images.yml pushes it once there is a repository, and null leaves out what runs it"
        ) from None


def _registry(text: str) -> tuple[str, str]:
    host, _, url = text.partition("=")
    if not host or not url.startswith(("http://", "https://")):
        raise argparse.ArgumentTypeError(f"{text} is not HOST=URL, such as docker.io=https://mirror.example.com")
    return host, url.rstrip("/")


if __name__ == "__main__":
    sys.exit(main())
