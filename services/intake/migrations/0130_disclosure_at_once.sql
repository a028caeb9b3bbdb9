-- migrate:up

-- What a disclosure locks and reads, by two calls instead of seven statements. Each function is volatile, so that each
-- of its statements sees what was committed while the one before it waited for a lock; PL/pgSQL keeps their plans.
-- Both run with the caller's own rights: row-level security holds in them as outside.

-- The referral if this agency holds it, with its person and need kept as they are (0125), and then itself, until the
-- transaction ends. Whoever does not hold it finds no row and locks nothing.
create function hold_referral_still(referral uuid, holder uuid)
returns table (
    referral_id uuid, referral_version bigint, need_id uuid, beneficiary_id uuid, service_type text, agency_id uuid,
    offer_id uuid, for_assessment boolean, opened_time timestamptz, closed_time timestamptz,
    is_erased boolean, is_need_withdrawn boolean
)
language plpgsql volatile set search_path from current as $$
#variable_conflict use_column
declare
    person uuid;
    gone boolean;
    taken_back boolean;
begin
    select held.beneficiary_id into person from held_referral as held
    where held.referral_id = referral and held.agency_id = holder and held.closed_time is null;
    if not found then
        return;
    end if;
    select still.is_erased, still.is_need_withdrawn into gone, taken_back
    from hold_person_still(person, referral) as still;
    return query
    select held.referral_id, held.referral_version, held.need_id, held.beneficiary_id, held.service_type,
        held.agency_id, held.offer_id, held.for_assessment, held.opened_time, held.closed_time,
        coalesce(gone, true), coalesce(taken_back, false)
    from held_referral as held
    where held.referral_id = referral
    for share;
end
$$;

-- On what a disclosure rests: the agreement and the grants, locked in this order; then what an officer has set, and
-- what the same request was given before. One row for each grant, and one where there is none.
create function grounds_of_disclosure(
    holder uuid, person uuid, wanted_purpose text, kind text, asker uuid, request uuid
)
returns table (
    agreement_version integer, agreement_purposes text [], agreement_categories bigint, agreement_legal_regime text,
    agreement_transfer_basis text, agreement_valid_from_time timestamptz, agreement_valid_until_time timestamptz,
    set_mask bigint,
    earlier_disclosure_id uuid, earlier_referral_id uuid, earlier_asked_mask bigint, earlier_given_mask bigint,
    earlier_disclosed_time timestamptz,
    cell_id uuid, beneficiary_id uuid, agency_id uuid, purpose text, legal_basis text, effect text, categories bigint,
    valid_from_time timestamptz, valid_until_time timestamptz, consent_id uuid, consent_event_id uuid,
    withdrawn_time timestamptz, withdrawn_event_id uuid
)
language plpgsql volatile set search_path from current as $$
#variable_conflict use_column
declare
    contract agreement;
    cells grant_cell [];
    mask_set bigint;
    earlier disclosure;
begin
    select * into contract from agreement where agreement.agency_id = holder for share;
    cells := array(
        select cell from grant_cell as cell
        where cell.beneficiary_id = person and cell.agency_id = holder and cell.purpose = wanted_purpose
            and cell.withdrawn_time is null
        order by cell.cell_id
        for share
    );
    select needed.mask into mask_set from needed_categories as needed where needed.service_type = kind;
    select * into earlier from disclosure
    where disclosure.principal_id = asker and disclosure.request_id = request and disclosure.outcome = 'GIVEN';
    return query
    select contract.version, contract.purposes, contract.categories, contract.legal_regime,
        contract.transfer_basis, contract.valid_from_time, contract.valid_until_time,
        mask_set,
        earlier.disclosure_id, earlier.referral_id, earlier.asked_mask, earlier.given_mask, earlier.disclosed_time,
        cell.cell_id, cell.beneficiary_id, cell.agency_id, cell.purpose, cell.legal_basis, cell.effect,
        cell.categories, cell.valid_from_time, cell.valid_until_time, cell.consent_id, cell.consent_event_id,
        cell.withdrawn_time, cell.withdrawn_event_id
    from (select) as always
    left join unnest(cells) as cell on true;
end
$$;

revoke all on function hold_referral_still, grounds_of_disclosure from public;
grant execute on function hold_referral_still, grounds_of_disclosure to intake_app;

-- migrate:down
-- forward only
