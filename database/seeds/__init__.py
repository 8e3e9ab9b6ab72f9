"""What is in databases that are not production's (section 14.1): sample data for dev, anonymised copies for staging.

python -m database.seeds sample --users 100         into an empty database, the same rows for the same seed
python -m database.seeds anonymise --database NAME  a copy of production, before anybody else sees it
"""
