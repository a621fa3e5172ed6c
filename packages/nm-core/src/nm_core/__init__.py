"""Neural modules, graphs, applications and plugins, free of any framework."""
