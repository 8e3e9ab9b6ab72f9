"""The policy pack: what no environment may look like, checked by the engine before anything is created."""
