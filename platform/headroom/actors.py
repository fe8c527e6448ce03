"""Who acts: a frozen value that doors pass to verbs, never an ORM object."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Actor:
    """A person in a session, or a named part of the system (worker, timer, webhook)."""

    person_id: str | None
    session_id: str | None = None
    capabilities: frozenset[str] = field(default_factory=frozenset)
    locale: str = "en"
    name: str | None = None

    @classmethod
    def system(cls, name: str) -> Actor:
        """The system itself, e.g. `Actor.system("timer")`; has no session and no capabilities."""
        return cls(person_id=None, name=name)

    @property
    def is_system(self) -> bool:
        return self.person_id is None and self.name is not None

    @property
    def label(self) -> str:
        """How logs and the audit name the actor: a person's id or `system:<name>`, never a personal name."""
        return self.person_id or f"system:{self.name or 'anonymous'}"

    def has(self, capability: str) -> bool:
        return capability in self.capabilities
