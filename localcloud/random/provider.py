"""The stand-in for the random provider, `pulumi-resource-random`. It keeps nothing: its values live in the state."""

from __future__ import annotations

import base64
import secrets
import string
from collections.abc import Sequence
from typing import Any

import bcrypt

from ..errors import LocalCloudError
from ..plugin import Difference, State
from ..shape import Failure, Shape
from ..values import UNKNOWN, Props

SPECIAL = "!@#$%&*()-_=+[]{}<>:?"
_CLASSES = {"lower": string.ascii_lowercase, "upper": string.ascii_uppercase, "numeric": string.digits}
_FLAG: dict[str, Any] = {"type": "bool", "optional": True, "default": True, "forceNew": True}
_LEAST: dict[str, Any] = {"type": "int", "optional": True, "default": 0, "forceNew": True, "range": [0, None]}
_KEEPERS: dict[str, Any] = {"type": "map<string>", "optional": True, "forceNew": True}
_OUT: dict[str, Any] = {"type": "string", "computed": True}

SHAPES = {
    token: Shape(token, data)
    for token, data in {
        "random:index/randomPassword:RandomPassword": {
            "length": {"type": "int", "required": True, "forceNew": True, "range": [1, None]},
            **dict.fromkeys(("lower", "upper", "numeric", "special"), _FLAG),
            **dict.fromkeys(("minLower", "minUpper", "minNumeric", "minSpecial"), _LEAST),
            "overrideSpecial": {"type": "string", "optional": True, "forceNew": True},
            "keepers": _KEEPERS,
            "result": {**_OUT, "sensitive": True},
            "bcryptHash": {**_OUT, "sensitive": True},
        },
        "random:index/randomId:RandomId": {
            "byteLength": {"type": "int", "required": True, "forceNew": True, "range": [1, None]},
            "prefix": {"type": "string", "optional": True, "forceNew": True},
            "keepers": _KEEPERS,
            **dict.fromkeys(("hex", "dec", "b64Std", "b64Url"), _OUT),
        },
    }.items()
}


class RandomProvider:
    """The random provider."""

    version = "4.21.4"

    def check_config(self, config: Props) -> list[Failure]:
        """It has no settings."""
        return [Failure(key, f'An argument named "{key}" is not expected here.') for key in config if key != "version"]

    def diff_config(self, old: Props, new: Props) -> Sequence[str]:  # noqa: ARG002
        """It has no settings."""
        return ()

    def configure(self, config: Props) -> None:
        """There is nothing to configure."""

    def check(self, token: str, name: str, inputs: Props, old_inputs: Props, seed: bytes) -> tuple[Props, list[Failure]]:  # noqa: ARG002
        """Checks the shape, and that a password has room for what it must hold."""
        failures = _shape(token).check(inputs)
        if not failures and "Password" in token and UNKNOWN not in inputs.values():
            values = _shape(token).with_defaults(inputs)
            needed = sum(values[f"min{name.title()}"] for name in ("lower", "upper", "numeric", "special"))
            if needed > values["length"]:
                failures = [Failure("length", f"the sum of the minimums ({needed}) is more than the length ({values['length']})")]
        return inputs, failures

    def diff(self, token: str, old: State, inputs: Props, ignore: Sequence[str]) -> Difference:
        """Every change needs a new value."""
        return Difference(_shape(token).diff(old.inputs, inputs, ignore))

    def planned(self, token: str, inputs: Props, old_outputs: Props) -> Props:
        """The values are not known before the update."""
        shape = _shape(token)
        outputs = {name: old_outputs.get(name, UNKNOWN) for name, known in shape.properties.items() if known.output_only}
        return {**outputs, **shape.with_defaults(inputs)}

    def create(self, token: str, urn: str, inputs: Props, timeout: float) -> State:  # noqa: ARG002
        """Makes a value."""
        values = _shape(token).with_defaults(inputs)
        if "Password" in token:
            password = make_password(values)
            # The least work that bcrypt knows: a local cloud's password keeps nobody out, and forty at the usual take a second.
            hashed = bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(4)).decode()
            return State("none", inputs, {**values, "result": password, "bcryptHash": hashed})
        data, prefix = secrets.token_bytes(values["byteLength"]), values.get("prefix", "")
        url = base64.urlsafe_b64encode(data).decode().rstrip("=")
        standard = base64.b64encode(data).decode()
        number = str(int.from_bytes(data))
        made = {"hex": data.hex(), "dec": number, "b64Url": url, "b64Std": standard}
        return State(url, inputs, {**values, **{name: prefix + value for name, value in made.items()}})

    def read(self, token: str, state: State) -> State | None:  # noqa: ARG002
        """What the state says is what there is."""
        return state

    def update(self, token: str, state: State, inputs: Props, timeout: float) -> State:  # noqa: ARG002
        """Never asked for: every change makes a new value."""
        raise LocalCloudError(f"{token} cannot be changed in place")

    def delete(self, token: str, state: State, timeout: float) -> None:
        """There is nothing to delete."""

    def invoke(self, token: str, arguments: Props) -> Props:  # noqa: ARG002
        """The random provider has no data sources."""
        raise LocalCloudError(f"the random provider has no data source {token}")


def make_password(values: Props) -> str:
    """A password with at least the asked-for number of characters of each class, in random order."""
    classes = {**_CLASSES, "special": values.get("overrideSpecial") or SPECIAL}
    allowed = "".join(characters for name, characters in classes.items() if values[name])
    if not allowed:
        raise LocalCloudError("a password needs at least one class of characters")
    picked = [secrets.choice(characters) for name, characters in classes.items() for _ in range(values[f"min{name.title()}"])]
    picked += [secrets.choice(allowed) for _ in range(values["length"] - len(picked))]
    secrets.SystemRandom().shuffle(picked)
    return "".join(picked)


def _shape(token: str) -> Shape:
    shape = SHAPES.get(token)
    if shape is None:
        raise LocalCloudError(f"the local cloud does not know the resource type {token} yet")
    return shape
