"""The gate before the encoder: `table` answers, `training` fits it, `figures` measures it."""
