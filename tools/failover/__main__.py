"""Command line: `python -m tools.failover failover --store main-database --env prod --cloud local`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tools.lifecycle.__main__ import Parser, guarded
from tools.lifecycle.workspace import LOCAL, Workspace

from .cloud import Cloud, Google, LocalCloud
from .command import STORES, Asked, run
from .stores import MAIN_DATABASE


def main() -> int:
    """Runs a command; the exit code is 0, 1 (refused or failed), 64 (asked wrongly) or 130 (interrupted)."""
    parser = Parser(prog="python -m tools.failover", description="Another instance takes over, or the first serves again.")
    parser.add_argument("command", choices=["failover", "failback"])
    parser.add_argument("--store", required=True, help=f"what: {', '.join(STORES)}")
    parser.add_argument("--env", default="dev", help="the environment: Pulumi.<env>.yaml (default: %(default)s)")
    parser.add_argument("--cloud", default="local", choices=["local", "gcp"], help="where (default: %(default)s)")
    parser.add_argument("--home", type=Path, default=LOCAL, help="where the local cloud lives (default: .cache/local)")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--planned", action="store_true", help="a drill or a move: the one that serves is well, nothing is lost")
    parser.add_argument("--accept-loss", action="store_true", help="promote a replica that lacks more than was promised")
    parser.add_argument("--rollback", action="store_true", help="take a run back that has promoted nothing yet")
    parser.add_argument("--down", action="store_true", help="it takes no queries, whatever the cloud says of it")
    parser.add_argument("--lag", type=float, metavar="SECONDS", help="how far the replica is behind, at Google")
    arguments = parser.parse_args()
    return guarded(lambda: _run(arguments))


def _run(arguments: argparse.Namespace) -> int:
    workspace = Workspace(arguments.env, arguments.cloud, arguments.home.resolve())
    asked = Asked(
        command=arguments.command,
        store=arguments.store,
        planned=arguments.planned,
        accept_loss=arguments.accept_loss,
        rollback=arguments.rollback,
        down=arguments.down,
    )
    settings, store = workspace.settings, STORES.get(arguments.store, MAIN_DATABASE)  # an unknown one is refused below
    places = {
        name: {"region": region, "cluster": settings.kubernetes.cluster_name(region)}
        for region, name in store.instances(settings).items()
    }
    cloud: Cloud = (
        LocalCloud(workspace.store, settings.project.id, store.name)
        if arguments.cloud == "local"
        else Google(settings.project.id, arguments.lag, store, places)
    )

    def confirm(what: str) -> bool:
        return arguments.yes or (sys.stdin.isatty() and input(f"{what}? Type the environment's name: ") == arguments.env)

    return run(workspace, cloud, asked, confirm)


if __name__ == "__main__":
    sys.exit(main())
