"""Graphs cut out of recorded calls: their order, their plan, graphs as modules, checks left for run time."""
