"""Labelled histories, made up: crises, look-alikes of crises, and ordinary weeks, with seeds.

`kinds/*.toml` tell what happens and hold what people write, by hand; chance decides who says what
when (`cascade`, `people`, `words`), `tell` and `week` put it together, `label` says what it was.
The policy is fitted on the kinds of one split and tested on those of the other.
"""
