"""The network, and what faces the internet."""

from __future__ import annotations

from ..checks.network import (
    denials_are_logged,
    denies_by_default,
    egress_to_the_internet_is_https,
    has_a_firewall,
    http_only_redirects,
    no_open_ingress,
    ports_are_few,
    sources_are_ours,
    ssh_is_closed,
)
from ..checks.properties import has, must_be, must_be_in_range, must_be_set, must_not_be, unless
from ..rule import EVERYWHERE, Rule, StackRule
from ..tokens import (
    DNS_POLICY,
    FIREWALL_POLICY,
    FIREWALL_RULE,
    FORWARDING_RULE,
    HTTPS_PROXY,
    NAT,
    NETWORK,
    PEERING,
    SUBNET,
    TLS_POLICY,
    ZONE,
)

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
    Rule(
        id="vpc-custom-mode", types=(NETWORK,), check=must_be("autoCreateSubnetworks", False), levels=EVERYWHERE,
        title="Subnetworks are the ones that are declared", why="Google would make one in every region, with ranges of its own.",
        fix="Set autoCreateSubnetworks to false.", severity="high", frameworks=("CKV2_GCP_2", "CIS 3.2"),
    ),
    Rule(
        id="vpc-no-default", types=(NETWORK,), check=must_not_be("name", "default"), levels=EVERYWHERE,
        title="Nothing is in the default network", why="Its firewall lets SSH in from everywhere.",
        fix="Give the network a name of its own.", severity="high", frameworks=("CKV_GCP_27", "GCP-0010", "CIS 3.1"),
    ),
    StackRule(
        id="vpc-has-firewall", types=(NETWORK,), check=has_a_firewall, levels=EVERYWHERE,
        title="Networks have a firewall", why="Without a policy everything within the network is let through.",
        fix="Attach a NetworkFirewallPolicy.", severity="medium", frameworks=("CKV2_GCP_18",),
    ),
    Rule(
        id="subnet-flow-sampling", types=(SUBNET,), check=must_be_in_range("logConfig.flowSampling", 0.5), levels="MMA",
        title="Half of all flows are logged, or more", why="An intruder's connections are few.",
        fix="Set logConfig.flowSampling to 0.5 or more.", severity="low", frameworks=("GCP-0076", "CIS v5 3.10"),
    ),
    Rule(
        id="subnet-private-google-access", types=(SUBNET,), check=must_be("privateIpGoogleAccess", True), levels=EVERYWHERE,
        title="Google's services are reached without the internet", why="Backups and keys need no way out.",
        fix="Set privateIpGoogleAccess to true.", severity="medium", frameworks=("CKV_GCP_74", "GCP-0075"),
    ),
    Rule(
        id="subnet-no-ipv6", types=(SUBNET,), check=must_not_be("stackType", "IPV4_IPV6", "IPV6_ONLY"), levels=EVERYWHERE,
        title="Subnetworks have no IPv6", why="No range, no firewall rule and no private access is planned for it.",
        fix="Take stackType out.", severity="low", frameworks=("CKV_GCP_76",),
    ),
    Rule(
        id="fw-no-logins", types=(FIREWALL_RULE,), check=ssh_is_closed, levels=EVERYWHERE,
        title="No machine takes logins", why="Nobody has to log in anywhere: nodes are replaced, and stores have their own ports.",
        fix="Name the ports that are needed under match.layer4Configs.", severity="high",
        frameworks=(
            "CKV_GCP_2", "CKV_GCP_3", "CKV_GCP_75", "CKV_GCP_77", "CKV_GCP_88", "CKV_GCP_106", "CKV2_GCP_12",
            "GCP-0070", "GCP-0071", "GCP-0072", "CIS 3.6", "CIS 3.7",
        ),
    ),
    Rule(
        id="fw-data-ports-internal", types=(FIREWALL_RULE,), check=sources_are_ours, levels=EVERYWHERE,
        title="Only our own addresses are let in", why="A partner's range is one more way to the data.",
        fix="Name ranges of the network under match.srcIpRanges.", severity="critical", frameworks=("GCP-0027", "CIS 3.10"),
    ),
    Rule(
        id="fw-no-public-egress", types=(FIREWALL_RULE,), check=egress_to_the_internet_is_https, levels="MMA",
        title="What leaves for the internet is HTTPS", why="What is stolen leaves by whatever is open.",
        fix="Name port 443 alone, or narrower ranges under match.destIpRanges.", severity="high", frameworks=("GCP-0035",),
    ),
    Rule(
        id="fw-no-wide-port-range", types=(FIREWALL_RULE,), check=ports_are_few, levels="MMA",
        title="Rules open the ports that are needed", why="A range opens what somebody starts tomorrow.",
        fix="List ports, and not ranges.", severity="low", frameworks=("GCP-0074",),
    ),
    Rule(
        id="fw-denials-logged", types=(FIREWALL_RULE,), check=denials_are_logged, levels="MMA",
        title="What is turned away is logged", why="A scan from inside the network is the first sign of a break-in.",
        fix="Set enableLogging to true.", severity="medium",
    ),
    StackRule(
        id="fw-default-deny", types=(FIREWALL_POLICY,), check=denies_by_default, levels="MMA",
        title="What no rule allows is denied", why="Google lets everything out, and everything of the network in.",
        fix="End each direction with a rule that denies 0.0.0.0/0.", severity="high",
    ),
    Rule(
        id="nat-logging", types=(NAT,), check=must_be("logConfig.enable", True), levels="MMA",
        title="Cloud NAT logs", why="Connections that it drops are seen nowhere else.", fix="Set logConfig.enable to true.", severity="low",
    ),
    Rule(
        id="psa-connection", types=(PEERING,), check=must_be("service", "servicenetworking.googleapis.com"), levels=EVERYWHERE,
        title="Managed services are reached by private services access", why="Any other peering is a network that is not ours.",
        fix="Set service to servicenetworking.googleapis.com.", severity="high",
    ),
    Rule(
        id="dns-logging", types=(DNS_POLICY,), check=must_be("enableLogging", True), levels="MMA",
        title="Look-ups of names are logged", why="Stolen data leaves by DNS where nothing else is open.",
        fix="Set enableLogging to true.", severity="medium", frameworks=("CIS 2.12",),
    ),
    Rule(
        id="dns-private-or-signed", types=(ZONE,), levels=EVERYWHERE,
        check=unless(has("visibility", "private"), must_be("dnssecConfig.state", "on")),
        title="Public zones are signed", why="Unsigned answers can be forged.", fix="Set dnssecConfig.state to on, or visibility to private.",
        severity="medium", frameworks=("CKV_GCP_16", "CKV_GCP_17", "GCP-0013", "CIS 3.3"),
    ),
    StackRule(
        id="lb-no-plain-http", types=(FORWARDING_RULE,), check=http_only_redirects, levels=EVERYWHERE,
        title="HTTP only redirects", why="What is served without TLS can be read and changed on its way.",
        fix="Let the URL map redirect with httpsRedirect.", severity="high", frameworks=("CKV2_GCP_37", "CKV2_GCP_38"),
    ),
)  # fmt: skip
