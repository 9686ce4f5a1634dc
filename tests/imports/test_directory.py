"""Names in a file to people and things of the practice."""

from datetime import date

import pytest

from scheduler.imports.directory import Clients, Directory, KnownClient
from scheduler.imports.reasons import Bad, Reason
from scheduler.imports.rows import Person
from scheduler.people.store import Clinician, Location, Service

BORN = date(1984, 6, 15)
CLIENTS = Clients(
    [
        KnownClient("1", "Ana", "Lee", "Annie", BORN, "SP-7"),
        KnownClient("2", "John", "Smith", None, date(1970, 1, 1), None),
        KnownClient("3", "John", "Smith", None, date(1990, 2, 2), "9"),
        KnownClient("4", "Ana María", "de la Cruz", None, None, None),
        KnownClient("5", "Jo", "Park", None, None, None),
        KnownClient("6", "Jo", "Park", None, BORN, None),
    ]
)


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        (Person("sp-7", "", "", None), "1"),
        (Person("SP-7", "Someone", "Else", None), "1"),
        (Person(None, "ana", "LEE", None), "1"),
        (Person(None, "Annie", "Lee", None), "1"),
        (Person(None, "Ana", "Lee", BORN), "1"),
        (Person(None, "Ana María de la", "Cruz", None), "4"),
        (Person(None, "John", "Smith", date(1990, 2, 2)), "3"),
        (Person("9", "John", "Smith", None), "3"),
        (Person("unknown", "Ana", "Lee", None), "1"),
        (Person(None, "Jo", "Park", BORN), "6"),
        (Person(None, "Ana", "Lee", date(2001, 1, 1)), Bad(Reason.UNKNOWN_CLIENT)),
        (Person(None, "John", "Smith", None), Bad(Reason.SEVERAL_CLIENTS)),
        (Person(None, "Jo", "Park", None), Bad(Reason.SEVERAL_CLIENTS)),
        (Person(None, "Nobody", "Here", None), Bad(Reason.UNKNOWN_CLIENT)),
        (Person("404", "", "", None), Bad(Reason.UNKNOWN_CLIENT)),
    ],
)
def test_clients_are_found_by_number_name_and_birth_date(person: Person, expected: str | Bad):
    assert CLIENTS.find(person) == expected


CLINICIANS = [
    Clinician("k", "Dr. Min Kim", True),
    Clinician("e", "Gabriella Evans, LCSW", False),
    Clinician("p1", "Sam Poe, PhD", True),
    Clinician("p2", "Sam Poe, MD", True),
]


def service(id_: str, name: str, *, active: bool = True) -> Service:
    return Service(id_, name, 50, 0, 10, 1, "in_person", 15_000, "psychotherapy", active)


SERVICES = [service("i", "Individual 90837"), service("c", "Couples session"), service("o", "Old", active=False)]
LOCATIONS = [
    Location("m", "Main office", "America/New_York", True),
    Location("w", "Westside", "America/New_York", True),
]
DIRECTORY = Directory(CLINICIANS, SERVICES, LOCATIONS)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Dr. Min Kim", "k"),
        ("min kim", "k"),
        ("Min Kim, PsyD", "k"),
        ("Gabriella Evans", "e"),
        ("Dr Gabriella Evans", "e"),
        ("Sam Poe, MD", "p2"),
        ("Sam Poe", Bad(Reason.UNKNOWN_CLINICIAN)),
        ("Kim", Bad(Reason.UNKNOWN_CLINICIAN)),
    ],
)
def test_clinicians_are_found_whatever_their_titles(name: str, expected: str | Bad):
    assert DIRECTORY.clinician(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("couples session", "c"), ("90837", "i"), ("Old", "o"), ("Massage", None), ("90834", None), (None, None)],
)
def test_services_are_found_by_name_or_code(name: str | None, expected: str | None):
    found = DIRECTORY.service(name)
    assert (found.id if isinstance(found, Service) else None) == expected
    assert isinstance(found, Service) or found == Bad(Reason.UNKNOWN_SERVICE)


@pytest.mark.parametrize(("name", "expected"), [("MAIN OFFICE", "m"), ("Attic", None), (None, None)])
def test_locations_are_found_by_name(name: str | None, expected: str | None):
    found = DIRECTORY.location(name)
    assert (found.id if isinstance(found, Location) else None) == expected


def test_the_only_service_and_place_stand_in_for_none_but_not_for_unknown_ones():
    one = Directory(CLINICIANS, [SERVICES[0], SERVICES[2]], LOCATIONS[:1])
    assert one.service(None) == SERVICES[0]
    assert one.location(None) == LOCATIONS[0]
    assert one.service("Massage") == Bad(Reason.UNKNOWN_SERVICE)
    assert one.location("Attic") == Bad(Reason.UNKNOWN_LOCATION)


def test_a_chosen_service_and_place_stand_in_for_unknown_ones_too():
    chosen = Directory(CLINICIANS, SERVICES, LOCATIONS, default_service_id="c", default_location_id="w")
    assert chosen.service("Massage") == SERVICES[1]
    assert chosen.location("Attic") == LOCATIONS[1]
    assert chosen.service("90837") == SERVICES[0]
