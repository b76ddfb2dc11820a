"""The four roles of a team, least first."""

from django.db import models


class Role(models.TextChoices):
    """What a person may do in a team: look (viewer), search and export (researcher), manage data and other
    people's runs (maintainer), manage people (owner)."""

    VIEWER = "viewer", "viewer"
    RESEARCHER = "researcher", "researcher"
    MAINTAINER = "maintainer", "maintainer"
    OWNER = "owner", "owner"

    @property
    def rank(self) -> int:
        """0 for the least role; a role includes every role of a lower rank."""
        return list(Role).index(self)

    def includes(self, other: "Role") -> bool:
        """True when this role may do all that ``other`` may."""
        return self.rank >= Role(other).rank

    def and_above(self) -> list["Role"]:
        """This role and every greater one, for a filter on memberships."""
        return [role for role in Role if role.includes(self)]
