"""Neural types: what the axes of a tensor mean, checked while a graph is built."""
