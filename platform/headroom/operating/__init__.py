"""Operators' verbs behind the launcher: one module per verb, each with `main(arguments) -> exit code`."""
