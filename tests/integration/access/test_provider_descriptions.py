"""A provider is what the hub's settings say of it and what it says of itself, to the letter."""

from pathlib import Path
from typing import Any

import pytest

from services.access.adapters.identity_provider import IdentityProvider, ProviderUnavailable
from services.access.settings import read_providers
from tests.integration.access.providers import begin, linked, provider_of, sign_in
from tests.integration.access.staff import Staff
from tests.support.identity_provider import SampleProvider


@pytest.mark.parametrize("path", ["/", "/realm/", "/realm"])
async def test_an_issuer_is_taken_to_the_letter_and_a_slash_at_its_end_belongs_to_it(
    staff: Staff, tmp_path: Path, path: str
) -> None:
    sample = SampleProvider(path=path)
    await sample.start()
    assert sample.issuer.endswith(path)
    provider = provider_of(sample, tmp_path)
    try:
        person = await linked(staff, sample)
        session = await sign_in(staff, sample, {"city": provider})
        assert (await staff.assertion(session.session_token)).account.principal_id == person.principal_id
    finally:
        await provider.close()
        await sample.stop()


@pytest.mark.parametrize(
    "configuration",
    [
        {"issuer": "https://other.example"},
        {"token_endpoint": "http://plain.example/token"},
        {"jwks_uri": None},
    ],
)
async def test_a_provider_that_describes_itself_wrongly_is_none(
    staff: Staff,
    sample: SampleProvider,
    providers: dict[str, IdentityProvider],
    configuration: dict[str, Any],
) -> None:
    sample.configuration = configuration
    with pytest.raises(ProviderUnavailable):
        await begin(staff, providers)


def test_an_address_of_the_own_machine_without_a_port_stands_for_all_of_its_ports(tmp_path: Path) -> None:
    file = tmp_path / "providers.json"
    allowed = (
        '["http://127.0.0.1/in", "http://[::1]/in", "http://127.0.0.1:8000/fixed", "https://hub.example/in"]'
    )
    file.write_text(
        '{"providers": [{"name": "city", "issuer": "https://id.example", "client_id": "kem",'
        f' "redirect_uris": {allowed}}}]}}'
    )
    (city,) = read_providers(file)
    for address in (
        "http://127.0.0.1/in",
        "http://127.0.0.1:49152/in",
        "http://[::1]:1/in",
        "http://127.0.0.1:8000/fixed",
        "https://hub.example/in",
    ):
        assert city.sends_back_to(address), address
    for address in (
        "http://127.0.0.1:8001/fixed",
        "http://127.0.0.1:49152/in/",
        "http://127.0.0.1:49152/in?next=x",
        "http://127.0.0.1:80@evil.example/in",
        "http://127.0.0.1:/in",
        "http://127.0.0.2:49152/in",
        "http://localhost:49152/in",
        "https://127.0.0.1:49152/in",
        "https://hub.example:8443/in",
    ):
        assert not city.sends_back_to(address), address


def _second(address: str) -> str:
    return (
        '{"name": "other", "issuer": "https://other.example", "client_id": "kem",'
        f' "redirect_uris": ["{address}"]}}'
    )


def test_two_providers_whose_addresses_differ_are_taken(tmp_path: Path) -> None:
    file = tmp_path / "providers.json"
    first = _second("http://127.0.0.1/signed-in").replace("other", "city")
    file.write_text(f'{{"providers": [{first}, {_second("http://127.0.0.1/signed-in/other")}]}}')
    assert [one.loopback_path for one in read_providers(file)] == ["/signed-in", "/signed-in/other"]


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1/", "http://127.0.0.1/{x}", "http://127.0.0.1:8000/in", "https://hub.example/in"],
)
def test_a_terminal_takes_nobody_back_at_an_address_that_it_cannot_listen_at(
    tmp_path: Path, address: str
) -> None:
    file = tmp_path / "providers.json"
    file.write_text(f'{{"providers": [{_second(address)}]}}')
    assert [one.loopback_path for one in read_providers(file)] == [""]


def test_the_providers_file_says_what_is_wrong_with_it(tmp_path: Path) -> None:
    file = tmp_path / "providers.json"
    good = (
        '{"name": "city", "issuer": "https://id.example", "client_id": "kem",'
        ' "redirect_uris": ["https://hub.example/in", "http://127.0.0.1:8000/in"]}'
    )
    file.write_text(f'{{"providers": [{good}]}}')
    assert [one.name for one in read_providers(file)] == ["city"]
    assert read_providers(None) == []
    for text, complaint in (
        ("nonsense", "JSON"),
        ('{"providers": [{"name": "city"}]}', "issuer"),
        (f'{{"providers": [{good.replace("https://id", "http://id")}]}}', "https://"),
        (f'{{"providers": [{good.replace("client_id", "client")}]}}', "client"),
        (f'{{"providers": [{good.replace("https://hub", "http://hub")}]}}', "redirect_uris.*https://"),
        (f'{{"providers": [{good.replace("city", "The City!")}]}}', "name"),
        (f'{{"providers": [{good}, {good}]}}', "city.*twice"),
        (
            f'{{"providers": [{good}, {_second("https://hub.example/in/")}]}}',
            "both city and other.*/in/other",
        ),
        (
            f'{{"providers": [{good}, {_second("https://HUB.example:443/in?of=other")}]}}',
            "both city and other",
        ),
        (f'{{"providers": [{good}, {_second("http://[::1]/in")}]}}', "both city and other"),
    ):
        file.write_text(text)
        with pytest.raises(ValueError, match=complaint):
            read_providers(file)
