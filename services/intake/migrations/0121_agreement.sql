-- migrate:up

-- The sharing agreement in force with each agency; without a valid one it is offered nothing and given nothing.
create table agreement (
    agency_id uuid primary key,
    version integer not null check (version > 0),
    purposes text[] not null check (cardinality(purposes) > 0),
    categories bigint not null check (categories > 0),
    legal_regime text not null check (legal_regime in ('GDPR_CONTROLLER', 'UN_PRIVILEGES_IMMUNITIES', 'THIRD_COUNTRY')),
    transfer_basis text not null,
    valid_from_time timestamptz not null,
    valid_until_time timestamptz not null,
    saved_by_principal_id uuid not null,
    saved_time timestamptz not null,
    check (valid_until_time > valid_from_time),
    check (legal_regime = 'GDPR_CONTROLLER' or transfer_basis <> '')
);

-- Every version that ever was, so that a past disclosure can be judged by the agreement of its day.
create table agreement_version (like agreement, primary key (agency_id, version));

revoke delete, truncate on agreement from intake_app, intake_worker;
revoke update, delete, truncate on agreement_version from intake_app, intake_worker;

-- migrate:down
-- forward only
