"""An alert on the project's bill."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

import settings.budget as spec

from .looked_up import needing


@dataclass(frozen=True, kw_only=True)
class BudgetAlertArgs:
    """What `BudgetAlert` takes."""

    settings: spec.Budget
    billing_account: str
    project: str
    """The project's id."""
    requires: Sequence[pulumi.Resource] = ()
    """What must be there first: the enabled APIs."""


class BudgetAlert(pulumi.ComponentResource):
    """Messages at shares of a month's budget, spent or forecast."""

    APIS = ("billingbudgets.googleapis.com", "monitoring.googleapis.com")

    def __init__(self, name: str, args: BudgetAlertArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:platform:BudgetAlert", name, {}, opts)
        known = args.settings
        inside = pulumi.ResourceOptions(parent=self, depends_on=args.requires)
        # A bill knows projects by their number.
        found = gcp.organizations.get_project_output(
            project_id=args.project, opts=pulumi.InvokeOutputOptions(parent=self, depends_on=args.requires)
        )
        number = needing(args.requires, found.number)
        channels = [
            gcp.monitoring.NotificationChannel(
                f"{name}-{email}",
                display_name=f"Budget: {email}",
                type="email",
                labels={"email_address": email},
                opts=inside,
            ).id
            for email in known.emails
        ]
        bases = [("CURRENT_SPEND", share) for share in known.spent] + [("FORECASTED_SPEND", share) for share in known.forecast]
        budget = gcp.billing.Budget(
            f"{name}-month",
            billing_account=args.billing_account,
            display_name=f"{args.project} by month",
            budget_filter=gcp.billing.BudgetBudgetFilterArgs(
                projects=[pulumi.Output.format("projects/{0}", number)], calendar_period="MONTH"
            ),
            amount=gcp.billing.BudgetAmountArgs(
                specified_amount=gcp.billing.BudgetAmountSpecifiedAmountArgs(
                    currency_code=known.currency, units=str(known.amount)
                )
            ),
            threshold_rules=[
                gcp.billing.BudgetThresholdRuleArgs(threshold_percent=share, spend_basis=basis) for basis, share in bases
            ],
            all_updates_rule=gcp.billing.BudgetAllUpdatesRuleArgs(monitoring_notification_channels=channels)
            if channels
            else None,
            opts=inside,
        )
        self.register_outputs({"budget": budget.id})
