"""Who lives in the demo: invented people with numbers reserved for fiction (555-01xx).

Client names are uncommon on purpose and differ from every staff name, so that finding one anywhere in the database
file or a log would be a leak and not a coincidence.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clinician:
    """A clinician, the weekdays they work (0 = Monday) and their hours in minutes after midnight."""

    name: str
    weekdays: tuple[int, ...]
    start_minute: int
    end_minute: int


@dataclass(frozen=True, slots=True)
class Person:
    """A client. `number` is the last two digits of 206-555-01xx; couples share an appointment, siblings a phone."""

    first: str
    last: str
    born: str
    number: int
    language: str = "en"
    preferred: str | None = None
    payer: str = "insurance"


CLINICIANS = (
    Clinician("Dr. Miriam Holloway", (0, 1, 2, 3), 9 * 60, 17 * 60),
    Clinician("Tobias Renner, LCSW", (0, 1, 2, 3, 4), 10 * 60, 18 * 60),
    Clinician("Dr. Priscilla Nakamura", (1, 2, 3, 4), 8 * 60, 16 * 60),
    Clinician("Desmond Achterberg, LMFT", (0, 2, 3, 4), 11 * 60, 19 * 60),
)

CLIENTS = (
    Person("Anneliese", "Torvald", "1988-02-14", 1),
    Person("Bartholomew", "Quigley", "1975-07-30", 2),
    Person("Consuelo", "Iturbide", "1991-11-05", 3, "es"),
    Person("Dashiell", "Wexford", "2001-03-22", 4),
    Person("Evangeline", "Marchetti", "1969-09-17", 5),
    Person("Ferdinand", "Okonkwo", "1983-01-08", 6),
    Person("Guinevere", "Salazar", "1996-06-12", 7, payer="self"),
    Person("Hyacinth", "Bergstrom", "1979-12-01", 8),
    Person("Ignatius", "Villanueva", "1986-04-27", 9, "es"),
    Person("Josephina", "Lindqvist", "1993-08-19", 10),
    Person("Kristofer", "Abernathy", "1971-05-03", 11),
    Person("Leocadia", "Montalvo", "1999-10-25", 12, "es"),
    Person("Mortimer", "Fitzgibbon", "1964-02-09", 13, payer="medicare"),
    Person("Natasha", "Dragomirov", "1990-07-07", 14),
    Person("Octavian", "Pemberton", "1982-03-15", 15),
    Person("Philippa", "Grunewald", "1977-11-29", 16),
    Person("Quintessa", "Roxbury", "2003-01-18", 17),
    Person("Rosalinda", "Escamilla", "1985-09-02", 18, "es"),
    Person("Sebastien", "Delacroix", "1994-12-21", 19),
    Person("Theodora", "Karagiannis", "1968-06-30", 20),
    Person("Ulyssandra", "Whitcombe", "1998-04-11", 21),
    Person("Valentino", "Ferragamo", "1987-08-23", 22),
    Person("Wilhelmina", "Stadtler", "1973-10-14", 23),
    Person("Xiomara", "Valdivieso", "1992-05-28", 24, "es"),
    Person("Yevgenia", "Petrovskaya", "1980-01-31", 25),
    Person("Zachariah", "Thistlewood", "2000-09-09", 26, preferred="Zacharee"),
    Person("Alessandra", "Bonaventura", "1989-07-16", 27),
    Person("Benedikta", "Halvorsen", "1976-03-04", 28),
    Person("Casimir", "Wolanski", "1995-11-12", 29),
    Person("Delphinia", "Crowhurst", "1984-02-26", 30),
    Person("Emiliano", "Zaragoza", "1997-06-05", 31, "es"),
    Person("Florentina", "Castellanos", "1970-12-17", 32, "es"),
    Person("Gwendolyn", "Ashdowne", "1981-08-08", 33),
    Person("Hieronymus", "Vandermeer", "1966-04-20", 34, payer="medicaid"),
    Person("Isadora", "Calloway", "2002-10-03", 35),
    Person("Jedediah", "Muldoon", "1978-05-24", 36),
    Person("Katarzyna", "Szymborska", "1993-01-13", 37),
    Person("Lysander", "Hawthorne", "1986-09-27", 38),
    Person("Magdalena", "Oyarzabal", "1974-07-01", 39, "es"),
    Person("Nathaniel", "Underhill", "1999-03-19", 40),
    Person("Ophelia", "Brackenridge", "1988-11-23", 41),
    Person("Percival", "Templeton", "1972-06-16", 42),
    Person("Quenby", "Strickland", "1996-02-02", 43),
    Person("Reginald", "Farnsworth", "1965-10-10", 44, payer="medicare"),
    Person("Seraphina", "Duvalier", "1991-04-04", 45),
    Person("Thaddeus", "Ravenscroft", "1983-12-28", 46),
    Person("Umberto", "Santangelo", "1979-08-15", 47),
    Person("Veronique", "Beauchamp", "1994-05-09", 48),
    Person("Winifred", "Oakhurst", "1967-01-25", 49),
    Person("Xanthippe", "Papadakis", "2001-07-20", 50),
    Person("Yolanda", "Monteverde", "1985-03-11", 51, "es"),
    Person("Zebediah", "Carmichael", "1977-09-06", 52),
    Person("Araminta", "Lockwood", "1990-06-22", 53),
    Person("Barnabas", "Eversleigh", "1969-02-18", 54),
    Person("Clementine", "Dubrovnik", "1998-12-07", 55, payer="self"),
    Person("Demetrius", "Papworth", "1982-10-31", 56),
    Person("Esmeralda", "Quintanilla", "1995-08-01", 57, "es"),
    Person("Florizel", "Hargreaves", "1976-04-14", 58),
    Person("Griselda", "Winterbourne", "1987-11-18", 59),
    Person("Horatio", "Blackthorne", "1992-01-09", 60),
)
