"""Domain values as documents and back: pure functions, one pair a value, each pair a round trip."""

from persistence.documents.automations import (
    from_attempt,
    from_automation,
    from_delivery,
    to_automation,
    to_delivery,
)
from persistence.documents.common import Document, from_actor, present, to_actor, to_moment, to_position
from persistence.documents.conditions import from_condition, to_condition
from persistence.documents.configuration import (
    from_job,
    from_level_set,
    from_rule_set,
    to_job,
    to_level_set,
    to_rule_set,
)
from persistence.documents.history import from_activity, from_score_change, to_activity, to_score_change
from persistence.documents.leads import (
    NEVER,
    from_lead,
    from_name,
    lead_update,
    to_lead,
    to_names,
    told_update,
)

__all__ = [
    "NEVER",
    "Document",
    "from_activity",
    "from_actor",
    "from_attempt",
    "from_automation",
    "from_condition",
    "from_delivery",
    "from_job",
    "from_lead",
    "from_level_set",
    "from_name",
    "from_rule_set",
    "from_score_change",
    "lead_update",
    "present",
    "to_activity",
    "to_actor",
    "to_automation",
    "to_condition",
    "to_delivery",
    "to_job",
    "to_lead",
    "to_level_set",
    "to_moment",
    "to_names",
    "to_position",
    "to_rule_set",
    "to_score_change",
    "told_update",
]
