"""Where Pulumi keeps the state of what it makes at Google, and the key of the secrets in it: made before anything else is.

State cannot live in what it describes, so the bucket and its keys are outside the program: `make state-backend` makes them.
"""
