"""How long an `up` takes at Google: when each resource is made, the longest chain, and what makes it longer."""
