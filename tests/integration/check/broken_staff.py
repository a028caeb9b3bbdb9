"""What breaks who has signed in, and which rights they have."""

BREAKS = [
    ("update access.account set state = 'LOCKED'", {"I16-who-is-out-has-no-session"}),
    ("update access.account set version = version + 1", {"I16-every-right-was-told"}),
]
