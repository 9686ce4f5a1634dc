"""Whom and what the names in a file mean: clinicians, services, locations and clients of the practice. Pure.

Here live look-ups by name on values that were read before. The one invariant: a name leads to exactly one
person or thing, or to a reason; two clients of one name are told apart by number or birth date or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, TypeVar

from scheduler.imports.columns import Columns, Field, squeezed
from scheduler.imports.reasons import Bad, BadCell, Reason
from scheduler.imports.rows import AppointmentRow, BadRow, HoursRow, Person
from scheduler.people.store import Clinician, Location, Service

_Choice = TypeVar("_Choice", Service, Location)
_TITLE: Final = re.compile(r"^(?:dr|prof|mr|mrs|ms|mx|miss)\b\.?\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class KnownClient:
    """A client of the practice as far as a file can name one."""

    id: str
    first: str = field(repr=False)
    last: str = field(repr=False)
    preferred: str | None = field(repr=False)
    birth_date: date | None = field(repr=False)
    record_number: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Resolved:
    """An appointment row with everybody and everything in it known."""

    row: AppointmentRow
    client_id: str
    clinician_id: str
    service: Service
    location: Location


class Clients:
    """The practice's clients by record number and by name."""

    def __init__(self, clients: Iterable[KnownClient]) -> None:
        self._by_number: dict[str, str] = {}
        self._by_name: dict[str, dict[str, date | None]] = {}
        for client in clients:
            if client.record_number:
                self._by_number[client.record_number.strip().casefold()] = client.id
            for first in {client.first, client.preferred or client.first}:
                self._by_name.setdefault(squeezed(first + client.last), {})[client.id] = client.birth_date

    def find(self, person: Person) -> str | Bad:
        """The one client a row is about: by number if it has one, else by name, else by name and birth date."""
        if person.record_number is not None:
            found = self._by_number.get(person.record_number.casefold())
            if found is not None:
                return found
        named = self._by_name.get(squeezed(person.first + person.last), {})
        born = person.birth_date
        if born is not None:
            # A birth date on both sides has to agree; one that we never knew does not exclude anybody.
            named = {id_: on_file for id_, on_file in named.items() if on_file in (None, born)}
            exact = [id_ for id_, on_file in named.items() if on_file == born]
            if len(exact) == 1:
                return exact[0]
        if len(named) == 1:
            return next(iter(named))
        return Bad(Reason.SEVERAL_CLIENTS if named else Reason.UNKNOWN_CLIENT)


class Directory:
    """Clinicians, services and locations by the names files use, and what stands in for those not named."""

    def __init__(
        self,
        clinicians: Sequence[Clinician],
        services: Sequence[Service],
        locations: Sequence[Location],
        *,
        default_service_id: str | None = None,
        default_location_id: str | None = None,
    ) -> None:
        self._clinicians = _by_keys((key, one.id) for one in clinicians for key in _clinician_keys(one.name))
        self._services = services
        self._locations = {squeezed(one.name): one for one in locations}
        self._service = _stand_in(services, default_service_id)
        self._location = _stand_in(locations, default_location_id)
        # Chosen by a person, a stand-in also serves names that nobody knows; picked because it is the only one,
        # it does not.
        self._service_is_chosen = default_service_id is not None
        self._location_is_chosen = default_location_id is not None

    def clinician(self, name: str) -> str | Bad:
        """The clinician's id; titles and what follows a comma do not matter."""
        found = next((self._clinicians[key] for key in _clinician_keys(name) if key in self._clinicians), None)
        return Bad(Reason.UNKNOWN_CLINICIAN) if found is None else found

    def service(self, name: str | None) -> Service | Bad:
        """The service of this name, or the one whose name has it as a word ("90837" in "Individual 90837")."""
        if name is not None:
            wanted = squeezed(name)
            named = [one for one in self._services if squeezed(one.name) == wanted]
            coded = [one for one in self._services if wanted in map(squeezed, one.name.split())]
            found = named or coded
            if len(found) == 1:
                return found[0]
        if self._service is not None and (name is None or self._service_is_chosen):
            return self._service
        return Bad(Reason.UNKNOWN_SERVICE)

    def location(self, name: str | None) -> Location | Bad:
        """The location of this name, or the stand-in."""
        if name is not None and squeezed(name) in self._locations:
            return self._locations[squeezed(name)]
        if self._location is not None and (name is None or self._location_is_chosen):
            return self._location
        return Bad(Reason.UNKNOWN_LOCATION)


def resolve_appointment(
    row: AppointmentRow, directory: Directory, clients: Clients, columns: Columns
) -> Resolved | BadRow:
    """The row with its names looked up, or every name that leads nowhere."""
    found = (
        clients.find(row.person),
        directory.clinician(row.clinician),
        directory.service(row.service),
        directory.location(row.location),
    )
    client_id, clinician_id, service, location = found
    if (
        isinstance(client_id, Bad)
        or isinstance(clinician_id, Bad)
        or isinstance(service, Bad)
        or isinstance(location, Bad)
    ):
        headers = (
            _person_header(columns),
            *(columns.header(f) for f in (Field.CLINICIAN, Field.SERVICE, Field.LOCATION)),
        )
        cells = [BadCell(row.line, h, f.reason) for h, f in zip(headers, found, strict=True) if isinstance(f, Bad)]
        return BadRow(row.line, tuple(cells))
    return Resolved(row, client_id, clinician_id, service, location)


def resolve_hours(row: HoursRow, directory: Directory, columns: Columns) -> tuple[str, Location] | BadRow:
    """Whose hours a row holds and where, or the names that lead nowhere."""
    clinician_id, location = directory.clinician(row.clinician), directory.location(row.location)
    if isinstance(clinician_id, Bad):
        return BadRow(row.line, (BadCell(row.line, columns.header(Field.CLINICIAN), clinician_id.reason),))
    if isinstance(location, Bad):
        return BadRow(row.line, (BadCell(row.line, columns.header(Field.LOCATION), location.reason),))
    return clinician_id, location


def _stand_in(choices: Sequence[_Choice], chosen_id: str | None) -> _Choice | None:
    if chosen_id is not None:
        return next((one for one in choices if one.id == chosen_id), None)
    active = [one for one in choices if one.active]
    return active[0] if len(active) == 1 else None


def _clinician_keys(name: str) -> tuple[str, str]:
    return squeezed(name), squeezed(_TITLE.sub("", name.partition(",")[0].strip()))


def _by_keys(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    shared: set[str] = set()
    for key, id_ in pairs:
        if found.setdefault(key, id_) != id_:
            shared.add(key)
    return {key: id_ for key, id_ in found.items() if key not in shared}


def _person_header(columns: Columns) -> str:
    for name in (Field.FULL_NAME, Field.LAST_NAME, Field.RECORD_NUMBER):
        if name in columns.at:
            return columns.header(name)
    return Field.FULL_NAME.value
