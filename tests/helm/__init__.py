"""Tests of the chart: real Helm renders it, Kubernetes' own schemas and promtool check the result."""
