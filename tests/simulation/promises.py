"""The promises as queries over what is committed: a row that is found is a promise broken.

Written once more, from the rules and not from the product's own queries. Invariant: every query here finds nothing
in a healthy record, at every commit (ALWAYS) or when everything has had time to settle (OVERDUE).
"""

from typing import Final

CALLED: Final = """
SELECT m.*, c.zone AS client_zone, t.zone AS practice_zone, t.send_from_minute, t.send_until_minute, t.daily_cap,
       t.weekly_cap, k.state AS point_state, p.state AS place_state, p.appointment_id, a.state AS visit_state,
       a.revision AS revision_now
FROM message m JOIN practice t ON t.id = m.practice_id
LEFT JOIN client c ON c.practice_id = m.practice_id AND c.id = m.client_id
LEFT JOIN contact_point k ON k.practice_id = m.practice_id AND k.id = m.contact_point_id
LEFT JOIN participation p ON p.practice_id = m.practice_id AND p.id = m.participation_id
LEFT JOIN appointment a ON a.practice_id = m.practice_id AND a.id = p.appointment_id
WHERE m.id = :id
"""
UNANSWERED: Final = """
SELECT m.id, m.kind FROM message m LEFT JOIN offer o ON o.practice_id = m.practice_id AND o.id = m.offer_id
WHERE (m.sid IS NOT NULL OR m.id = :id) AND NOT (m.kind = 'offer' AND m.id <> :id AND (
  o.state IN ('passed', 'claimed') OR o.accepted_at IS NOT NULL OR o.in_vain_at IS NOT NULL))
"""
"""What the carrier has, but for offers that were answered: those are a conversation, and no use of the caps."""

LINK: Final = """
SELECT l.purpose, l.revoked_at,
       CASE WHEN l.purpose = 'visit' THEN (SELECT m.revision FROM message m WHERE m.practice_id = l.practice_id
                                           AND m.id = l.message_id) END AS revision,
        l.expires_at, a.revision AS revision_now,
       (SELECT o.stopped FROM opt_out o JOIN message m ON m.practice_id = o.practice_id
        AND m.address_ix = o.address_ix AND m.id = l.message_id
        WHERE o.channel = 'sms' AND m.channel = 'sms' AND l.made_at < o.at) AS stopped
FROM link l LEFT JOIN participation p ON p.practice_id = l.practice_id AND p.id = l.participation_id
LEFT JOIN appointment a ON a.practice_id = l.practice_id AND a.id = p.appointment_id
WHERE l.id = :id
"""
BOOKED: Final = """
SELECT id, clinician_id, starts_at, ends_at FROM appointment
WHERE practice_id = :p AND state = 'booked' ORDER BY clinician_id, starts_at
"""
CANCELLED: Final = """
SELECT p.id, p.state, p.cancelled_at, a.starts_at, i.sid
FROM participation p JOIN appointment a ON a.practice_id = p.practice_id AND a.id = p.appointment_id
LEFT JOIN inbound i ON i.practice_id = p.practice_id AND i.id = p.cancel_inbound_id
WHERE p.practice_id = :p AND p.state IN ('cancelled', 'late_cancelled') AND p.cancelled_via <> 'claim'
"""
STATUSES: Final = """
SELECT sid, provider_status FROM message
WHERE practice_id = :p AND provider_status IS NOT NULL AND sid IS NOT NULL
"""
MESSAGES: Final = """
SELECT id, kind, channel, state, reason, sid, due_at, intent_at, provider_status, body_hash FROM message
WHERE practice_id = :p ORDER BY id
"""
WON_BY_TEXT: Final = """
SELECT f.id, o.starts_at, i.sid FROM offer f
JOIN opening o ON o.practice_id = f.practice_id AND o.id = f.opening_id
JOIN message m ON m.practice_id = f.practice_id AND m.offer_id = f.id AND m.kind = 'offer_won'
JOIN inbound i ON i.practice_id = m.practice_id AND i.id = m.inbound_id
WHERE f.practice_id = :p AND f.state = 'claimed'
"""
WON_BY_LINK: Final = """
SELECT o.starts_at FROM offer f JOIN opening o ON o.practice_id = f.practice_id AND o.id = f.opening_id WHERE f.id = :id
"""
OVERDUE: Final = """
SELECT 'offer' AS what, id FROM offer WHERE practice_id = :p AND state = 'held' AND expires_at < :then
UNION ALL SELECT 'opening', id FROM opening WHERE practice_id = :p AND state = 'open' AND next_wave_at < :then
UNION ALL SELECT 'question', id FROM question WHERE practice_id = :p AND state = 'open' AND expires_at < :then
UNION ALL SELECT 'stop', 'x' FROM opt_out WHERE practice_id = :p AND stopped AND acknowledged_at IS NULL AND at < :then
"""

_BUSY_TWICE: Final = """
SELECT one.id, two.id AS other FROM busy one
JOIN busy two ON one.practice_id = two.practice_id AND one.clinician_id = two.clinician_id AND one.id < two.id
AND one.starts_at < two.ends_at AND two.starts_at < one.ends_at
WHERE one.practice_id = :p
"""
_BOOKED_TWICE: Final = """
SELECT one.id, two.id AS other FROM appointment one
JOIN appointment two ON one.practice_id = two.practice_id AND one.clinician_id = two.clinician_id AND one.id < two.id
AND one.starts_at < two.ends_at AND two.starts_at < one.ends_at
WHERE one.practice_id = :p AND one.state = 'booked' AND two.state = 'booked'
"""
_TWO_WINNERS: Final = """
SELECT opening_id, count(*) AS winners FROM offer WHERE practice_id = :p AND state = 'claimed'
GROUP BY opening_id HAVING count(*) > 1
"""
_OPEN_AND_TAKEN: Final = """
SELECT o.id, a.id AS taken FROM opening o
JOIN appointment a ON a.practice_id = o.practice_id AND a.clinician_id = o.clinician_id AND a.state = 'booked'
AND a.starts_at < o.ends_at AND o.starts_at < a.ends_at
WHERE o.practice_id = :p AND o.state = 'open'
"""
_OFFERED_NOT_HELD: Final = """
SELECT f.id FROM offer f WHERE f.practice_id = :p AND f.state = 'held' AND f.expires_at > :now
AND NOT EXISTS (SELECT 1 FROM busy b WHERE b.practice_id = f.practice_id AND b.holder_id = f.opening_id
                AND b.expires_at >= f.expires_at)
"""
_HELD_FOR_NOBODY: Final = """
SELECT b.id, o.state FROM busy b JOIN opening o ON o.practice_id = b.practice_id AND o.id = b.holder_id
WHERE b.practice_id = :p AND b.kind = 'offer' AND b.expires_at > :now AND o.state <> 'open'
"""
_CHOICE_OF_NOBODY: Final = """
SELECT b.id, q.state FROM busy b JOIN question q ON q.practice_id = b.practice_id AND q.id = b.holder_id
WHERE b.practice_id = :p AND b.kind = 'choice' AND b.expires_at > :now AND q.state <> 'open'
"""
_LOSER_NOT_TOLD: Final = """
SELECT f.id, e.detail FROM offer f
JOIN audit_entry e ON e.practice_id = f.practice_id AND e.subject_id = f.id AND e.action = 'offer.withdrawn'
WHERE f.practice_id = :p AND f.state = 'withdrawn'
AND (CAST(e.detail AS TEXT) LIKE '%"lost"%' OR CAST(e.detail AS TEXT) LIKE '%taken_by_staff%'
     OR CAST(e.detail AS TEXT) LIKE '%undone%' OR CAST(e.detail AS TEXT) LIKE '%has_a_visit_then%'
     OR CAST(e.detail AS TEXT) LIKE '%not_bookable%')
AND EXISTS (SELECT 1 FROM message m WHERE m.practice_id = f.practice_id AND m.offer_id = f.id
            AND m.kind = 'offer' AND m.state IN ('unknown', 'sent'))
AND NOT EXISTS (SELECT 1 FROM message m WHERE m.practice_id = f.practice_id AND m.offer_id = f.id
                AND m.kind IN ('offer_lost', 'offer_withdrawn'))
"""
_WAITS_ABOUT_THE_PAST: Final = """
SELECT m.id, m.kind FROM message m
JOIN participation p ON p.practice_id = m.practice_id AND p.id = m.participation_id
JOIN appointment a ON a.practice_id = m.practice_id AND a.id = p.appointment_id
WHERE m.practice_id = :p AND m.state = 'pending' AND m.touch IS NOT NULL AND m.attempt = 0
AND (a.revision <> m.revision OR p.state NOT IN ('booked', 'confirmed'))
"""

# With the tables each is about: it is asked again when one of them was written. None can be broken by time alone.
ALWAYS: Final = (
    ("6 no clinician is double-booked", _BUSY_TWICE, {"busy"}),
    ("6 no clinician is double-booked", _BOOKED_TWICE, {"appointment"}),
    ("7 a slot has one winner", _TWO_WINNERS, {"offer"}),
    ("7 an open time is free", _OPEN_AND_TAKEN, {"opening", "appointment"}),
    ("7 an offered time is held", _OFFERED_NOT_HELD, {"offer", "busy"}),
    ("7 nothing is held for nobody", _HELD_FOR_NOBODY, {"busy", "opening"}),
    ("7 nothing is held for nobody", _CHOICE_OF_NOBODY, {"busy", "question"}),
    ("8 every loser is told", _LOSER_NOT_TOLD, {"offer", "message"}),
    ("10 nothing waits about a superseded time", _WAITS_ABOUT_THE_PAST, {"message", "appointment", "participation"}),
    ("12 no row without a practice", "SELECT id FROM message WHERE practice_id <> :p", {"message"}),
)
