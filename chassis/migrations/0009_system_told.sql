-- migrate:up

-- One row: what this service has told last of what it runs with (release, settings, migrations, policy files), each part
-- by its hashes. Written in the commit that tells it.
create table system_told (
    only_row boolean primary key default true check (only_row),
    version bigint not null default 0,
    told jsonb not null
);

insert into system_told (told) values ('{"release": {}, "settings": {}, "migrations": {}, "policy_files": {}}');

do $$
declare
    login text;
begin
    foreach login in array array[current_schema() || '_app', current_schema() || '_worker'] loop
        if exists (select from pg_roles where rolname = login) then
            execute format('revoke insert, delete, truncate on system_told from %I', login);
        end if;
    end loop;
    if exists (select from pg_roles where rolname = current_schema() || '_app') then
        execute format('revoke update on system_told from %I', current_schema() || '_app');
    end if;
end
$$;

-- migrate:down
-- forward only
