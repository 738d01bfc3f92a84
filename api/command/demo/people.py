"""Who the demo's leads are: made up, at example domains, and the same for the same *chance*."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from random import Random

from domain.leads import LeadEdit, LeadRef, RefKind

PEOPLE = 120  # enough for a pyramid, few enough to see the same names come back
TAG = "demo"

_FIRST = (
    "Amara Anouk Bruno Chiara Dmitri Elif Emeka Freya Giulia Hana Ines Jonas Kofi Lena Mateo Mei Nadia Oskar "
    "Priya Quentin Rosa Samir Tomoko Uma Viktor Wanda Ximena Yusuf Zoe"
)
_LAST = (
    "Adeyemi Bauer Costa Dubois Eriksen Fischer Garcia Haddad Ivanova Jansen Kowalski Larsen Moreau Nakamura "
    "Okafor Patel Quinn Rossi Schmidt Tanaka Umar Vargas Weber Yilmaz"
)
_COMPANIES = (  # name, industry, people employed
    ("Alder & Finch", "Legal services", 35),
    ("Bluebird Logistics", "Transport", 420),
    ("Cobalt Robotics", "Manufacturing", 180),
    ("Driftwood Hotels", "Hospitality", 900),
    ("Ember Analytics", "Software", 60),
    ("Fernhill Clinics", "Health care", 240),
    ("Granite Insurance", "Insurance", 2_100),
    ("Harbor Foods", "Food", 310),
    ("Iris Education", "Education", 85),
    ("Juniper Homes", "Real estate", 45),
    ("Kestrel Software", "Software", 130),
    ("Lumen Energy", "Energy", 1_500),
    ("Marble Studio", "Design", 8),
    ("Northwind Bikes", "Retail", 25),
    ("Orchard Finance", "Banking", 640),
)
_TITLES = {  # and how well each fits, in points
    "Head of Sales": 30,
    "Founder": 25,
    "Marketing Director": 25,
    "Sales Manager": 20,
    "Operations Manager": 10,
    "Office Manager": 5,
    "Intern": -10,
}
_OUR_SIZE = range(50, 501)  # people employed by those we sell to best
_COUNTRIES = (
    "Austria",
    "Brazil",
    "Canada",
    "France",
    "Germany",
    "Ghana",
    "India",
    "Japan",
    "Poland",
    "Spain",
)
_TAGS = ("newsletter", "partner", "trade fair", "trial", "webinar")


@dataclass(frozen=True, slots=True)
class Person:
    """A lead before Tierwire knows it."""

    external_id: str
    name: str
    company: str
    industry: str
    employees: int
    title: str
    country: str
    tags: tuple[str, ...]

    @property
    def ref(self) -> LeadRef:
        return LeadRef(RefKind.EXTERNAL_ID, self.external_id)

    @property
    def email(self) -> str:
        domain = "".join(filter(str.isalpha, self.company)).lower()
        return f"{self.name.lower().replace(' ', '.')}@{domain}.example"

    @property
    def edit(self) -> LeadEdit:
        """All that is known of them."""
        return LeadEdit(
            {"name": self.name, "email": self.email, "company": self.company},
            {
                "title": self.title,
                "industry": self.industry,
                "employees": self.employees,
                "country": self.country,
            },
            (TAG, *self.tags),
        )

    @property
    def fit(self) -> tuple[tuple[str, int], ...]:
        """Reasons why they are, or are not, whom a sales team looks for, and what each is worth."""
        size = 20 if self.employees in _OUR_SIZE else 5
        return (self.title, _TITLES[self.title]), (f"{self.employees:,} employees", size)


def people(chance: Random) -> tuple[Person, ...]:
    """All the people, no name twice."""
    names = chance.sample(list(product(_FIRST.split(), _LAST.split())), PEOPLE)
    return tuple(
        Person(
            f"crm-{number}",
            " ".join(name),
            *chance.choice(_COMPANIES),
            title=chance.choice(list(_TITLES)),
            country=chance.choice(_COUNTRIES),
            tags=tuple(sorted(chance.sample(_TAGS, chance.randint(0, 2)))),
        )
        for number, name in enumerate(names, 1001)
    )
