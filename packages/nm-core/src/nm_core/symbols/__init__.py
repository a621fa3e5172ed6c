"""Ports, parameters, symbolic tensors, and the recording of calls on them."""
