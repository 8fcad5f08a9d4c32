"""The chart, rendered by real Helm and checked with Kubernetes' schemas and promtool."""
