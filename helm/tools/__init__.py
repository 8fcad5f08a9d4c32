"""What is made from something else in the chart: `python -m helm.tools` (`make chart`) makes it."""
