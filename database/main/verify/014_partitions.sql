\set objects 'maintain_partitions(timestamptz) ops.drop_partitions_behind(name,timestamptz) ops.partitions(name) ops.ensure_partition(name,timestamptz) ops.partition_name(name,text,timestamptz) ops.partition_policies'
\ir ../lib/verify.sql
