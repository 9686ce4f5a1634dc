"""The names of a practice's clinicians, services and places, read once for a page.

Invariant: names of the inactive are kept too, since old visits still bear them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from scheduler.core.record import Reading
from scheduler.people import store as people
from scheduler.people.store import Clinician, Location, Service


@dataclass(frozen=True, slots=True)
class Names:
    """By id."""

    clinicians: Mapping[str, Clinician]
    services: Mapping[str, Service]
    locations: Mapping[str, Location]

    def clinician(self, clinician_id: str) -> str:
        """A clinician's name."""
        found = self.clinicians.get(clinician_id)
        return found.name if found else "No longer on file"

    def service(self, service_id: str) -> str:
        """A service's name."""
        found = self.services.get(service_id)
        return found.name if found else "No longer on file"

    def location(self, location_id: str) -> str:
        """A place's name."""
        found = self.locations.get(location_id)
        return found.name if found else "No longer on file"

    def working(self) -> tuple[Clinician, ...]:
        """The clinicians who can be booked, by name."""
        return tuple(each for each in self.clinicians.values() if each.active)

    def offered(self) -> tuple[Service, ...]:
        """The services that can be booked, by name."""
        return tuple(each for each in self.services.values() if each.active)


async def names(r: Reading) -> Names:
    """All of them, by name."""
    return Names(
        {each.id: each for each in await people.clinicians(r)},
        {each.id: each for each in await people.services(r)},
        {each.id: each for each in await people.locations(r)},
    )
