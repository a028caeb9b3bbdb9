-- migrate:up

-- A freeze and a recall are of people whom the agency itself registered: row-level security of beneficiary says which
-- they are. So no row opens a stranger's consent or key, whatever a statement says.
drop policy consent_freeze_app on consent_freeze;
create policy consent_freeze_app on consent_freeze to intake_app using (
    frozen_by_agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    or (select current_setting('app.internal', true) = 'true')
) with check (
    exists (select from beneficiary where beneficiary.beneficiary_id = consent_freeze.beneficiary_id)
    and (
        frozen_by_agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
        or (select current_setting('app.internal', true) = 'true')
    )
);

drop policy recall_opened on recall;
create policy recall_opened on recall for insert to intake_app with check (
    exists (select from beneficiary where beneficiary.beneficiary_id = recall.beneficiary_id)
    and (
        owner_agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
        or (select current_setting('app.internal', true) = 'true')
    )
);

-- migrate:down
-- forward only
