"""Flows: a graph of nodes that somebody drew, decided from values alone.

`decide` gets a flow, where a person is in it, and what happened; it returns where they are now and what is to be done.
It knows no clock, no database and no model: what has to be found out is an effect, and comes back as a signal.
"""
