"""The PyTorch engine of Neural Modules: lowering, training, evaluation, inference, checkpoints."""
