"""Good settings load; bad ones get one clear message that names file, line, key, value and what is allowed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from settings import NAMESPACE, Environment, SettingsError, load_config, load_stack_file
from settings.profiles import PROFILES, overlay
from tools.recorder import ROOT

from ..environments import ENVIRONMENTS

HEAD = "config:\n  alphintra:environment: prod\n  alphintra:project: {id: alphintra-prod}\n"


def load(tmp_path: Path, text: str) -> Environment:
    path = tmp_path / "Pulumi.test.yaml"
    path.write_text(text)
    return load_stack_file(path)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_environments_load_and_are_immutable(environment: str) -> None:
    settings = load_stack_file(ROOT / f"Pulumi.{environment}.yaml")
    assert settings.environment == environment
    with pytest.raises(ValueError, match="frozen"):
        settings.generation = 2  # pyright: ignore[reportAttributeAccessIssue]


def test_a_file_says_only_what_differs(tmp_path: Path) -> None:
    settings = load(
        tmp_path, HEAD + "  alphintra:database: {backups: {retained: 60}, flags: {log_temp_files: null, work_mem: '65536'}}\n"
    )
    assert settings.database.backups.retained == 60
    assert settings.database.backups.start_time == "03:00", "the rest of the section stays"
    assert settings.database.flags["work_mem"] == "65536"
    assert "log_temp_files" not in settings.database.flags, "null takes an entry away"
    assert settings.database.flags["log_connections"] == "on", "other entries stay"


def test_profiles_lie_under_the_file_and_over_the_defaults() -> None:
    dev, staging, prod = (load_stack_file(ROOT / f"Pulumi.{environment}.yaml") for environment in ENVIRONMENTS)
    assert (dev.database.tier, staging.database.tier, prod.database.tier) == (
        "db-custom-1-3840",
        "db-custom-2-8192",
        "db-custom-4-16384",
    )
    assert PROFILES["prod"] == {}, "the defaults are production's"
    assert not dev.database.replicas
    assert list(staging.database.replicas) == list(prod.database.replicas) == ["us-east1"]


def test_environments_have_no_address_in_common() -> None:
    ranges = [network for e in ENVIRONMENTS for _, network in load_stack_file(ROOT / f"Pulumi.{e}.yaml").network.ranges()]
    assert not [(a, b) for i, a in enumerate(ranges) for b in ranges[i + 1 :] if a.overlaps(b)]


def test_the_engine_hands_objects_over_as_json() -> None:
    config = {
        f"{NAMESPACE}:environment": "prod",
        f"{NAMESPACE}:project": '{"id": "alphintra-prod"}',
        f"{NAMESPACE}:generation": "3",
    }
    settings = load_config({**config, "pulumi:disable-default-providers": '["gcp"]', "gcp:project": "other"}, "prod")
    assert settings.named("alphintra-main-db") == "alphintra-main-db-g3"
    with pytest.raises(SettingsError, match=r"Pulumi.prod.yaml: alphintra:databse: unknown key \(did you mean 'database'\?\)"):
        load_config({**config, f"{NAMESPACE}:databse": "{}"}, "prod")
    with pytest.raises(SettingsError, match='alphintra:database: is "x"; it should be an object'):
        load_config({**config, f"{NAMESPACE}:database": "x"}, "prod")


BAD_FILES = {
    "config: [": r"line 1: not valid YAML",
    "config:\n\t- x": r"line 2: not valid YAML",
    "{}": "a stack's file has the key 'config'",
    "": "a stack's file has the key 'config'",
    "config: {}\nconfg: {}": "unknown key 'confg'; allowed are config",
    "config:\n  alphintra:generation: 1\n  alphintra:generation: 2\n": r"line 3: not valid YAML: found duplicate key",
    "config:\n  alphintra:project: {id: alphintra-x}\n": "alphintra:environment: is missing",
    "config:\n  alphintra:environment: prd\n  alphintra:project: {id: alphintra-x}\n": r"line 2: alphintra:environment: is \"prd\"; it should be 'dev', 'staging' or 'prod'",
    "config:\n  alphintra:environment: [dev]\n  alphintra:project: {id: alphintra-x}\n": "alphintra:environment",
}


@pytest.mark.parametrize("text", BAD_FILES, ids=range(len(BAD_FILES)))
def test_bad_files(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match=f"^Pulumi.test.yaml.*{BAD_FILES[text]}"):
        load(tmp_path, text)


def test_a_missing_and_an_unreadable_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="Pulumi.none.yaml does not exist"):
        load_stack_file(tmp_path / "Pulumi.none.yaml")
    with pytest.raises(SettingsError, match="cannot be read: Is a directory"):
        load_stack_file(tmp_path)
    (tmp_path / "Pulumi.bytes.yaml").write_bytes(b"\xff\xfe\x00config")
    with pytest.raises(SettingsError, match="Pulumi.bytes.yaml is not a text file in UTF-8"):
        load_stack_file(tmp_path / "Pulumi.bytes.yaml")


BAD_VALUES = [
    # unknown and mistyped
    ("databse: {}", r"line 4: alphintra:databse: unknown key \(did you mean 'database'\?\)"),
    ("database: {teir: x}", r"alphintra:database.teir: unknown key \(did you mean 'tier'\?\); allowed are name,"),
    ("database: {backups: {retain: 3}}", r"alphintra:database.backups.retain: unknown key \(did you mean 'retained'\?\)"),
    ("encryption: {keys: {pii: {levle: HSM}}}", r"alphintra:encryption.keys.pii.levle: unknown key.*allowed are regions, protection_level, used_by"),
    ("database: {max_connections: '500'}", 'alphintra:database.max_connections: is "500"; it should be a valid integer'),
    ("database: {max_connections: 500.5}", "alphintra:database.max_connections: is 500.5; it should be a valid integer"),
    ("generation: yes please", 'alphintra:generation: is "yes please"; it should be a valid integer'),
    ("protection: {enabled: 'yes'}", 'alphintra:protection.enabled: is "yes"; it should be a valid boolean'),
    ("database: []", r"alphintra:database: is \[\]; it should be an object"),
    ("database: {flags: {x: 1}}", "alphintra:database.flags.x: is 1; it should be a valid string"),
    # out of range
    ("database: {backups: {retained: 400}}", "line 4: alphintra:database.backups.retained: is 400; it should be less than or equal to 365"),
    ("generation: 0", "alphintra:generation: is 0; it should be greater than or equal to 1"),
    ("database: {insights: {query_length: 100}}", "query_length: is 100; it should be greater than or equal to 256"),
    ("database: {maintenance: {day: 8}}", "day: is 8; it should be less than or equal to 7"),
    ("database: {backups: {start_time: '24:00'}}", r'start_time: is "24:00"; it must match'),
    ("database: {engine: POSTGRES_16}", "engine: is \"POSTGRES_16\"; it should be 'POSTGRES_15'"),
    ("project: {id: X}", r'alphintra:project.id: is "X"; it must match'),
    ("network: {flow_logs: {sampling: 0}}", "sampling: is 0.*greater than 0"),
    ("network: {primary: {nodes: 10.0.0.0/33}}", "alphintra:network.primary.nodes: is \"10.0.0.0/33\": '33' is not a valid netmask"),
    ("network: {primary: {nodes: 10.0.0.1/20}}", "has host bits set"),
    # across settings
    ("protection: {enabled: false}", "protection.enabled is false, but prod is protected always"),
    ("protection: {tear_down: staging}", "protection.tear_down is 'staging'; it is empty, or the environment's own name: prod"),
    ("encryption: {customer_managed: false}", "customer_managed is false, but prod has keys of its own"),
    ("encryption: {keys: {pii: {protection_level: SOFTWARE}}}", "keys for personal data live in hardware: HSM"),
    ("encryption: {keys: {pii: null}}", "keys.pii is missing"),
    ("encryption: {keys: {database: {regions: [primary]}}}", "encryption.keys.database.regions lacks secondary, where database.replicas.us-east1 is"),
    ("encryption: {keys: {secrets: {regions: [primary]}}}", "encryption.keys.secrets.regions lacks secondary, where a copy of every secret is"),
    ("database: {availability: ZONAL, secondary_zone: null}", "database.availability is ZONAL, but prod needs REGIONAL"),
    ("database: {secondary_zone: null}", "secondary_zone must be another zone than us-central1-a"),
    ("database: {secondary_zone: us-central1-a}", "secondary_zone must be another zone than us-central1-a"),
    ("database: {secondary_zone: us-east1-b}", "secondary_zone us-east1-b is not in the region of zone us-central1-a"),
    ("database: {zone: us-east1-b, secondary_zone: us-east1-c}", "not in the primary region us-central1"),
    ("database: {replicas: {us-east1: null}}", "needs a replica in another region"),
    ("database: {replicas: {us-central1: {zone: us-central1-b}}}", "is in the primary's own region; it would be lost with it"),
    ("database: {replicas: {us-west1: {zone: us-west1-a}}}", "is in a region without network and keys; there is us-east1"),
    ("database: {replicas: {us-east1: {zone: us-west1-a}}}", "replicas.us-east1.zone is us-west1-a, which is not in us-east1"),
    ("database: {backups: {log_retention_days: 8}}", "edition ENTERPRISE keeps logs for at most 7 days"),
    ("database: {backups: {retained: 5}}", r"backups.retained \(5\) is below backups.log_retention_days \(7\)"),
    ("database: {edition: ENTERPRISE_PLUS}", "tier db-custom-4-16384 does not go with edition ENTERPRISE_PLUS"),
    ("database: {tier: db-perf-optimized-N-4}", "does not go with edition ENTERPRISE, which takes db-custom"),
    ("database: {tier: db-custom-3-12288}", "has 3 CPUs; allowed are 1 and even numbers up to 96"),
    ("database: {tier: db-custom-4-16000}", "has 16000 MB; with 4 CPUs allowed are multiples of 256 from 3840 to 26624"),
    ("database: {disk: {autoresize_limit_gb: 100}}", r"autoresize_limit_gb \(100\) is below size_gb \(1024\)"),
    ("database: {max_connections: 5000}", "max_connections is 5000; db-custom-4-16384 has memory for about 1638"),
    ("database: {flags: {max_connections: '1'}}", "flags.max_connections is set, but has a setting of its own"),
    ("database: {flags: {auto_explain.log_min_duration: '1'}}", "flags.auto_explain.log_min_duration is set, but has a setting of its own"),
    ("database: {databases: [other]}", "flags.cron.database_name is alphintra, which is not in databases"),
    ("regions: {secondary: us-central1}", "secondary must be another region than primary"),
    ("network: {primary: {nodes: 10.0.16.0/20}}", r"primary.nodes \(10.0.16.0/20\) and secondary.nodes \(10.0.16.0/20\) overlap"),
    ("network: {managed_services: 10.4.0.0/16}", r"primary.pods \(10.4.0.0/14\) and managed_services \(10.4.0.0/16\) overlap"),
    ("network: {managed_services: 8.8.8.0/24}", r"managed_services \(8.8.8.0/24\) is not a private range"),
    ("network: {managed_services: 10.16.0.0/21}", r"managed_services \(10.16.0.0/21\) is too small; it needs a /20 or larger"),
    ("network: {primary: {pods: 10.4.0.0/24}}", r"primary.pods \(10.4.0.0/24\) is too small; it needs a /20 or larger: GKE gives each node a /24"),
    ("network: {nat: {min_ports_per_vm: 100}}", "min_ports_per_vm is 100, but dynamic port allocation takes powers of two only"),
    ("network: {nat: {max_ports_per_vm: 64}}", r"max_ports_per_vm \(64\) must be more than min_ports_per_vm \(64\)"),
    ("network: {firewall: {allow-health-checks: {priority: 1000}}}", "firewall.allow-health-checks and firewall.allow-platform-ingress have the same priority 1000"),
    ("secrets: {credentials: {main-db-postgres: null}}", "secrets.credentials.main-db-postgres is missing: the main database's user needs it"),
    ("database: {passwords: {min_length: 36}}", "secrets.credentials.main-db-pgbouncer.length is below"),
    ("identities: {workloads: {pgbouncer: {secrets: [nothing]}}}", "names 'nothing', which is not generated; there are main-db-postgres, main-db-pgbouncer"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "says"), BAD_VALUES, ids=lambda value: value if "{" in value else "")
def test_bad_values(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(SettingsError, match=f"Pulumi.test.yaml.*{says}") as caught:
        load(
            tmp_path,
            f"{HEAD}  alphintra:{text}\n"
            if "project" not in text
            else f"config:\n  alphintra:environment: prod\n  alphintra:{text}\n",
        )
    assert "Traceback" not in str(caught.value)
    assert "pydantic" not in str(caught.value)


def test_a_name_that_google_would_find_too_long(tmp_path: Path) -> None:
    long = "a" * 62
    text = "config:\n  alphintra:environment: prod\n  alphintra:project: {id: alphintra-production-environ-1}\n"
    with pytest.raises(SettingsError, match="has .* characters; Cloud SQL takes 97 with the project's id"):
        load(tmp_path, f"{text}  alphintra:database: {{name: {long}}}\n  alphintra:generation: 999\n")


def test_staging_is_held_to_productions_standard_and_dev_is_not(tmp_path: Path) -> None:
    for over, says in (
        ("encryption: {customer_managed: false}", "staging has keys of its own"),
        ("protection: {enabled: false}", "staging is protected always"),
    ):
        with pytest.raises(SettingsError, match=says):
            load(tmp_path, HEAD.replace("prod", "staging") + f"  alphintra:{over}\n")
        load(tmp_path, HEAD.replace("prod", "dev") + f"  alphintra:{over}\n")


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, HEAD + "  alphintra:generation: 0\n  alphintra:labels: {owner: 'A B'}\n  alphintra:networks: {}\n")
    assert len(str(caught.value).splitlines()) == 3


def test_overlay_leaves_its_arguments_alone() -> None:
    base, over = {"a": {"b": 1, "c": [1]}, "d": 1}, {"a": {"b": 2}, "e": None}
    before = json.dumps([base, over])
    assert overlay(base, over) == {"a": {"b": 2, "c": [1]}, "d": 1, "e": None}
    assert json.dumps([base, over]) == before
