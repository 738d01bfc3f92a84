"""Templates: ready-made levels and rules to start from."""

from __future__ import annotations

import strawberry

from api.types.levels import Level
from api.types.rules import Rule
from domain import templates as domain


@strawberry.type(description="A trade's ready-made levels and rules, to start from and then make one's own.")
class Template:
    name: str = strawberry.field(description="What `quickStart` takes.")
    title: str = strawberry.field(description="The trade.")
    description: str = strawberry.field(description="For whom it is, and what makes a lead hot.")
    levels: list[Level] = strawberry.field(description="The engagement levels, lowest first.")
    profile_levels: list[Level] = strawberry.field(description="The profile levels, lowest first.")
    rules: list[Rule] = strawberry.field(description="The rules, each named by its reason.")

    @classmethod
    def of(cls, template: domain.Template) -> Template:
        return cls(
            name=template.name,
            title=template.title,
            description=template.description,
            levels=[Level.of(each) for each in template.engagement],
            profile_levels=[Level.of(each) for each in template.profile],
            rules=[Rule.of(each) for each in template.rules],
        )
