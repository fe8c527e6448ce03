"""One module per outside system: small, typed, no rules of ours."""
