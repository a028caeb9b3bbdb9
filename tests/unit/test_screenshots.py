"""Of which addresses `kem screenshots` takes one picture."""

import pytest

from tools.screenshots import kind_of

A, B = "0190f3c2-7a1b-7c3d-8e4f-0123456789ab", "0190f3c2-7a1b-7c3d-8e4f-ba9876543210"


def test_pages_about_others_are_of_one_kind() -> None:
    assert kind_of(f"/desk/people/{A}/referrals/{B}?said=asked#state") == "/desk/people/id/referrals/id"
    assert (
        kind_of(f"/desk/people/{A}/edit") == kind_of(f"/desk/people/{B}/edit") != kind_of("/desk/people/new")
    )
    assert kind_of("/audit/entries/17") == kind_of("/audit/entries/4") == "/audit/entries/id"
    assert kind_of("/") == "/"


@pytest.mark.parametrize(
    "address",
    [
        *(
            "/services.csv",
            "/hsds/services",
            "/audit/questions/states.json?ask=1",
            f"/desk/people/{A}/receipt.pdf",
        ),
        *("/sign-in/at/city", "/static/console.css?v=1", "/live?inbox=desk", "//elsewhere.example/"),
    ],
)
def test_files_and_what_leads_elsewhere_are_no_pages(address: str) -> None:
    assert kind_of(address) == ""
