"""Operators' verbs behind the launcher: one module per verb, each with `run(settings, arguments) -> exit code`."""
