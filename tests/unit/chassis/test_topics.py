"""Keys go where Kafka itself would put them."""

import pytest

from chassis.topics import PARTITIONS, murmur2, partition_of


@pytest.mark.parametrize(
    ("key", "signed"),
    [  # org.apache.kafka.common.utils.UtilsTest.testMurmur2
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_murmur2_gives_what_kafkas_own_test_expects(key: bytes, signed: int) -> None:
    assert murmur2(key) == signed & 0xFFFF_FFFF


def test_a_partition_is_one_of_those_that_exist() -> None:
    found = {partition_of(str(number).encode()) for number in range(200)}
    assert found == set(range(PARTITIONS))
