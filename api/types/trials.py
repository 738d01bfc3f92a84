"""What rules would do, shown without doing it."""

from __future__ import annotations

import strawberry

from api.types.automations import Automation
from api.types.leads import ScorePart
from api.types.standings import Standing
from domain.levels import Dimension
from domain.scoring import Scoring
from domain.trial import Trial


@strawberry.type(description="What rules would make of a lead. Nothing is stored.")
class RuleTest:
    before: Standing = strawberry.field(description="Where the lead stands.")
    after: Standing = strawberry.field(description="Where it would stand.")
    trial: strawberry.Private[Trial]
    scoring: strawberry.Private[Scoring]

    @strawberry.field(
        description="What every rule would give, in the order of the activities, and why it would give less."
    )
    def parts(self) -> list[ScorePart]:
        own = (entry for entry in self.trial.entries if entry.dimension is self.after.dimension)
        rules = self.scoring.rules
        return [ScorePart.of(part, rules.rule(part.rule_id or "")) for entry in own for part in entry.parts]

    @strawberry.field(description="The automations that it would set off, as often as it would.")
    def firings(self) -> list[Automation]:
        return [Automation.of(each.automation) for each in self.trial.firings]

    @classmethod
    def of(cls, trial: Trial, dimension: Dimension, scoring: Scoring) -> RuleTest:
        before, after = (Standing.of(dimension, lead, scoring) for lead in (trial.before, trial.after))
        return cls(before=before, after=after, trial=trial, scoring=scoring)
