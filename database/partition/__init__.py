"""Makes a plain table a partitioned one while it is written to: `python -m database.partition TABLE --by COLUMN ...`."""
