-- migrate:up

-- All clocks, by version and urgency; the version that became valid last is in force. Decisions cite it.
-- A working day counts 86,400 seconds of offer_window_seconds.
create table response_policy (
    version text not null,
    urgency text not null check (urgency in ('EMERGENCY', 'URGENT', 'NORMAL')),
    person_clock_seconds bigint not null check (person_clock_seconds > 0),
    offer_window_seconds bigint not null check (offer_window_seconds > 0),
    window_unit text not null check (window_unit in ('ELAPSED', 'WORKING_DAYS')),
    first_reminder_fraction double precision not null default 0.5
        check (first_reminder_fraction > 0 and first_reminder_fraction < 1),
    second_reminder_fraction double precision not null default 0.8
        check (second_reminder_fraction > first_reminder_fraction and second_reminder_fraction < 1),
    unacknowledged_alarm_seconds bigint check (unacknowledged_alarm_seconds > 0),
    valid_from_time timestamptz not null,
    primary key (version, urgency)
);

insert into response_policy (version, urgency, person_clock_seconds, offer_window_seconds, window_unit,
                             unacknowledged_alarm_seconds, valid_from_time)
values ('standard/1', 'EMERGENCY', 86400, 7200, 'ELAPSED', 1800, '2020-01-01T00:00:00Z'),
       ('standard/1', 'URGENT', 259200, 86400, 'ELAPSED', null, '2020-01-01T00:00:00Z'),
       ('standard/1', 'NORMAL', 1209600, 259200, 'WORKING_DAYS', null, '2020-01-01T00:00:00Z');

-- migrate:down
-- forward only
