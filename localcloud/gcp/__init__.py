"""Google Cloud: `types/*.toml` and `shapes/*.json` say what exists, `rules/` what is refused, `cloud.py` does the rest."""
