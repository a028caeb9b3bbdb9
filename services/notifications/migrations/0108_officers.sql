-- migrate:up

-- The hub's own officers have inboxes too: one for all data protection officers and one for all safeguarding officers who act
-- for no agency. What is delivered there says no more than that something waits.
alter table recipient alter column agency_id drop not null;
alter table recipient drop constraint recipient_inbox_check;
alter table recipient add constraint recipient_inbox_check
    check (inbox in ('AGENCY', 'DESK', 'DPO', 'SAFEGUARDING') and (agency_id is null) = (inbox in ('DPO', 'SAFEGUARDING')));

alter table delivery alter column agency_id drop not null;
alter table delivery drop constraint delivery_check;
alter table delivery add constraint delivery_check check (
    case when agency_id is null then num_nonnulls(referral_id, offer_id, service_id, checkpoint_note) = 0
    else num_nonnulls(referral_id, checkpoint_note) = 1 end
);

alter table mail_notice alter column agency_id drop not null;
alter table mail_notice drop constraint mail_notice_inbox_check;
alter table mail_notice add constraint mail_notice_inbox_check
    check (inbox in ('AGENCY', 'DESK', 'DPO', 'SAFEGUARDING') and (agency_id is null) = (inbox in ('DPO', 'SAFEGUARDING')));

-- When something that waits for officers is due: its random id and times. Nobody but the batches and the clock of this
-- service reads it.
create table deadline (
    subject_id uuid primary key,
    subject text not null check (subject in ('RIGHTS_REQUEST', 'COMPLAINT')),
    -- unknown where its answer was read before all else
    due_time timestamptz,
    -- when officers are told next; null where all is told, or nothing waits any more
    next_time timestamptz check (next_time <= due_time),
    answered_time timestamptz,
    check (num_nonnulls(due_time, answered_time) > 0),
    check (next_time is null or answered_time is null)
);

create index deadline_next on deadline (next_time) where next_time is not null;
create index deadline_answered on deadline (answered_time) where answered_time is not null;

alter table deadline enable row level security;
alter table deadline force row level security;
create policy deadline_for_workers on deadline to notifications_worker using (true);

revoke all on deadline from notifications_app;

-- migrate:down
-- forward only
