"""What a reviewer needs to know of a change: the difference between what two revisions declare, in one comment."""
