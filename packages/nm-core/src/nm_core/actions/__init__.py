"""The actions train, eval and infer: requests, results, the protocol of a backend, and the factory."""
