"""Every table of the record, for both engines. No rows are read or written here.

Reading guide: a column ending in `_ct` is ciphertext (scheduler/core/vault.py), one ending in `_ix` a blind index.
Times are UTC (UtcTime); `*_minute` columns are minutes after local midnight; amounts are minor currency units.
Invariant: every key starts with the practice, and so does every foreign key, so a row cannot point across practices.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcTime(TypeDecorator[datetime]):
    """An instant. Takes aware values only, gives aware UTC back, on both engines alike.

    SQLite has no zone-aware type: it stores the UTC wall-clock with six decimals, so that text order is time order.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive values: they mean three different instants on three drivers."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive_datetime")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 -- SQLAlchemy calls it so
        """Aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Id = String(32)
Word = String(40)


def _key(*names: str) -> PrimaryKeyConstraint:
    return PrimaryKeyConstraint("practice_id", *names)


def _to(table: str, column: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["practice_id", column], [f"{table}.practice_id", f"{table}.id"])


def _practice() -> tuple[Column[Any], ForeignKeyConstraint]:
    return Column("practice_id", Id, nullable=False), ForeignKeyConstraint(["practice_id"], ["practice.id"])


def _sealed(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, LargeBinary, nullable=nullable)


def _instant(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, UtcTime(), nullable=nullable)


# --- the practice and its people -------------------------------------------------------------------------------

practice = Table(
    "practice",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", String(120), nullable=False),  # for staff only; the label is what clients read
    Column("label", String(20), nullable=False),  # neutral, <= 20 characters, in every text
    Column("office_phone", String(20), nullable=False),  # as printed in texts
    Column("sender", String(20), nullable=False),  # E.164 number texts come from
    Column("email_from", String(120)),
    Column("zone", String(40), nullable=False),
    Column("locale", String(10), nullable=False),  # en_US: dates in imports and on pages
    Column("region", String(2), nullable=False),  # US: phone numbers without a country code
    Column("currency", String(3), nullable=False),
    Column("language", String(5), nullable=False),
    Column("send_from_minute", Integer, nullable=False),
    Column("send_until_minute", Integer, nullable=False),
    Column("daily_cap", Integer, nullable=False),
    Column("weekly_cap", Integer, nullable=False),
    Column("opening_grace_minutes", Integer, nullable=False),
    Column("offer_hold_minutes", Integer, nullable=False),
    Column("late_cancel_hours", Integer, nullable=False),  # when a cancellation is late, without a fee policy
    Column("stop_mode", Word, nullable=False),  # carrier: it confirms STOP itself; ours: we do
    Column("plain_letters", Boolean, nullable=False),  # Spanish without accents: one segment instead of two
    Column("crisis_country", String(2), nullable=False),
    Column("alert_email", String(120)),  # the on-call person of the practice
    Column("alert_phone", String(20)),  # the same person's phone, E.164: distress reaches it by text as well
    Column("second_email", String(120)),  # who is alerted when the first does not take it up
    Column("second_phone", String(20)),
    Column("subdivision", String(3)),  # NY: the state whose hours for texts are kept, see messages/quiet_hours.py
    Column("strict_hours", Boolean, nullable=False, server_default=false()),  # ... for reminders as well
    Column("follow_ups", Boolean, nullable=False, server_default=false()),  # clients may book a next visit by text
    Column("demo", Boolean, nullable=False),
    Column("data_key", LargeBinary, nullable=False),
    _instant("created_at"),
)

location = Table(
    "location",
    metadata,
    *_practice(),
    Column("id", Id, nullable=False),
    Column("name", String(120), nullable=False),
    Column("zone", String(40), nullable=False),
    Column("active", Boolean, nullable=False),
    _key("id"),
)

clinician = Table(
    "clinician",
    metadata,
    *_practice(),
    Column("id", Id, nullable=False),
    Column("name", String(120), nullable=False),
    Column("active", Boolean, nullable=False),
    _key("id"),
)

service = Table(
    "service",
    metadata,
    *_practice(),
    Column("id", Id, nullable=False),
    Column("name", String(120), nullable=False),
    Column("duration_minutes", Integer, nullable=False),
    Column("buffer_before_minutes", Integer, nullable=False),
    Column("buffer_after_minutes", Integer, nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("modality", Word, nullable=False),  # in_person | telehealth
    Column("fee_minor", Integer, nullable=False),
    Column("code_family", Word, nullable=False),  # psychotherapy | timed_15 | untimed | none
    Column("active", Boolean, nullable=False),
    Column("offers_seats", Boolean, nullable=False, server_default=false()),  # a free place is for the waitlist
    _key("id"),
)

client = Table(
    "client",
    metadata,
    *_practice(),
    Column("id", Id, nullable=False),
    Column("data_key", LargeBinary, nullable=False),
    _sealed("name_ct"),  # legal name: JSON [first, last]
    _sealed("preferred_name_ct", nullable=True),
    _sealed("birth_date_ct", nullable=True),
    _sealed("record_number_ct", nullable=True),  # the id in the system the client was imported from
    Column("record_number_ix", LargeBinary),
    Column("import_key_ix", LargeBinary),  # what makes a second import of the same row a no-op
    Column("language", String(5)),
    Column("zone", String(40)),
    Column("payer", Word, nullable=False),  # self | insurance | medicare | medicaid
    Column("from_minute", Integer),  # nothing automatic before, by their own wish
    Column("until_minute", Integer),  # ... or after
    Column("state", Word, nullable=False),  # active | archived
    _instant("created_at"),
    _key("id"),
    UniqueConstraint("practice_id", "record_number_ix"),
    UniqueConstraint("practice_id", "import_key_ix"),
)

client_word = Table(
    "client_word",  # blind-indexed words of names, birth date and number endings: how staff search
    metadata,
    *_practice(),
    Column("client_id", Id, nullable=False),
    Column("word_ix", LargeBinary, nullable=False),
    _to("client", "client_id"),
    PrimaryKeyConstraint("practice_id", "word_ix", "client_id"),
    Index(None, "practice_id", "client_id"),
)

contact_point = Table(
    "contact_point",
    metadata,
    *_practice(),
    Column("id", Id, nullable=False),
    Column("client_id", Id, nullable=False),
    Column("kind", Word, nullable=False),  # phone | email
    Column("role", Word, nullable=False),  # client | guardian | partner | carer
    _sealed("value_ct"),  # E.164 or mail address
    Column("value_ix", LargeBinary, nullable=False),
    Column("state", Word, nullable=False),  # active | quarantined | invalid | removed
    Column("rank", Integer, nullable=False),  # 0 is tried first
    _instant("verified_at", nullable=True),
    _instant("created_at"),
    _to("client", "client_id"),
    _key("id"),
    UniqueConstraint("practice_id", "client_id", "kind", "value_ix"),
    Index(None, "practice_id", "value_ix"),
)

consent = Table(
    "consent",  # append-only; the newest row of (contact point, channel, purpose) is in force
    metadata,
    *_practice(),
    Column("id", Id, nullable=False),
    Column("contact_point_id", Id, nullable=False),
    Column("channel", Word, nullable=False),  # sms | voice | email | whatsapp
    Column("purpose", Word, nullable=False),  # reminders | waitlist
    Column("granted", Boolean, nullable=False),
    Column("wording", Word, nullable=False),
    Column("how", Word, nullable=False),  # form | verbal | import | keyword | link
    Column("by_id", Id),
    Column("language", String(5)),
    _instant("at"),
    _to("contact_point", "contact_point_id"),
    _key("id"),
    Index("ix_consent_newest", "practice_id", "contact_point_id", "channel", "purpose", "at"),
)

opt_out = Table(
    "opt_out",  # one row per address that ever said STOP; outlives clients and contact points
    metadata,
    *_practice(),
    Column("address_ix", LargeBinary, nullable=False),
    Column("channel", Word, nullable=False),
    Column("stopped", Boolean, nullable=False),
    Column("source", Word, nullable=False),  # keyword | carrier | free_text | link | staff
    Column("inbound_id", Id),
    _instant("at"),
    _instant("acknowledged_at", nullable=True),
    _key("channel", "address_ix"),
)

whatsapp = Table(
    "whatsapp",  # one row where the practice writes by WhatsApp; without it, nothing leaves that way
    metadata,
    *_practice(),
    Column("number", String(20), nullable=False),  # E.164, registered as a WhatsApp sender
    Column("templates", JSON, nullable=False),  # {kind: {language: ContentSid}}, as approved
    Column("made_by", Id),
    _instant("made_at"),
    PrimaryKeyConstraint("practice_id"),
)

# --- calendar ---------------------------------------------------------------------------------------------------

availability = Table(
    "availability",
    metadata,
    *_practice(),
    Column("id", Id, nullable=False),
    Column("clinician_id", Id, nullable=False),
    Column("location_id", Id, nullable=False),
    Column("weekday", Integer, nullable=False),  # 0 = Monday
    Column("start_minute", Integer, nullable=False),
    Column("end_minute", Integer, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date),
    _to("clinician", "clinician_id"),
    _to("location", "location_id"),
    _key("id"),
    Index(None, "practice_id", "clinician_id"),
    UniqueConstraint(
        "practice_id",
        "clinician_id",
        "location_id",
        "weekday",
        "start_minute",
        "valid_from",
        name="uq_availability_week",
    ),
)

availability_exception = Table(
    "availability_exception",
    metadata,
    *_practice(),
    Column("id", Id, nullable=False),
    Column("clinician_id", Id, nullable=False),
    Column("location_id", Id),
    Column("day", Date, nullable=False),
    Column("open", Boolean, nullable=False),  # False: closed for these minutes; True: open besides the week
    Column("start_minute", Integer, nullable=False),
    Column("end_minute", Integer, nullable=False),
    _to("clinician", "clinician_id"),
    _key("id"),
    UniqueConstraint(
        "practice_id", "clinician_id", "day", "open", "start_minute", name="uq_availability_exception_day"
    ),
)

series = Table(
    "series",
    metadata,
    *_practice(),
    Column("id", Id, nullable=False),
    Column("clinician_id", Id, nullable=False),
    Column("service_id", Id, nullable=False),
    Column("location_id", Id, nullable=False),
    Column("zone", String(40), nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date),
    Column("every_weeks", Integer, nullable=False),
    Column("start_minute", Integer, nullable=False),
    Column("booked_until", Date, nullable=False),  # occurrences up to this day exist as appointments
    Column("client_ids", JSON, nullable=False),
    Column("state", Word, nullable=False),  # active | ended
    Column("planned_last_day", Date),  # of an ended one: the last day it was to have before that
    _to("clinician", "clinician_id"),
    _to("service", "service_id"),
    _to("location", "location_id"),
    _key("id"),
)

appointment = Table(
    "appointment",
    metadata,
    *_practice(),
    Column("id", Id, nullable=False),
    Column("clinician_id", Id, nullable=False),
    Column("service_id", Id, nullable=False),
    Column("location_id", Id, nullable=False),
    Column("series_id", Id),
    Column("series_day", Date),
    _instant("starts_at"),
    _instant("ends_at"),
    Column("zone", String(40), nullable=False),  # the location's zone: what its wall-clock means
    Column("state", Word, nullable=False),  # booked | cancelled
    Column("revision", Integer, nullable=False),  # +1 whenever the time changes; older messages are stale
    Column("import_key_ix", LargeBinary),
    _instant("created_at"),
    CheckConstraint("ends_at > starts_at", name="ends_after_start"),
    _to("clinician", "clinician_id"),
    _to("service", "service_id"),
    _to("location", "location_id"),
    _to("series", "series_id"),
    _key("id"),
    UniqueConstraint("practice_id", "import_key_ix"),
    UniqueConstraint("practice_id", "series_id", "series_day"),
    Index(None, "practice_id", "starts_at"),
    Index(None, "practice_id", "clinician_id", "starts_at"),
)

busy = Table(
    "busy",  # every stretch of a clinician's time that is taken, buffers included; the database refuses overlaps
    metadata,
    *_practice(),
    Column("id", Id, nullable=False),
    Column("clinician_id", Id, nullable=False),
    _instant("starts_at"),
    _instant("ends_at"),
    Column("kind", Word, nullable=False),  # appointment | choice (a time offered by text) | offer (waitlist hold)
    Column("appointment_id", Id),
    Column("holder_id", Id),  # the question or offer a hold belongs to
    _instant("expires_at", nullable=True),  # holds only; an expired hold is swept by whoever books next
    CheckConstraint("ends_at > starts_at", name="ends_after_start"),
    CheckConstraint("(kind = 'appointment') = (appointment_id IS NOT NULL)", name="appointment_named"),
    CheckConstraint("(kind = 'appointment') = (expires_at IS NULL)", name="holds_expire"),
    _to("clinician", "clinician_id"),
    _to("appointment", "appointment_id"),
    _key("id"),
    UniqueConstraint("practice_id", "appointment_id"),
    Index(None, "practice_id", "clinician_id", "starts_at", "ends_at"),
    Index(None, "practice_id", "holder_id"),
    Index("ix_busy_expiring", "expires_at", postgresql_where=text("expires_at IS NOT NULL")),
)

participation = Table(
    "participation",  # one client's place in an appointment
    metadata,
    *_practice(),
    Column("id", Id, nullable=False),
    Column("appointment_id", Id, nullable=False),
    Column("client_id", Id, nullable=False),
    Column("state", Word, nullable=False),  # scheduler/appointments/states.py
    _instant("booked_at"),
    _instant("confirmed_at", nullable=True),
    _instant("cancelled_at", nullable=True),
    Column("cancelled_via", Word),
    Column("cancel_inbound_id", Id),  # the text that cancelled it: evidence
    _sealed("cancel_words_ct", nullable=True),  # the client's own words
    Column("moved_count", Integer, nullable=False),
    Column("filled_after_cancel", Boolean, nullable=False),
    Column("attendance", Word, nullable=False),  # unmarked | arrived | started | stopped | missed
    _instant("arrived_at", nullable=True),
    _instant("started_at", nullable=True),
    _instant("stopped_at", nullable=True),
    _instant("missed_at", nullable=True),
    _instant("late_said_at", nullable=True),  # when the client said that they will be late
    Column("late_minutes", Integer),  # ... by how much, if they said so
    Column("marked_by", Id),
    _to("appointment", "appointment_id"),
    _to("client", "client_id"),
    _key("id"),
    UniqueConstraint("practice_id", "appointment_id", "client_id"),
    Index(None, "practice_id", "client_id"),
)

# --- messages ---------------------------------------------------------------------------------------------------

reminder_policy = Table(
    "reminder_policy",  # a new version is a new row; the highest version of (practice, service) is in force
    metadata,
    *_practice(),
    Column("version", Integer, nullable=False),
    Column("touches", JSON, nullable=False),
    Column("wordings", JSON, nullable=False),  # {kind: {language: template}}: the practice's own words
    Column("made_by", Id),
    _instant("made_at"),
    _key("version"),
)

message = Table(
    "message",  # one outbound text, mail or call; its row is the outbox
    metadata,
    *_practice(),
    Column("id", Id, nullable=False),
    Column("kind", Word, nullable=False),
    Column("channel", Word, nullable=False),
    Column("client_id", Id),
    Column("contact_point_id", Id),  # None: a direct answer to a number nobody is on file with
    Column("participation_id", Id),
    Column("offer_id", Id),
    Column("inbound_id", Id),  # the text this one answers
    Column("touch", Word),  # the policy's key; None for everything that is not a planned touch
    Column("revision", Integer),
    Column("policy_version", Integer),
    _sealed("address_ct", nullable=True),  # only where there is no contact point
    Column("address_ix", LargeBinary),  # of whoever receives it: caps, STOP and settling look here
    Column("fields", JSON, nullable=False),  # SafeFields as data: times, counts; never a name
    Column("dedupe", String(120), nullable=False),  # what may exist once: see messages/outbox.py
    Column("priority", Integer, nullable=False),  # 0 replies and notices, 5 offers, 9 planned touches
    _instant("due_at"),
    _instant("useful_until"),
    Column("state", Word, nullable=False),  # pending | intent | unknown | sent | failed | cancelled
    Column("reason", Word),  # why it ended without being sent, or waits
    Column("attempt", Integer, nullable=False),
    Column("worker", String(64)),
    _instant("deadline", nullable=True),  # of an intent: after it the outcome is unknown
    Column("sender", String(120)),  # the number or mail address it leaves from, chosen with the intent
    Column("body_hash", LargeBinary),
    Column("segments", Integer),
    Column("sid", String(64)),
    Column("provider_status", Word),
    Column("error_code", Integer),
    _instant("settle_at", nullable=True),  # of an unknown: not looked up before
    Column("looks", Integer, nullable=False),
    _instant("intent_at", nullable=True),
    _instant("sent_at", nullable=True),
    _instant("redact_at", nullable=True),  # when the words are to be erased at the carrier; None: nothing to erase
    _instant("redacted_at", nullable=True),
    Column("instead_of", Id),  # the message that did not arrive, for one that takes its place
    _instant("refused_since", nullable=True),  # since when the carrier refuses to take it; None: it does not
    _instant("created_at"),
    _to("contact_point", "contact_point_id"),
    _to("client", "client_id"),
    _to("participation", "participation_id"),
    _key("id"),
    UniqueConstraint("practice_id", "dedupe"),
    # What waits and what is under way are few rows or known by their due time; the finished are in neither index,
    # so that claiming costs the same whatever lies behind and ahead.
    Index(
        "ix_message_pending",
        "practice_id",
        "state",  # always the same here, and named so that SQLite finds all it asks for in the index
        "due_at",
        "priority",
        "useful_until",
        "id",
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    ),
    Index(
        "ix_message_pressing",
        "practice_id",
        "due_at",
        "id",
        sqlite_where=text("state = 'pending' AND priority < 5"),
        postgresql_where=text("state = 'pending' AND priority < 5"),
    ),
    Index(
        "ix_message_under_way",
        "practice_id",
        "state",
        "deadline",
        "settle_at",
        # Written with OR, because SQLite sees that one of the two implies it, which it does not see through IN.
        sqlite_where=text("state = 'intent' OR state = 'unknown'"),
        postgresql_where=text("state = 'intent' OR state = 'unknown'"),
    ),
    Index(
        "ix_message_redact",
        "practice_id",
        "redact_at",
        sqlite_where=text("redact_at IS NOT NULL"),
        postgresql_where=text("redact_at IS NOT NULL"),
    ),
    Index(
        "ix_message_instead_of",
        "practice_id",
        "instead_of",
        sqlite_where=text("instead_of IS NOT NULL"),
        postgresql_where=text("instead_of IS NOT NULL"),
    ),
    Index(
        "ix_message_error",
        "practice_id",
        "error_code",
        "intent_at",
        sqlite_where=text("error_code IS NOT NULL"),
        postgresql_where=text("error_code IS NOT NULL"),
    ),
    Index(
        "ix_message_refused",
        "practice_id",
        "refused_since",
        sqlite_where=text("state = 'pending' AND refused_since IS NOT NULL"),
        postgresql_where=text("state = 'pending' AND refused_since IS NOT NULL"),
    ),
    Index(None, "practice_id", "participation_id"),
    Index(None, "practice_id", "address_ix", "intent_at"),
    Index(None, "practice_id", "sid"),
    Index(None, "practice_id", "client_id"),
)

sender = Table(
    "sender",  # a number texts leave from, how fast its carrier takes them, and up to when it is spoken for
    # A number without a row is not paced by us; texts of a client always leave from the same number of a practice.
    metadata,
    *_practice(),
    Column("number", String(20), nullable=False),  # E.164
    Column("segments_per_second", Integer, nullable=False),  # 1 local, 3 toll-free, 100 short code
    _instant("free_at", nullable=True),  # when what was claimed for it so far has left at that rate
    _key("number"),
)

sending = Table(
    "sending",  # whether a practice's planned texts leave, and what was expected to: see messages/pause.py and brake.py
    metadata,
    *_practice(),
    _instant("paused_at", nullable=True),  # None: they leave
    Column("why", Word),  # by_hand | clock_jump | due_spike | restored
    Column("reason", Word),  # of a pause by hand: one of a closed list
    Column("count", Integer),  # of a pause by the brake: how many were due
    Column("usual", Integer),  # ... and the busiest hour known before it
    Column("by_id", Id),  # who paused; None: the brake
    _instant("hour", nullable=True),  # the full hour of the brake's last entry
    Column("backlog", Integer),  # how many planned texts were due and waiting then
    Column("ahead", JSON),  # {hour: how many it was planned to bring}, as known at least an hour before
    Column("busiest", JSON),  # {day: its busiest planned hour}, of the last four weeks
    _key(),
)
delivery = Table(
    "delivery",  # what the carrier said, once per (sid, status)
    metadata,
    *_practice(),
    Column("message_id", Id, nullable=False),
    Column("sid", String(64), nullable=False),
    Column("status", Word, nullable=False),
    Column("error_code", Integer),
    _instant("at"),
    _to("message", "message_id"),
    PrimaryKeyConstraint("practice_id", "sid", "status"),
    Index(None, "practice_id", "message_id"),
)

inbound = Table(
    "inbound",  # one received message, raw, once per carrier id
    metadata,
    *_practice(),
    Column("id", Id, nullable=False),
    Column("sid", String(64), nullable=False),
    _sealed("from_ct"),
    Column("from_ix", LargeBinary, nullable=False),
    _sealed("body_ct"),
    Column("opt_out_type", Word),
    Column("media_count", Integer, nullable=False),
    Column("via", Word),  # voice | chat | whatsapp; None: a text
    Column("pressing", Boolean),  # a STOP, or somebody in distress: dealt with before all others
    Column("client_id", Id),
    Column("state", Word, nullable=False),  # new | handled
    Column("reading", Word),  # the intent it was read as
    Column("why", String(120)),  # the rule that read it so
    Column("outcome", Word),
    Column("answers", JSON),  # what was said at once on a page: kinds, instants and small numbers
    Column("tries", Integer, nullable=False),
    _instant("received_at"),
    _instant("handled_at", nullable=True),
    _instant("redact_at", nullable=True),  # when the words are to be erased at the carrier; None: nothing to erase
    _instant("redacted_at", nullable=True),
    _key("id"),
    UniqueConstraint("practice_id", "sid"),
    Index("ix_inbound_state", "state", "received_at"),
    Index(
        "ix_inbound_redact",
        "practice_id",
        "redact_at",
        sqlite_where=text("redact_at IS NOT NULL"),
        postgresql_where=text("redact_at IS NOT NULL"),
    ),
    Index(None, "practice_id", "from_ix", "received_at"),
)

watermark = Table(
    "watermark",  # up to when something outside was read, so that a start reads on from there
    metadata,
    *_practice(),
    Column("name", Word, nullable=False),  # inbound: the carrier's list of received texts
    _instant("at"),
    _key("name"),
)

question = Table(
    "question",  # what was last asked of a number, and what each answer would mean
    metadata,
    *_practice(),
    Column("id", Id, nullable=False),
    Column("address_ix", LargeBinary, nullable=False),
    Column("client_id", Id),
    Column("kind", Word, nullable=False),  # visit | times | which_visit | offer | undo
    Column("participation_id", Id),
    Column("offer_id", Id),
    Column("options", JSON, nullable=False),  # [{"n": 1, ...ids and instants}]
    Column("state", Word, nullable=False),  # open | answered | withdrawn | expired
    _instant("asked_at"),
    _instant("expires_at"),
    _key("id"),
    Index(None, "practice_id", "address_ix", "state"),
    Index("ix_question_expiring", "state", "expires_at"),
)

link = Table(
    "link",
    metadata,
    *_practice(),
    Column("id", Id, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("purpose", Word, nullable=False),  # visit | offer | preferences
    Column("client_id", Id, nullable=False),
    Column("contact_point_id", Id),
    Column("participation_id", Id),
    Column("offer_id", Id),
    Column("message_id", Id),
    Column("revision", Integer),  # of the appointment it spoke of; a move makes it dead
    _instant("made_at"),
    _instant("expires_at"),
    _instant("revoked_at", nullable=True),
    _to("client", "client_id"),
    _key("id"),
    UniqueConstraint("digest"),
    Index(None, "practice_id", "participation_id"),
    Index(None, "practice_id", "client_id"),
)

task = Table(
    "task",  # the inbox: something a person has to look at
    metadata,
    *_practice(),
    Column("id", Id, nullable=False),
    Column("kind", Word, nullable=False),  # crisis | opted_out | reply | undeliverable | wrong_number | call | ...
    Column("urgent", Boolean, nullable=False),
    Column("client_id", Id),
    Column("inbound_id", Id),
    Column("message_id", Id),
    Column("participation_id", Id),
    Column("dedupe", String(120)),
    Column("state", Word, nullable=False),  # open | acknowledged | done
    _instant("opened_at"),
    _instant("acknowledged_at", nullable=True),
    Column("acknowledged_by", Id),
    _instant("alert_at", nullable=True),  # crisis: when the on-call person is alerted next
    Column("alerts", Integer, nullable=False),
    _instant("done_at", nullable=True),
    Column("done_by", Id),
    _key("id"),
    UniqueConstraint("practice_id", "dedupe"),
    Index(None, "practice_id", "state", "urgent", "opened_at"),
    Index("ix_task_alert", "alert_at"),
)

# --- waitlist ---------------------------------------------------------------------------------------------------

waitlist_entry = Table(
    "waitlist_entry",
    metadata,
    *_practice(),
    Column("id", Id, nullable=False),
    Column("client_id", Id, nullable=False),
    Column("service_id", Id, nullable=False),
    Column("clinician_ids", JSON, nullable=False),  # [] = any
    Column("windows", JSON, nullable=False),  # [[weekday, from_minute, until_minute]]; [] = any time
    Column("earliest_day", Date),
    Column("latest_day", Date),
    Column("min_notice_minutes", Integer, nullable=False),
    Column("priority", Integer, nullable=False),  # higher first
    Column("replaces_participation_id", Id),  # a later visit that is released on a claim
    Column("state", Word, nullable=False),  # waiting | filled | left
    Column("credit", Integer, nullable=False),  # offers lost to somebody quicker
    _instant("joined_at"),
    _instant("last_offered_at", nullable=True),
    Column("only_clinician", Id, nullable=False, server_default=""),  # the one, where clinician_ids name one
    Column("grid", Integer, nullable=False, server_default=str(2**21 - 1)),  # bits: 3 * weekday + part of the day
    Column("unanswered", Integer, nullable=False, server_default="0"),  # of the last offers, without a break
    Column("turn", BigInteger, nullable=False, server_default="0"),  # least first; see waitlist/turns.py
    Column("urgency_reason", Word),  # clinical | promised | long_wait
    _instant("paused_until", nullable=True),
    Column("expires_on", Date),
    Column("location_id", Id),  # NULL = any
    Column("weekly", Boolean, nullable=False, server_default=false()),  # waits for a weekly time, not for one visit
    _instant("asked_whether_at", nullable=True),  # they left several offers unanswered: do they still wait?
    _instant("heard_at", nullable=True),  # the first sign of them since; until then nobody asks them
    _to("client", "client_id"),
    _to("service", "service_id"),
    _key("id"),
    Index(None, "practice_id", "state"),
    Index(None, "practice_id", "client_id"),
    Index("ix_waitlist_entry_turn", "practice_id", "service_id", "state", "only_clinician", "turn", "id"),
)

opening = Table(
    "opening",  # freed time on its way to somebody
    metadata,
    *_practice(),
    Column("id", Id, nullable=False),
    Column("clinician_id", Id, nullable=False),
    Column("service_id", Id, nullable=False),
    Column("location_id", Id, nullable=False),
    Column("freed_participation_id", Id),
    _instant("starts_at"),
    _instant("ends_at"),
    Column("state", Word, nullable=False),  # open | filled | taken_by_staff | undone | expired | exhausted
    Column("depth", Integer, nullable=False),  # 0: a cancellation; 1, 2: freed by a claim
    _instant("next_wave_at", nullable=True),
    _instant("created_at"),
    Column("kind", Word, nullable=False, server_default="freed"),  # freed | refitted | instead | weekly | seat
    Column("every_weeks", Integer),  # weekly: how often it comes round
    Column("appointment_id", Id),  # seat: the visit that has a place left
    _to("clinician", "clinician_id"),
    _to("service", "service_id"),
    _key("id"),
    Index("ix_opening_wave", "state", "next_wave_at"),
    Index(None, "practice_id", "clinician_id", "state", "starts_at"),
)

offer = Table(
    "offer",  # an opening held for one waitlist entry
    metadata,
    *_practice(),
    Column("id", Id, nullable=False),
    Column("opening_id", Id, nullable=False),
    Column("entry_id", Id, nullable=False),
    Column("client_id", Id, nullable=False),
    Column("contact_point_id", Id, nullable=False),
    Column("state", Word, nullable=False),  # held | claimed | passed | expired | withdrawn
    _instant("offered_at"),
    _instant("expires_at"),
    _instant("ended_at", nullable=True),
    Column("participation_id", Id),  # the visit a claim booked
    Column("place", Integer),  # whose turn it was when it was made,
    Column("among", Integer),  # among how many of those looked at,
    Column("points", Integer),  # and by how many points
    _instant("in_vain_at", nullable=True),  # a yes that came after somebody else's
    _instant("accepted_at", nullable=True),  # a yes that a person has yet to settle
    _to("opening", "opening_id"),
    _to("waitlist_entry", "entry_id"),
    _to("client", "client_id"),
    _key("id"),
    Index(
        "uq_offer_one_winner",
        "practice_id",
        "opening_id",
        unique=True,
        sqlite_where=text("state = 'claimed'"),
        postgresql_where=text("state = 'claimed'"),
    ),
    Index("ix_offer_expiring", "state", "expires_at"),
    Index(None, "practice_id", "opening_id", "entry_id"),
    Index("ix_offer_client", "practice_id", "client_id", "offered_at"),
    Index("ix_offer_held", "practice_id", "state", "expires_at"),
)

waitlist_policy = Table(
    "waitlist_policy",  # a new version is a new row; without any, waitlist/policy.py's own holds
    metadata,
    *_practice(),
    Column("version", Integer, nullable=False),
    Column("terms", JSON, nullable=False),
    Column("made_by", Id),
    _instant("made_at"),
    _key("version"),
)

waitlist_curve = Table(
    "waitlist_curve",  # how quickly, and how often, this practice's clients say yes: counts, learned now and then
    metadata,
    *_practice(),
    Column("counts", JSON, nullable=False),
    _instant("learned_at"),
    PrimaryKeyConstraint("practice_id"),
)

# --- fees -------------------------------------------------------------------------------------------------------

fee_policy = Table(
    "fee_policy",  # a new version is a new row
    metadata,
    *_practice(),
    Column("version", Integer, nullable=False),
    Column("window_hours", Integer, nullable=False),
    Column("mode", Word, nullable=False),  # percent | amount
    Column("value", Integer, nullable=False),  # per cent, or minor units
    Column("grace_misses", Integer, nullable=False),
    Column("text", String(4000), nullable=False),  # what the client accepts
    Column("made_by", Id),
    _instant("made_at"),
    _key("version"),
)

fee_acceptance = Table(
    "fee_acceptance",
    metadata,
    *_practice(),
    Column("client_id", Id, nullable=False),
    Column("version", Integer, nullable=False),
    Column("how", Word, nullable=False),  # signed | link | import | verbal
    Column("recorded_by", Id),
    _instant("accepted_at"),
    _to("client", "client_id"),
    ForeignKeyConstraint(["practice_id", "version"], ["fee_policy.practice_id", "fee_policy.version"]),
    _key("client_id", "version"),
)

fee_entry = Table(
    "fee_entry",  # append-only ledger; a case is the entries of one participation, the newest tells its state
    metadata,
    *_practice(),
    Column("id", Id, nullable=False),
    Column("participation_id", Id, nullable=False),
    Column("client_id", Id, nullable=False),
    Column("step", Integer, nullable=False),
    Column("kind", Word, nullable=False),  # proposed | approved | waived | reversed | not_charged
    Column("event", Word, nullable=False),  # late_cancel | no_show
    Column("amount_minor", Integer, nullable=False),
    Column("policy_version", Integer),
    Column("reason", Word),
    _sealed("note_ct", nullable=True),
    Column("by_id", Id),
    _instant("at"),
    _to("participation", "participation_id"),
    _to("client", "client_id"),
    _key("id"),
    UniqueConstraint("practice_id", "participation_id", "step"),
)

# --- staff and operation ----------------------------------------------------------------------------------------

user_account = Table(
    "user_account",
    metadata,
    *_practice(),
    Column("id", Id, nullable=False),
    Column("email", String(120), nullable=False),  # sign-in name, casefolded
    Column("name", String(120), nullable=False),
    Column("roles", JSON, nullable=False),
    Column("clinician_id", Id),
    Column("password_hash", String(200)),
    _sealed("totp_ct", nullable=True),
    Column("totp_step", Integer),  # the last step used: a code works once
    Column("recovery", JSON, nullable=False),  # digests of unused recovery codes, hex
    Column("state", Word, nullable=False),  # invited | active | disabled
    _instant("created_at"),
    _key("id"),
    UniqueConstraint("practice_id", "email"),
)

staff_session = Table(
    "staff_session",
    metadata,
    *_practice(),
    Column("digest", LargeBinary, nullable=False),
    Column("user_id", Id, nullable=False),
    Column("csrf", String(64), nullable=False),
    Column("state", Word, nullable=False),  # password_given | open | closed
    _instant("opened_at"),
    _instant("seen_at"),
    _instant("expires_at"),
    _to("user_account", "user_id"),
    PrimaryKeyConstraint("digest"),
    Index(None, "practice_id", "user_id"),
)

setup_token = Table(
    "setup_token",  # one-time addresses: first owner, invitations, password reset
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("practice_id", Id),
    Column("user_id", Id),
    Column("purpose", Word, nullable=False),  # first_owner | invitation | reset
    _instant("expires_at"),
    _instant("used_at", nullable=True),
)

throttle = Table(
    "throttle",  # counters that must hold across processes
    metadata,
    Column("bucket", String(120), primary_key=True),  # purpose and a keyed hash, never a name or address
    Column("count", Integer, nullable=False),
    _instant("window_ends"),
)

audit_entry = Table(
    "audit_entry",
    metadata,
    *_practice(),
    Column("seq", Integer, nullable=False),
    _instant("at"),
    Column("actor_kind", Word, nullable=False),
    Column("actor_id", Id),
    Column("via", Word, nullable=False),
    Column("action", Word, nullable=False),
    Column("subject", Word, nullable=False),
    Column("subject_id", String(64)),
    Column("detail", JSON, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    _key("seq"),
    Index(None, "practice_id", "subject", "subject_id"),
)

audit_head = Table(
    "audit_head",
    metadata,
    *_practice(),
    Column("seq", Integer, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    _instant("at", nullable=True),
    PrimaryKeyConstraint("practice_id"),
)

# --- of no practice -------------------------------------------------------------------------------------------

heartbeat = Table(
    "heartbeat",  # one lane of one worker process is alive; of no practice, since it works for all
    metadata,
    Column("worker", String(64), primary_key=True),
    Column("lane", Word, primary_key=True),
    Column("host", String(64), nullable=False),
    _instant("started_at"),
    _instant("at"),  # by the worker's own clock
    Column("beats", Integer, nullable=False),  # whoever watches looks whether this still grows
    Column("did", Word),  # the duty it last finished, by name
    Column("clock_off_ms", BigInteger),  # by how much the worker's clock is ahead of the database's
    _instant("silent_at", nullable=True),  # since when its carrier has not answered it
)
