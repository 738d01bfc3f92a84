"""What a new workspace can start from."""

from __future__ import annotations

import strawberry

from api.context import Info
from api.types.templates import Template
from domain.actors import Role
from domain.templates import TEMPLATES


@strawberry.type
class TemplateQueries:
    @strawberry.field(description="Levels and rules by trade, for `quickStart`. Needs VIEWER.")
    def templates(self, info: Info) -> list[Template]:
        info.context.allow(Role.VIEWER)
        return [Template.of(each) for each in TEMPLATES.values()]
