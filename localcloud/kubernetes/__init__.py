"""The stand-in for Kubernetes' API servers, `pulumi-resource-kubernetes`."""
