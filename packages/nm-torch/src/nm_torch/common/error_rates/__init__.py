"""Word and character error rates, and the edit distance behind them."""

from nm_torch.common.error_rates.edit_distance import Edits, count_edits
from nm_torch.common.error_rates.error_rate import CharacterErrorRate, ErrorRate, WordErrorRate

__all__ = ["CharacterErrorRate", "Edits", "ErrorRate", "WordErrorRate", "count_edits"]
