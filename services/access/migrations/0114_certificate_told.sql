-- migrate:up

-- What was told of certificates: of each that it was issued (without a reason), and for which reason it was revoked. The
-- registry itself lies beside the authority's key, where no service comes.
create table certificate_told (
    serial text not null check (serial ~ '^[0-9a-f]{1,40}$'),
    reason text not null check (reason ~ '^[A-Z_]{0,40}$'),
    told_time timestamptz not null default clock_timestamp(),
    primary key (serial, reason)
);
revoke all on certificate_told from access_app;

-- migrate:down
-- forward only
