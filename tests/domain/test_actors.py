from __future__ import annotations

import pytest

from domain.actors import Role


@pytest.mark.parametrize(
    ("role", "covered"),
    [
        (Role.VIEWER, {Role.VIEWER}),
        (Role.INTEGRATION, {Role.VIEWER, Role.INTEGRATION}),
        (Role.EDITOR, {Role.VIEWER, Role.INTEGRATION, Role.EDITOR}),
        (Role.OWNER, {Role.VIEWER, Role.INTEGRATION, Role.EDITOR, Role.OWNER}),
    ],
)
def test_a_role_covers_itself_and_the_ones_before_it(role: Role, covered: set[Role]) -> None:
    assert {needed for needed in Role if role.covers(needed)} == covered
