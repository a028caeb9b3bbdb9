"""Where deliveries may be pushed: what an operator may write, and where a name may lead."""

from ipaddress import ip_address, ip_network

import pytest

from services.notifications.domain.push_address import AddressNotValid, PushAddress, is_public

PRIVATE = [
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "127.0.0.1",
    "0.0.0.0",
    "100.64.0.1",
    "224.0.0.1",
    "239.1.2.3",
    "240.0.0.1",
    "255.255.255.255",
    "192.0.2.1",
    "198.18.0.1",
    "::",
    "::1",
    "fe80::1",
    "fc00::1",
    "fd12:3456::1",
    "ff02::1",
    "2001:db8::1",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "64:ff9b::a00:1",
    "2002:0a00:0001::1",
    "2002:7f00:0001::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_nothing_goes_to_this_machine_or_to_anybodys_own_network(address: str) -> None:
    assert not is_public(ip_address(address))
    assert not PushAddress("inbox.example", 443).allows(ip_address(address), [])


@pytest.mark.parametrize("address", ["147.102.1.1", "8.8.8.8", "2a00:1450:4001::1", "64:ff9b::808:808"])
def test_a_machine_on_the_public_internet_may_be_reached(address: str) -> None:
    assert is_public(ip_address(address))


def test_a_network_that_a_setting_names_may_be_reached_and_no_other() -> None:
    address = PushAddress("inbox.example", 443)
    networks = [ip_network("10.20.0.0/16")]
    assert address.allows(ip_address("10.20.3.4"), networks)
    assert address.allows(ip_address("::ffff:10.20.3.4"), networks)
    assert not address.allows(ip_address("10.21.3.4"), networks)


def test_without_encryption_only_this_very_machine_may_be_reached_and_only_if_allowed() -> None:
    address, loopback = PushAddress("localhost", 7000, is_encrypted=False), ip_network("127.0.0.0/8")
    assert address.allows(ip_address("127.0.0.1"), [loopback])
    assert not address.allows(ip_address("127.0.0.1"), [])
    assert not address.allows(ip_address("8.8.8.8"), [])
    assert not address.allows(ip_address("10.20.3.4"), [ip_network("10.20.0.0/16")])


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("https://Inbox.Example:8443", "https://inbox.example:8443"),
        (" https://inbox.example/ ", "https://inbox.example:443"),
        ("https://inbox.example.", "https://inbox.example:443"),
        ("http://127.0.0.1:7000", "http://127.0.0.1:7000"),
        ("https://[2a00:1450::1]:8443", "https://[2a00:1450::1]:8443"),
        ("https://φορέας.example:8443", "https://xn--ixai4bimn.example:8443"),
    ],
)
def test_an_address_is_kept_in_one_form(written: str, read: str) -> None:
    address = PushAddress.parse(written)
    assert str(address) == read
    assert PushAddress.parse(read) == address


@pytest.mark.parametrize(
    "written",
    [
        "inbox.example:443",
        "ftp://inbox.example:443",
        "https://",
        "https://user:word@inbox.example",
        "https://inbox.example/deliver",
        "https://inbox.example?x=1",
        "https://inbox.example#x",
        "https://inbox.example:0",
        "https://inbox.example:99999",
        "http://127.0.0.1",
        "https://[fe80::1%eth0]:443",
        "https://in box.example",
        "https://inbox.example,127.0.0.1:443",
        "https://" + "a" * 70 + ".example",
    ],
)
def test_what_is_no_address_is_refused_in_a_sentence(written: str) -> None:
    with pytest.raises(AddressNotValid, match="https://host:port"):
        PushAddress.parse(written)
