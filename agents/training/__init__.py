"""Teaching a small model to read by label probabilities; needs the extra `train` (torch, transformers, peft)."""
