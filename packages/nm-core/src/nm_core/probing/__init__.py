"""Inputs with which a module is probed: ways to use its ports, sizes that they ask for, values as plain lists."""
