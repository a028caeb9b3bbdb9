-- migrate:up

-- An identity belongs to one account of the whole hub: whoever links one takes it from everybody else, and learns whether
-- somebody has it already. So operators alone do, who use the worker's login.
revoke insert on identity from access_app;

-- migrate:down
-- forward only
