"""Fitting the policy: from histories whose outcome is known to weights and levels.

`looks` shows the decision histories and writes down the evidence, `fit` finds the weights, `levels`
the scores at which levels are reached, `written` puts them into a policy file. May import
`scoring`, `streams.histories` and numpy; nothing of the worker.
"""
