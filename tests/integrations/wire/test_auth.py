"""Headers of calls survive whatever people enter as a name; a token that was just granted is not renewed."""

from __future__ import annotations

import pytest
import requests

from integrations.contract.errors import NotAuthorised
from integrations.wire.auth import FreshToken, HeaderAuth, bearer


def test_headers_are_put_on_a_call_without_letters_that_would_break_them() -> None:
    auth = HeaderAuth({"Authorization": bearer("t0k\u1eebn"), "Retailer": "Ti\u1ec7m-N"})
    request = requests.Request("GET", "https://shop.example/", auth=auth).prepare()
    assert (request.headers["Authorization"], request.headers["Retailer"]) == ("Bearer t0kn", "Tim-N")


def test_a_fresh_token_that_is_refused_is_an_error_and_no_renewal() -> None:
    source = FreshToken("t0ken", refused=NotAuthorised("refused at once", code="401"))
    assert source.current() == "t0ken"
    with pytest.raises(NotAuthorised, match="refused at once"):
        source.renewed("t0ken")
