"""Changes of settings about what is watched and promised."""

from __future__ import annotations

from .change import Changes

CHANGES: Changes = {
    "objectives.database_rpo_minutes": ("prod", {"objectives": {"database_rpo_minutes": 10}}, "outputs.objectives.database.rpoMinutes"),
    "objectives.database_rto_minutes": ("prod", {"objectives": {"database_rto_minutes": 300}}, "outputs.objectives.database.rtoMinutes"),
    "objectives.cache_rto_minutes": ("prod", {"objectives": {"cache_rto_minutes": 20}}, "outputs.objectives.sessions.rtoMinutes"),
    "monitoring.channels": ("prod", {"monitoring": {"channels": {"security": {"kind": "email", "address": "sec@example.com"}}}}, "labels.email_address"),
    "monitoring.channels.<name>.kind": ("prod", {"monitoring": {"channels": {"slack": {"kind": "email", "address": "x@example.com"}}}}, "notificationChannels[1]"),
    "monitoring.channels.<name>.address": ("prod", {"monitoring": {"channels": {"email": {"address": "x@example.com"}}}}, "labels.email_address"),
    "monitoring.channels.<name>.token_version": ("prod", {"monitoring": {"channels": {"slack": {"token_version": 2}}}}, "sensitiveLabels.authTokenWoVersion"),
    "monitoring.fallback": ("prod", {"monitoring": {"fallback": "night", "channels": {"night": {"kind": "email", "address": "n@example.com"}}}}, "notificationChannels[0]"),
    "monitoring.runbooks": ("prod", {"monitoring": {"runbooks": "https://wiki.example.com/runbooks"}}, "documentation.links[0].url"),
    "monitoring.alerts": ("prod", {"monitoring": {"alerts": {"database-deadlocks": None}}}, "userLabels.alert"),
    **{
        f"monitoring.alerts.<name>.{key}": ("prod", {"monitoring": {"alerts": {"database-cpu-high": {key: value}}}}, path)
        for key, value, path in (
            ("threshold", 0.7, "conditions[0].conditionThreshold.thresholdValue"),
            ("minutes", 30, "conditions[0].conditionThreshold.duration"),
            ("severity", "ERROR", "severity"),
        )
    },
    **{
        f"monitoring.{table}.<name>.channels": ("prod", {"monitoring": {"channels": {"night": {"address": "n@example.com"}}, table: {name: {"channels": ["night"]}}}}, "notificationChannels[0]")
        for table, name in (("alerts", "database-cpu-high"), ("burn_rates", "slow"))
    },
    "monitoring.close_hours": ("prod", {"monitoring": {"close_hours": 12}}, "alertStrategy.autoClose"),
    "monitoring.disk_forecast_hours": ("prod", {"monitoring": {"disk_forecast_hours": 24}}, "conditions[0].conditionThreshold.forecastOptions.forecastHorizon"),
    "monitoring.deployers": ("prod", {"monitoring": {"deployers": ["ci@example.com"]}}, "conditions[0].conditionMatchedLog.filter"),
    "monitoring.objectives": ("prod", {"monitoring": {"objectives": {"database-latency": None}}}, "sloId"),
    "monitoring.objectives.<name>.goal": ("prod", {"monitoring": {"objectives": {"database-latency": {"goal": 0.95}}}}, "goal"),
    "monitoring.objectives.<name>.days": ("prod", {"monitoring": {"objectives": {"database-latency": {"days": 7}}}}, "rollingPeriodDays"),
    "monitoring.burn_rates": ("prod", {"monitoring": {"burn_rates": {"slow": None}}}, "userLabels.alert"),
    **{
        f"monitoring.burn_rates.<name>.{key}": ("prod", {"monitoring": {"burn_rates": {"fast": {key: value}}}}, path)
        for key, value, path in (
            ("rate", 10, "conditions[1].conditionThreshold.thresholdValue"),
            ("long_minutes", 120, "conditions[0].conditionThreshold.filter"),
            ("short_minutes", 10, "conditions[1].conditionThreshold.filter"),
            ("severity", "WARNING", "severity"),
        )
    },
}  # fmt: skip
