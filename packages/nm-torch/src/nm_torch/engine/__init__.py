"""The engine: training, evaluation and inference over lowered graphs."""
