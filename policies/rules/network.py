"""The network, and what faces the internet."""

from __future__ import annotations

from ..checks.network import no_open_ingress
from ..checks.properties import must_be, must_be_set
from ..rule import EVERYWHERE, Rule
from ..tokens import FIREWALL_RULE, HTTPS_PROXY, SUBNET, TLS_POLICY

RULES = (
    Rule(
        id="net-flow-logs", types=(SUBNET,), check=must_be_set("logConfig"),
        title="Subnetworks log their flows", why="An investigation needs to know who talked to whom.",
        fix="Give logConfig an interval and a sampling rate.", severity="medium",
        levels=EVERYWHERE, frameworks=("CKV_GCP_26", "GCP-0029", "CIS 3.8"),
    ),
    Rule(
        id="net-no-open-ingress", types=(FIREWALL_RULE,), check=no_open_ingress,
        title="No firewall rule lets the internet in", why="Data stores have no business with it.",
        fix="Name the ranges that need in under match.srcIpRanges.", severity="critical",
        levels=EVERYWHERE, frameworks=("CKV_GCP_2", "GCP-0027", "CIS 3.6"),
    ),
    Rule(
        id="lb-tls-policy", types=(HTTPS_PROXY,), check=must_be_set("sslPolicy"),
        title="Load balancers have a TLS policy", why="Without one Google's default takes TLS 1.0.",
        fix="Give sslPolicy a policy with minTlsVersion TLS_1_2.", severity="medium", levels=EVERYWHERE,
    ),
    Rule(
        id="lb-tls-version", types=(TLS_POLICY,), check=must_be("minTlsVersion", "TLS_1_2", "TLS_1_3"),
        title="TLS 1.2 is the oldest version", why="TLS 1.0 and 1.1 are broken, and browsers have dropped them.",
        fix="Set minTlsVersion to TLS_1_2.", severity="high", levels=EVERYWHERE, frameworks=("CIS 3.9",),
    ),
    Rule(
        id="lb-tls-ciphers", types=(TLS_POLICY,), check=must_be("profile", "MODERN", "RESTRICTED", "FIPS_202205"),
        title="No weak ciphers", why="The other profiles take ciphers without forward secrecy, or whatever somebody listed.",
        fix="Set profile to RESTRICTED.", severity="medium", levels=EVERYWHERE, frameworks=("CKV_GCP_4", "CIS 3.9"),
    ),
)  # fmt: skip
