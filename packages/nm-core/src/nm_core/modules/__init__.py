"""Neural modules: components with typed ports, composites, metrics, views and free inputs."""
