-- migrate:up

-- Which open offers have outlived their window is asked every second; there are hardly ever any.
create index offer_open_by_time on offer (respond_by_time) where state in ('SENT', 'NEEDS_INFORMATION');

-- migrate:down
-- forward only
