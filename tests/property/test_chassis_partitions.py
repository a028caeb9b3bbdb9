"""Our partitions are those of a client that others use."""

from aiokafka.partitioner import murmur2 as other_murmur2
from hypothesis import given
from hypothesis import strategies as st

from chassis.topics import murmur2


@given(st.binary(max_size=200))
def test_every_key_hashes_as_another_client_hashes_it(key: bytes) -> None:
    assert murmur2(key) == other_murmur2(key) & 0xFFFF_FFFF
