"""How any service of KEM runs: what is the same for all of them and knows none of them."""
