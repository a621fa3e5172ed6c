"""Language modelling and translation as typed neural modules."""
