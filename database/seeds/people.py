"""Users, what they may do, what is known of them, and what they ask for."""

from __future__ import annotations

from datetime import datetime, timedelta

from .sample import Row, Sample, Secret

FIRST = ("Ada", "Alan", "Barbara", "Edsger", "Frances", "Grace", "Hedy", "John", "Katherine", "Ken", "Margaret", "Radia", "Vint")
LAST = (
    "Allen",
    "Cerf",
    "Dijkstra",
    "Hamilton",
    "Hopper",
    "Johnson",
    "Lamarr",
    "Liskov",
    "Lovelace",
    "Perlman",
    "Thompson",
    "Turing",
)
COUNTRIES = (
    ("US", "America/New_York", "en"),
    ("GB", "Europe/London", "en"),
    ("DE", "Europe/Berlin", "de"),
    ("JP", "Asia/Tokyo", "ja"),
)
PASSWORD_HASH = "$2b$10$samplesamplesamplesamOtfX2kQpRyyEZEcPzcIAVYZb2meg2V1W"  # noqa: S105 - of "sample-password"
BROKERS = (("alpaca", "Alpaca"), ("binance", "Binance"), ("kraken", "Kraken"))
PERMISSIONS = (("orders", "read"), ("orders", "write"), ("strategies", "read"), ("strategies", "write"), ("users", "administer"))
TRADER, DEVELOPER, ADMIN = 1, 2, 3
"""Roles that the migrations make."""
MAY = {"orders": (TRADER, DEVELOPER, ADMIN), "strategies": (DEVELOPER, ADMIN), "users": (ADMIN,)}
TEMPLATES = ("Order filled", "Deposit received", "Strategy stopped")


def people(sample: Sample) -> None:
    """Users and what is theirs alone."""
    _house(sample)
    dice = sample.dice("users")
    for number in range(sample.size):
        _user(sample, number, dice.time())
    _roles(sample)
    _brokers(sample)
    _compliance(sample)
    _support(sample)
    _notifications(sample)


def _house(sample: Sample) -> None:
    for broker, name in BROKERS:
        sample.add("brokers", id=broker, name=name)
    for number, (resource, action) in enumerate(PERMISSIONS, start=1):
        sample.add("permissions", id=number, name=f"{resource}.{action}", resource=resource, action=action)
        for role in MAY[resource]:
            sample.add("role_permissions", role_id=role, permission_id=number)
    dice = sample.dice("notification_templates")
    for name in TEMPLATES:
        sample.add(
            "notification_templates", id=dice.uuid(), name=name.lower().replace(" ", "_"), type="IN_APP", subject_template=name,
            content_template=f"{name}: {{what}}",
        )  # fmt: skip


def _user(sample: Sample, number: int, joined: datetime) -> Row:
    dice = sample.dice(f"users/{number}")
    first, last, (country, zone, language) = dice.one(FIRST), dice.one(LAST), dice.one(COUNTRIES)
    approved = dice.often(0.8)
    second = dice.often(0.2)
    return sample.add(
        "users",
        id=dice.uuid(),
        email=f"{first}.{last}.{number}@example.com".lower(),
        password_hash=PASSWORD_HASH,
        first_name=first,
        last_name=last,
        phone_number=Secret(f"+1 555 {number:07d}"),
        ssn=Secret(f"900-{dice.randint(10, 99)}-{dice.randint(1000, 9999)}") if country == "US" else None,
        country_code=country,
        timezone=zone,
        language=language,
        kyc_status="APPROVED" if approved else dice.one(("PENDING", "IN_PROGRESS", "REJECTED")),
        kyc_level=dice.randint(1, 3) if approved else 0,
        two_fa_enabled=second,
        two_fa_secret=Secret("JBSWY3DPEHPK3PXP") if second else None,
        email_verified=True,
        phone_verified=approved,
        last_login=dice.time(joined),
        created_at=joined,
    )


def _roles(sample: Sample) -> None:
    users = sample["users"]
    for number, user in enumerate(users):
        role = ADMIN if number == 0 else DEVELOPER if number % 5 == 1 else TRADER
        sample.add("user_roles", user_id=user["id"], role_id=role, assigned_at=user["created_at"], assigned_by=users[0]["id"])


def _brokers(sample: Sample) -> None:
    dice = sample.dice("broker_connections")
    for user in sample["users"]:
        if dice.often(0.7):
            broken = dice.often(0.1)
            sample.add(
                "broker_connections", id=dice.uuid(), user_id=user["id"], broker_name=dice.one(BROKERS)[1],
                api_key=Secret(f"sample-key-{dice.randint(0, 10**9)}"),
                api_secret=Secret(f"sample-secret-{dice.randint(0, 10**9)}"),
                status="ERROR" if broken else "ACTIVE", error_message="the key was refused" if broken else None,
                last_sync=dice.time(user["created_at"]), created_at=user["created_at"],
            )  # fmt: skip


def _compliance(sample: Sample) -> None:
    dice = sample.dice("kyc_records")
    for number, user in enumerate(sample["users"]):
        status = user["kyc_status"]
        verified = dice.time(user["created_at"]) if status == "APPROVED" else None
        sample.add(
            "kyc_records", id=dice.uuid(), user_id=user["id"], kyc_level=max(1, user["kyc_level"]), document_type="PASSPORT",
            document_number=Secret(f"X{dice.randint(10**7, 10**8)}"), document_country=user["country_code"],
            first_name=user["first_name"], last_name=user["last_name"],
            date_of_birth=Secret(f"{dice.randint(1950, 2004)}-{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}"),
            address_line1=f"{dice.randint(1, 200)} Sample Street", city="Sampletown", postal_code=f"{dice.randint(10000, 99999)}",
            country=user["country_code"], verification_status=status, verified_at=verified,
            expires_at=verified + timedelta(days=1825) if verified else None, created_at=user["created_at"],
        )  # fmt: skip
        if number % 10 == 3:
            over = dice.often(0.5)
            raised = dice.time(user["created_at"])
            sample.add(
                "aml_alerts", id=dice.uuid(), user_id=user["id"],
                alert_type=dice.one(("VELOCITY", "STRUCTURING", "SANCTIONS_NAME")),
                severity=dice.one(("LOW", "MEDIUM", "HIGH")), status="FALSE_POSITIVE" if over else "OPEN", created_at=raised,
                resolved_at=dice.time(raised) if over else None, assigned_to=sample["users"][0]["id"],
            )  # fmt: skip


def _support(sample: Sample) -> None:
    dice = sample.dice("support_tickets")
    for user in sample["users"]:
        if dice.often(0.3):
            opened, over = dice.time(user["created_at"]), dice.often(0.5)
            ticket = sample.add(
                "support_tickets", id=dice.uuid(), user_id=user["id"], created_by=user["id"], subject="A sample question",
                category="TRADING", status="RESOLVED" if over else "OPEN", created_at=opened,
                resolved_at=dice.time(opened) if over else None,
            )  # fmt: skip
            sample.add(
                "support_ticket_messages", id=dice.uuid(), ticket_id=ticket["id"], author_id=user["id"],
                message="How does this work?", created_at=opened,
            )  # fmt: skip


def _notifications(sample: Sample) -> None:
    dice = sample.dice("notifications")
    for user in sample["users"]:
        for _ in range(3):
            template, sent, read = dice.one(sample["notification_templates"]), dice.time(user["created_at"]), dice.often(0.5)
            sample.add(
                "notifications", id=dice.uuid(), user_id=user["id"], template_id=template["id"], type="IN_APP",
                title=template["subject_template"], content=f"{template['subject_template']}: a sample", created_at=sent,
                sent_at=sent, status="READ" if read else "DELIVERED", read_at=dice.time(sent) if read else None,
            )  # fmt: skip
