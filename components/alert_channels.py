"""Where notices go, and where their tokens are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

import settings.monitoring as spec

from .durations import days
from .looked_up import needing
from .secrets import replication

Sensitive = gcp.monitoring.NotificationChannelSensitiveLabelsArgs


@dataclass(frozen=True, kw_only=True)
class AlertChannelsArgs:
    """What `AlertChannels` takes."""

    settings: Mapping[str, spec.Channel]
    keys: Mapping[str, pulumi.Input[str] | None]
    """The regions that secrets are kept in, each with its key's id, or None for Google's own keys."""
    labels: Mapping[str, str]
    protect: bool
    """Whether secrets refuse to be deleted."""
    secret_destroy_delay_days: int
    """How long a token that was destroyed can be brought back."""
    requires: Sequence[pulumi.Resource] = ()
    """What must be there first: the enabled APIs."""


class AlertChannels(pulumi.ComponentResource):
    """Channels. The token of one that needs any is put into its secret by hand: the channel is there once the settings say which
    version of the secret it is."""

    APIS = ("monitoring.googleapis.com", "secretmanager.googleapis.com")

    channels: dict[str, gcp.monitoring.NotificationChannel]
    """The channels that are ready, by their name in the settings."""
    secrets: dict[str, gcp.secretmanager.Secret]
    """The secrets for tokens, by the channel's name."""

    def __init__(self, name: str, args: AlertChannelsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:observability:AlertChannels", name, {}, opts)
        self.secrets = {
            channel: gcp.secretmanager.Secret(
                f"{name}-{channel}",
                secret_id=f"alert-channel-{channel}",
                replication=replication(args.keys),
                deletion_protection=args.protect,
                version_destroy_ttl=days(args.secret_destroy_delay_days),
                opts=pulumi.ResourceOptions(parent=self, protect=args.protect, depends_on=args.requires),
            )
            for channel, known in args.settings.items()
            if known.kind != "email"
        }
        self.channels = {
            channel: gcp.monitoring.NotificationChannel(
                f"{name}-{channel}",
                display_name=f"{channel}: {known.address}" if known.address else channel,
                type=known.kind,
                labels=_labels(known),
                sensitive_labels=self._token(channel, known),
                user_labels=dict(args.labels),
                force_delete=False,
                opts=pulumi.ResourceOptions(parent=self, depends_on=args.requires),
            )
            for channel, known in args.settings.items()
            if known.ready
        }
        self.register_outputs({"channels": {channel: made.name for channel, made in self.channels.items()}})

    def _token(self, channel: str, known: spec.Channel) -> Sensitive | None:
        if known.token_version is None:
            return None
        version = str(known.token_version)
        secret = self.secrets[channel]
        asked = gcp.secretmanager.get_secret_version_output(
            secret=secret.secret_id, version=version, opts=pulumi.InvokeOutputOptions(parent=self, depends_on=[secret])
        )
        token = pulumi.Output.secret(needing([secret], asked.secret_data))
        if known.kind == "slack":
            return Sensitive(auth_token_wo=token, auth_token_wo_version=version)
        return Sensitive(service_key_wo=token, service_key_wo_version=version)


def _labels(channel: spec.Channel) -> dict[str, pulumi.Input[str]] | None:
    names = {"email": "email_address", "slack": "channel_name"}
    return {names[channel.kind]: channel.address} if channel.address else None
