"""The record: every table of the first release, and the refusal of double bookings."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Existing rows of a clinician never overlap, so they are ordered by their ends as well as by their starts: only the
# last one that starts before the new one ends can reach into it. That keeps the check one index step in ten years.
_OVERLAP = """
CREATE TRIGGER ex_busy_overlap_{when} BEFORE {event} ON busy
WHEN (SELECT other.ends_at FROM busy AS other
      WHERE other.practice_id = NEW.practice_id AND other.clinician_id = NEW.clinician_id
        AND other.starts_at < NEW.ends_at AND other.id <> NEW.id
      ORDER BY other.starts_at DESC LIMIT 1) > NEW.starts_at
BEGIN SELECT RAISE(ABORT, 'ex_busy_overlap'); END
"""

_APPEND_ONLY = """
CREATE TRIGGER append_only_{table}_{event} BEFORE {event} ON {table}
BEGIN SELECT RAISE(ABORT, 'append_only'); END
"""


def upgrade() -> None:
    op.create_table(
        "practice",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("label", sa.String(length=20), nullable=False),
        sa.Column("office_phone", sa.String(length=20), nullable=False),
        sa.Column("sender", sa.String(length=20), nullable=False),
        sa.Column("email_from", sa.String(length=120), nullable=True),
        sa.Column("zone", sa.String(length=40), nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("region", sa.String(length=2), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("send_from_minute", sa.Integer(), nullable=False),
        sa.Column("send_until_minute", sa.Integer(), nullable=False),
        sa.Column("daily_cap", sa.Integer(), nullable=False),
        sa.Column("weekly_cap", sa.Integer(), nullable=False),
        sa.Column("opening_grace_minutes", sa.Integer(), nullable=False),
        sa.Column("offer_hold_minutes", sa.Integer(), nullable=False),
        sa.Column("late_cancel_hours", sa.Integer(), nullable=False),
        sa.Column("stop_mode", sa.String(length=40), nullable=False),
        sa.Column("plain_letters", sa.Boolean(), nullable=False),
        sa.Column("crisis_country", sa.String(length=2), nullable=False),
        sa.Column("alert_email", sa.String(length=120), nullable=True),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("data_key", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practice")),
    )
    op.create_table(
        "setup_token",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("practice_id", sa.String(length=32), nullable=True),
        sa.Column("user_id", sa.String(length=32), nullable=True),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_setup_token")),
    )
    op.create_table(
        "throttle",
        sa.Column("bucket", sa.String(length=120), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("window_ends", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("bucket", name=op.f("pk_throttle")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("practice_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.String(length=40), nullable=False),
        sa.Column("actor_id", sa.String(length=32), nullable=True),
        sa.Column("via", sa.String(length=40), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_audit_entry_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "seq", name=op.f("pk_audit_entry")),
    )
    op.create_index(
        op.f("ix_audit_entry_practice_id_subject_subject_id"),
        "audit_entry",
        ["practice_id", "subject", "subject_id"],
        unique=False,
    )
    op.create_table(
        "audit_head",
        sa.Column("practice_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_audit_head_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "client",
        sa.Column("practice_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("data_key", sa.LargeBinary(), nullable=False),
        sa.Column("name_ct", sa.LargeBinary(), nullable=False),
        sa.Column("preferred_name_ct", sa.LargeBinary(), nullable=True),
        sa.Column("birth_date_ct", sa.LargeBinary(), nullable=True),
        sa.Column("record_number_ct", sa.LargeBinary(), nullable=True),
        sa.Column("record_number_ix", sa.LargeBinary(), nullable=True),
        sa.Column("import_key_ix", sa.LargeBinary(), nullable=True),
        sa.Column("language", sa.String(length=5), nullable=True),
        sa.Column("zone", sa.String(length=40), nullable=True),
        sa.Column("payer", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_client_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_client")),
        sa.UniqueConstraint("practice_id", "import_key_ix", name=op.f("uq_client_practice_id_import_key_ix")),
        sa.UniqueConstraint("practice_id", "record_number_ix", name=op.f("uq_client_practice_id_record_number_ix")),
    )
    op.create_table(
        "clinician",
        sa.Column("practice_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_clinician_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_clinician")),
    )
    op.create_table(
        "fee_policy",
        sa.Column("practice_id", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("window_hours", sa.Integer(), nullable=False),
        sa.Column("mode", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("grace_misses", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=4000), nullable=False),
        sa.Column("made_by", sa.String(length=32), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_fee_policy_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "version", name=op.f("pk_fee_policy")),
    )
    op.create_table(
        "inbound",
        sa.Column("practice_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("sid", sa.String(length=64), nullable=False),
        sa.Column("from_ct", sa.LargeBinary(), nullable=False),
        sa.Column("from_ix", sa.LargeBinary(), nullable=False),
        sa.Column("body_ct", sa.LargeBinary(), nullable=False),
        sa.Column("opt_out_type", sa.String(length=40), nullable=True),
        sa.Column("media_count", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.String(length=32), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("reading", sa.String(length=40), nullable=True),
        sa.Column("why", sa.String(length=120), nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_inbound_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_inbound")),
        sa.UniqueConstraint("practice_id", "sid", name=op.f("uq_inbound_practice_id_sid")),
    )
    op.create_index(
        op.f("ix_inbound_practice_id_from_ix_received_at"),
        "inbound",
        ["practice_id", "from_ix", "received_at"],
        unique=False,
    )
    op.create_index("ix_inbound_state", "inbound", ["state", "received_at"], unique=False)
    op.create_table(
        "location",
        sa.Column("practice_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("zone", sa.String(length=40), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_location_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_location")),
    )
    op.create_table(
        "opt_out",
        sa.Column("practice_id", sa.String(length=32), nullable=False),
        sa.Column("address_ix", sa.LargeBinary(), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("stopped", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("inbound_id", sa.String(length=32), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_opt_out_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "channel", "address_ix", name=op.f("pk_opt_out")),
    )
    op.create_table(
        "question",
        sa.Column("practice_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("address_ix", sa.LargeBinary(), nullable=False),
        sa.Column("client_id", sa.String(length=32), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("participation_id", sa.String(length=32), nullable=True),
        sa.Column("offer_id", sa.String(length=32), nullable=True),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_question_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_question")),
    )
    op.create_index("ix_question_expiring", "question", ["state", "expires_at"], unique=False)
    op.create_index(
        op.f("ix_question_practice_id_address_ix_state"),
        "question",
        ["practice_id", "address_ix", "state"],
        unique=False,
    )
    op.create_table(
        "reminder_policy",
        sa.Column("practice_id", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("touches", sa.JSON(), nullable=False),
        sa.Column("wordings", sa.JSON(), nullable=False),
        sa.Column("made_by", sa.String(length=32), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_reminder_policy_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "version", name=op.f("pk_reminder_policy")),
    )
    op.create_table(
        "service",
        sa.Column("practice_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("duration_minutes", sa.Integer(), nullable=False),
        sa.Column("buffer_before_minutes", sa.Integer(), nullable=False),
        sa.Column("buffer_after_minutes", sa.Integer(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("modality", sa.String(length=40), nullable=False),
        sa.Column("fee_minor", sa.Integer(), nullable=False),
        sa.Column("code_family", sa.String(length=40), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_service_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_service")),
    )
    op.create_table(
        "task",
        sa.Column("practice_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("client_id", sa.String(length=32), nullable=True),
        sa.Column("inbound_id", sa.String(length=32), nullable=True),
        sa.Column("message_id", sa.String(length=32), nullable=True),
        sa.Column("participation_id", sa.String(length=32), nullable=True),
        sa.Column("dedupe", sa.String(length=120), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=32), nullable=True),
        sa.Column("alert_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("alerts", sa.Integer(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_task_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_task")),
        sa.UniqueConstraint("practice_id", "dedupe", name=op.f("uq_task_practice_id_dedupe")),
    )
    op.create_index("ix_task_alert", "task", ["alert_at"], unique=False)
    op.create_index(
        op.f("ix_task_practice_id_state_urgent_opened_at"),
        "task",
        ["practice_id", "state", "urgent", "opened_at"],
        unique=False,
    )
    op.create_table(
        "user_account",
        sa.Column("practice_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("email", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("clinician_id", sa.String(length=32), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("totp_ct", sa.LargeBinary(), nullable=True),
        sa.Column("totp_step", sa.Integer(), nullable=True),
        sa.Column("recovery", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_user_account_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("practice_id", "email", name=op.f("uq_user_account_practice_id_email")),
    )
    op.create_table(
        "availability",
        sa.Column("practice_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("clinician_id", sa.String(length=32), nullable=False),
        sa.Column("location_id", sa.String(length=32), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("start_minute", sa.Integer(), nullable=False),
        sa.Column("end_minute", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["practice_id", "clinician_id"],
            ["clinician.practice_id", "clinician.id"],
            name=op.f("fk_availability_practice_id_clinician_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "location_id"],
            ["location.practice_id", "location.id"],
            name=op.f("fk_availability_practice_id_location_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_availability_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_availability")),
        sa.UniqueConstraint(
            "practice_id",
            "clinician_id",
            "location_id",
            "weekday",
            "start_minute",
            "valid_from",
            name="uq_availability_week",
        ),
    )
    op.create_index(
        op.f("ix_availability_practice_id_clinician_id"), "availability", ["practice_id", "clinician_id"], unique=False
    )
    op.create_table(
        "availability_exception",
        sa.Column("practice_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("clinician_id", sa.String(length=32), nullable=False),
        sa.Column("location_id", sa.String(length=32), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("start_minute", sa.Integer(), nullable=False),
        sa.Column("end_minute", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["practice_id", "clinician_id"],
            ["clinician.practice_id", "clinician.id"],
            name=op.f("fk_availability_exception_practice_id_clinician_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_availability_exception_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_availability_exception")),
        sa.UniqueConstraint(
            "practice_id", "clinician_id", "day", "open", "start_minute", name="uq_availability_exception_day"
        ),
    )
    op.create_table(
        "client_word",
        sa.Column("practice_id", sa.String(length=32), nullable=False),
        sa.Column("client_id", sa.String(length=32), nullable=False),
        sa.Column("word_ix", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["practice_id", "client_id"],
            ["client.practice_id", "client.id"],
            name=op.f("fk_client_word_practice_id_client_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_client_word_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "word_ix", "client_id", name=op.f("pk_client_word")),
    )
    op.create_index(
        op.f("ix_client_word_practice_id_client_id"), "client_word", ["practice_id", "client_id"], unique=False
    )
    op.create_table(
        "contact_point",
        sa.Column("practice_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("client_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("value_ct", sa.LargeBinary(), nullable=False),
        sa.Column("value_ix", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["practice_id", "client_id"],
            ["client.practice_id", "client.id"],
            name=op.f("fk_contact_point_practice_id_client_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_contact_point_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_contact_point")),
        sa.UniqueConstraint(
            "practice_id",
            "client_id",
            "kind",
            "value_ix",
            name=op.f("uq_contact_point_practice_id_client_id_kind_value_ix"),
        ),
    )
    op.create_index(
        op.f("ix_contact_point_practice_id_value_ix"), "contact_point", ["practice_id", "value_ix"], unique=False
    )
    op.create_table(
        "fee_acceptance",
        sa.Column("practice_id", sa.String(length=32), nullable=False),
        sa.Column("client_id", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("how", sa.String(length=40), nullable=False),
        sa.Column("recorded_by", sa.String(length=32), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["practice_id", "client_id"],
            ["client.practice_id", "client.id"],
            name=op.f("fk_fee_acceptance_practice_id_client_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "version"],
            ["fee_policy.practice_id", "fee_policy.version"],
            name=op.f("fk_fee_acceptance_practice_id_version"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_fee_acceptance_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "client_id", "version", name=op.f("pk_fee_acceptance")),
    )
    op.create_table(
        "link",
        sa.Column("practice_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("client_id", sa.String(length=32), nullable=False),
        sa.Column("contact_point_id", sa.String(length=32), nullable=True),
        sa.Column("participation_id", sa.String(length=32), nullable=True),
        sa.Column("offer_id", sa.String(length=32), nullable=True),
        sa.Column("message_id", sa.String(length=32), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["practice_id", "client_id"],
            ["client.practice_id", "client.id"],
            name=op.f("fk_link_practice_id_client_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_link_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_link")),
        sa.UniqueConstraint("digest", name=op.f("uq_link_digest")),
    )
    op.create_index(op.f("ix_link_practice_id_client_id"), "link", ["practice_id", "client_id"], unique=False)
    op.create_index(
        op.f("ix_link_practice_id_participation_id"), "link", ["practice_id", "participation_id"], unique=False
    )
    op.create_table(
        "opening",
        sa.Column("practice_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("clinician_id", sa.String(length=32), nullable=False),
        sa.Column("service_id", sa.String(length=32), nullable=False),
        sa.Column("location_id", sa.String(length=32), nullable=False),
        sa.Column("freed_participation_id", sa.String(length=32), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("next_wave_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["practice_id", "clinician_id"],
            ["clinician.practice_id", "clinician.id"],
            name=op.f("fk_opening_practice_id_clinician_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "service_id"],
            ["service.practice_id", "service.id"],
            name=op.f("fk_opening_practice_id_service_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_opening_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_opening")),
    )
    op.create_index(
        op.f("ix_opening_practice_id_clinician_id_state_starts_at"),
        "opening",
        ["practice_id", "clinician_id", "state", "starts_at"],
        unique=False,
    )
    op.create_index("ix_opening_wave", "opening", ["state", "next_wave_at"], unique=False)
    op.create_table(
        "series",
        sa.Column("practice_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("clinician_id", sa.String(length=32), nullable=False),
        sa.Column("service_id", sa.String(length=32), nullable=False),
        sa.Column("location_id", sa.String(length=32), nullable=False),
        sa.Column("zone", sa.String(length=40), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("every_weeks", sa.Integer(), nullable=False),
        sa.Column("start_minute", sa.Integer(), nullable=False),
        sa.Column("booked_until", sa.Date(), nullable=False),
        sa.Column("client_ids", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["practice_id", "clinician_id"],
            ["clinician.practice_id", "clinician.id"],
            name=op.f("fk_series_practice_id_clinician_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "location_id"],
            ["location.practice_id", "location.id"],
            name=op.f("fk_series_practice_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "service_id"],
            ["service.practice_id", "service.id"],
            name=op.f("fk_series_practice_id_service_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_series_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_series")),
    )
    op.create_table(
        "staff_session",
        sa.Column("practice_id", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("csrf", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["practice_id", "user_id"],
            ["user_account.practice_id", "user_account.id"],
            name=op.f("fk_staff_session_practice_id_user_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_staff_session_practice_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_staff_session")),
    )
    op.create_index(
        op.f("ix_staff_session_practice_id_user_id"), "staff_session", ["practice_id", "user_id"], unique=False
    )
    op.create_table(
        "waitlist_entry",
        sa.Column("practice_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("client_id", sa.String(length=32), nullable=False),
        sa.Column("service_id", sa.String(length=32), nullable=False),
        sa.Column("clinician_ids", sa.JSON(), nullable=False),
        sa.Column("windows", sa.JSON(), nullable=False),
        sa.Column("earliest_day", sa.Date(), nullable=True),
        sa.Column("latest_day", sa.Date(), nullable=True),
        sa.Column("min_notice_minutes", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("replaces_participation_id", sa.String(length=32), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("credit", sa.Integer(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_offered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["practice_id", "client_id"],
            ["client.practice_id", "client.id"],
            name=op.f("fk_waitlist_entry_practice_id_client_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "service_id"],
            ["service.practice_id", "service.id"],
            name=op.f("fk_waitlist_entry_practice_id_service_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_waitlist_entry_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_waitlist_entry")),
    )
    op.create_index(
        op.f("ix_waitlist_entry_practice_id_client_id"), "waitlist_entry", ["practice_id", "client_id"], unique=False
    )
    op.create_index(
        op.f("ix_waitlist_entry_practice_id_state"), "waitlist_entry", ["practice_id", "state"], unique=False
    )
    op.create_table(
        "appointment",
        sa.Column("practice_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("clinician_id", sa.String(length=32), nullable=False),
        sa.Column("service_id", sa.String(length=32), nullable=False),
        sa.Column("location_id", sa.String(length=32), nullable=False),
        sa.Column("series_id", sa.String(length=32), nullable=True),
        sa.Column("series_day", sa.Date(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("zone", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("import_key_ix", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_appointment_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["practice_id", "clinician_id"],
            ["clinician.practice_id", "clinician.id"],
            name=op.f("fk_appointment_practice_id_clinician_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "location_id"],
            ["location.practice_id", "location.id"],
            name=op.f("fk_appointment_practice_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "series_id"],
            ["series.practice_id", "series.id"],
            name=op.f("fk_appointment_practice_id_series_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "service_id"],
            ["service.practice_id", "service.id"],
            name=op.f("fk_appointment_practice_id_service_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_appointment_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_appointment")),
        sa.UniqueConstraint("practice_id", "import_key_ix", name=op.f("uq_appointment_practice_id_import_key_ix")),
        sa.UniqueConstraint(
            "practice_id", "series_id", "series_day", name=op.f("uq_appointment_practice_id_series_id_series_day")
        ),
    )
    op.create_index(
        op.f("ix_appointment_practice_id_clinician_id_starts_at"),
        "appointment",
        ["practice_id", "clinician_id", "starts_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_appointment_practice_id_starts_at"), "appointment", ["practice_id", "starts_at"], unique=False
    )
    op.create_table(
        "consent",
        sa.Column("practice_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("contact_point_id", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("wording", sa.String(length=40), nullable=False),
        sa.Column("how", sa.String(length=40), nullable=False),
        sa.Column("by_id", sa.String(length=32), nullable=True),
        sa.Column("language", sa.String(length=5), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["practice_id", "contact_point_id"],
            ["contact_point.practice_id", "contact_point.id"],
            name=op.f("fk_consent_practice_id_contact_point_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_consent_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_consent")),
    )
    op.create_index(
        "ix_consent_newest", "consent", ["practice_id", "contact_point_id", "channel", "purpose", "at"], unique=False
    )
    op.create_table(
        "offer",
        sa.Column("practice_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("opening_id", sa.String(length=32), nullable=False),
        sa.Column("entry_id", sa.String(length=32), nullable=False),
        sa.Column("client_id", sa.String(length=32), nullable=False),
        sa.Column("contact_point_id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("participation_id", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["practice_id", "client_id"],
            ["client.practice_id", "client.id"],
            name=op.f("fk_offer_practice_id_client_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "entry_id"],
            ["waitlist_entry.practice_id", "waitlist_entry.id"],
            name=op.f("fk_offer_practice_id_entry_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "opening_id"],
            ["opening.practice_id", "opening.id"],
            name=op.f("fk_offer_practice_id_opening_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_offer_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_offer")),
    )
    op.create_index("ix_offer_expiring", "offer", ["state", "expires_at"], unique=False)
    op.create_index(
        op.f("ix_offer_practice_id_opening_id_entry_id"),
        "offer",
        ["practice_id", "opening_id", "entry_id"],
        unique=False,
    )
    op.create_index(
        "uq_offer_one_winner",
        "offer",
        ["practice_id", "opening_id"],
        unique=True,
        sqlite_where=sa.text("state = 'claimed'"),
        postgresql_where=sa.text("state = 'claimed'"),
    )
    op.create_table(
        "busy",
        sa.Column("practice_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("clinician_id", sa.String(length=32), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("appointment_id", sa.String(length=32), nullable=True),
        sa.Column("holder_id", sa.String(length=32), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(kind = 'appointment') = (appointment_id IS NOT NULL)", name=op.f("ck_busy_appointment_named")
        ),
        sa.CheckConstraint("(kind = 'appointment') = (expires_at IS NULL)", name=op.f("ck_busy_holds_expire")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_busy_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["practice_id", "appointment_id"],
            ["appointment.practice_id", "appointment.id"],
            name=op.f("fk_busy_practice_id_appointment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "clinician_id"],
            ["clinician.practice_id", "clinician.id"],
            name=op.f("fk_busy_practice_id_clinician_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_busy_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_busy")),
        sa.UniqueConstraint("practice_id", "appointment_id", name=op.f("uq_busy_practice_id_appointment_id")),
    )
    op.create_index(
        "ix_busy_expiring", "busy", ["expires_at"], unique=False, postgresql_where=sa.text("expires_at IS NOT NULL")
    )
    op.create_index(
        op.f("ix_busy_practice_id_clinician_id_starts_at_ends_at"),
        "busy",
        ["practice_id", "clinician_id", "starts_at", "ends_at"],
        unique=False,
    )
    op.create_index(op.f("ix_busy_practice_id_holder_id"), "busy", ["practice_id", "holder_id"], unique=False)
    op.create_table(
        "participation",
        sa.Column("practice_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("appointment_id", sa.String(length=32), nullable=False),
        sa.Column("client_id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_via", sa.String(length=40), nullable=True),
        sa.Column("cancel_inbound_id", sa.String(length=32), nullable=True),
        sa.Column("cancel_words_ct", sa.LargeBinary(), nullable=True),
        sa.Column("moved_count", sa.Integer(), nullable=False),
        sa.Column("filled_after_cancel", sa.Boolean(), nullable=False),
        sa.Column("attendance", sa.String(length=40), nullable=False),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("missed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("marked_by", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["practice_id", "appointment_id"],
            ["appointment.practice_id", "appointment.id"],
            name=op.f("fk_participation_practice_id_appointment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "client_id"],
            ["client.practice_id", "client.id"],
            name=op.f("fk_participation_practice_id_client_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_participation_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_participation")),
        sa.UniqueConstraint(
            "practice_id",
            "appointment_id",
            "client_id",
            name=op.f("uq_participation_practice_id_appointment_id_client_id"),
        ),
    )
    op.create_index(
        op.f("ix_participation_practice_id_client_id"), "participation", ["practice_id", "client_id"], unique=False
    )
    op.create_table(
        "fee_entry",
        sa.Column("practice_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("participation_id", sa.String(length=32), nullable=False),
        sa.Column("client_id", sa.String(length=32), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("amount_minor", sa.Integer(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("note_ct", sa.LargeBinary(), nullable=True),
        sa.Column("by_id", sa.String(length=32), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["practice_id", "client_id"],
            ["client.practice_id", "client.id"],
            name=op.f("fk_fee_entry_practice_id_client_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "participation_id"],
            ["participation.practice_id", "participation.id"],
            name=op.f("fk_fee_entry_practice_id_participation_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_fee_entry_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_fee_entry")),
        sa.UniqueConstraint(
            "practice_id", "participation_id", "step", name=op.f("uq_fee_entry_practice_id_participation_id_step")
        ),
    )
    op.create_table(
        "message",
        sa.Column("practice_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("client_id", sa.String(length=32), nullable=True),
        sa.Column("contact_point_id", sa.String(length=32), nullable=True),
        sa.Column("participation_id", sa.String(length=32), nullable=True),
        sa.Column("offer_id", sa.String(length=32), nullable=True),
        sa.Column("inbound_id", sa.String(length=32), nullable=True),
        sa.Column("touch", sa.String(length=40), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("policy_version", sa.Integer(), nullable=True),
        sa.Column("address_ct", sa.LargeBinary(), nullable=True),
        sa.Column("address_ix", sa.LargeBinary(), nullable=True),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("dedupe", sa.String(length=120), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("useful_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=64), nullable=True),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=True),
        sa.Column("body_hash", sa.LargeBinary(), nullable=True),
        sa.Column("segments", sa.Integer(), nullable=True),
        sa.Column("sid", sa.String(length=64), nullable=True),
        sa.Column("provider_status", sa.String(length=40), nullable=True),
        sa.Column("error_code", sa.Integer(), nullable=True),
        sa.Column("settle_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("intent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["practice_id", "client_id"],
            ["client.practice_id", "client.id"],
            name=op.f("fk_message_practice_id_client_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "contact_point_id"],
            ["contact_point.practice_id", "contact_point.id"],
            name=op.f("fk_message_practice_id_contact_point_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "participation_id"],
            ["participation.practice_id", "participation.id"],
            name=op.f("fk_message_practice_id_participation_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_message_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_message")),
        sa.UniqueConstraint("practice_id", "dedupe", name=op.f("uq_message_practice_id_dedupe")),
    )
    op.create_index("ix_message_due", "message", ["state", "due_at", "priority"], unique=False)
    op.create_index(
        op.f("ix_message_practice_id_address_ix_intent_at"),
        "message",
        ["practice_id", "address_ix", "intent_at"],
        unique=False,
    )
    op.create_index(op.f("ix_message_practice_id_client_id"), "message", ["practice_id", "client_id"], unique=False)
    op.create_index(
        op.f("ix_message_practice_id_participation_id"), "message", ["practice_id", "participation_id"], unique=False
    )
    op.create_index(op.f("ix_message_practice_id_sid"), "message", ["practice_id", "sid"], unique=False)
    op.create_table(
        "delivery",
        sa.Column("practice_id", sa.String(length=32), nullable=False),
        sa.Column("message_id", sa.String(length=32), nullable=False),
        sa.Column("sid", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("error_code", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["practice_id", "message_id"],
            ["message.practice_id", "message.id"],
            name=op.f("fk_delivery_practice_id_message_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_delivery_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "sid", "status", name=op.f("pk_delivery")),
    )
    op.create_index(op.f("ix_delivery_practice_id_message_id"), "delivery", ["practice_id", "message_id"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        _guard_postgresql()
    else:
        _guard_sqlite()


def _guard_postgresql() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.execute(
        "ALTER TABLE busy ADD CONSTRAINT ex_busy_overlap EXCLUDE USING gist "
        "(practice_id WITH =, clinician_id WITH =, tstzrange(starts_at, ends_at, '[)') WITH &&)"
    )
    op.execute(
        "CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'append_only'; END $$"
    )
    for table in ("audit_entry", "fee_entry", "consent"):
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION append_only()"
        )


def _guard_sqlite() -> None:
    op.execute(_OVERLAP.format(when="insert", event="INSERT"))
    op.execute(_OVERLAP.format(when="update", event="UPDATE OF practice_id, clinician_id, starts_at, ends_at"))
    for table in ("audit_entry", "fee_entry", "consent"):
        for event in ("UPDATE", "DELETE"):
            op.execute(_APPEND_ONLY.format(table=table, event=event))


def downgrade() -> None:
    op.drop_index(op.f("ix_delivery_practice_id_message_id"), table_name="delivery")
    op.drop_table("delivery")
    op.drop_index(op.f("ix_message_practice_id_sid"), table_name="message")
    op.drop_index(op.f("ix_message_practice_id_participation_id"), table_name="message")
    op.drop_index(op.f("ix_message_practice_id_client_id"), table_name="message")
    op.drop_index(op.f("ix_message_practice_id_address_ix_intent_at"), table_name="message")
    op.drop_index("ix_message_due", table_name="message")
    op.drop_table("message")
    op.drop_table("fee_entry")
    op.drop_index(op.f("ix_participation_practice_id_client_id"), table_name="participation")
    op.drop_table("participation")
    op.drop_index(op.f("ix_busy_practice_id_holder_id"), table_name="busy")
    op.drop_index(op.f("ix_busy_practice_id_clinician_id_starts_at_ends_at"), table_name="busy")
    op.drop_index("ix_busy_expiring", table_name="busy", postgresql_where=sa.text("expires_at IS NOT NULL"))
    op.drop_table("busy")
    op.drop_index(
        "uq_offer_one_winner",
        table_name="offer",
        sqlite_where=sa.text("state = 'claimed'"),
        postgresql_where=sa.text("state = 'claimed'"),
    )
    op.drop_index(op.f("ix_offer_practice_id_opening_id_entry_id"), table_name="offer")
    op.drop_index("ix_offer_expiring", table_name="offer")
    op.drop_table("offer")
    op.drop_index("ix_consent_newest", table_name="consent")
    op.drop_table("consent")
    op.drop_index(op.f("ix_appointment_practice_id_starts_at"), table_name="appointment")
    op.drop_index(op.f("ix_appointment_practice_id_clinician_id_starts_at"), table_name="appointment")
    op.drop_table("appointment")
    op.drop_index(op.f("ix_waitlist_entry_practice_id_state"), table_name="waitlist_entry")
    op.drop_index(op.f("ix_waitlist_entry_practice_id_client_id"), table_name="waitlist_entry")
    op.drop_table("waitlist_entry")
    op.drop_index(op.f("ix_staff_session_practice_id_user_id"), table_name="staff_session")
    op.drop_table("staff_session")
    op.drop_table("series")
    op.drop_index("ix_opening_wave", table_name="opening")
    op.drop_index(op.f("ix_opening_practice_id_clinician_id_state_starts_at"), table_name="opening")
    op.drop_table("opening")
    op.drop_index(op.f("ix_link_practice_id_participation_id"), table_name="link")
    op.drop_index(op.f("ix_link_practice_id_client_id"), table_name="link")
    op.drop_table("link")
    op.drop_table("fee_acceptance")
    op.drop_index(op.f("ix_contact_point_practice_id_value_ix"), table_name="contact_point")
    op.drop_table("contact_point")
    op.drop_index(op.f("ix_client_word_practice_id_client_id"), table_name="client_word")
    op.drop_table("client_word")
    op.drop_table("availability_exception")
    op.drop_index(op.f("ix_availability_practice_id_clinician_id"), table_name="availability")
    op.drop_table("availability")
    op.drop_table("user_account")
    op.drop_index(op.f("ix_task_practice_id_state_urgent_opened_at"), table_name="task")
    op.drop_index("ix_task_alert", table_name="task")
    op.drop_table("task")
    op.drop_table("service")
    op.drop_table("reminder_policy")
    op.drop_index(op.f("ix_question_practice_id_address_ix_state"), table_name="question")
    op.drop_index("ix_question_expiring", table_name="question")
    op.drop_table("question")
    op.drop_table("opt_out")
    op.drop_table("location")
    op.drop_index("ix_inbound_state", table_name="inbound")
    op.drop_index(op.f("ix_inbound_practice_id_from_ix_received_at"), table_name="inbound")
    op.drop_table("inbound")
    op.drop_table("fee_policy")
    op.drop_table("clinician")
    op.drop_table("client")
    op.drop_table("audit_head")
    op.drop_index(op.f("ix_audit_entry_practice_id_subject_subject_id"), table_name="audit_entry")
    op.drop_table("audit_entry")
    op.drop_table("throttle")
    op.drop_table("setup_token")
    op.drop_table("practice")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION append_only()")
