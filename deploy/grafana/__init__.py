"""Grafana boards as code: `python -m deploy.grafana` writes `boards/*.json` anew.

Built with the Grafana Foundation SDK (https://grafana.github.io/grafana-foundation-sdk), for
Grafana 11.6 and later. Nothing else of the project imports this.
"""
