"""Calls over a real loopback server: what goes out and comes back, signed per try, with a token that is renewed."""

from __future__ import annotations

from collections.abc import Callable

from integrations.contract.errors import NotAuthorised, TryLater
from integrations.wire import http
from integrations.wire.calls import Call
from integrations.wire.http import ChannelClient
from tests.integrations.wire.loopback import READ, SECRET, WRITE, Server, Tokens, refusal


def test_a_read_keeps_the_order_of_its_parameters_and_is_signed(server: Server, client: ChannelClient) -> None:
    assert client.send(READ) == {"ok": True}
    [(method, path, _, body)] = server.asked
    assert (method, body) == ("GET", b"")
    assert path == f"/orders?b=2&a=%E1%BB%AB&b=1&token=token-1&sign={SECRET}-1"


def test_numbers_keep_every_digit_both_ways(server: Server, client: ChannelClient) -> None:
    server.answers = [(200, b'{"total": 0.10, "id": 98765432109876543}', {})]
    found = client.send(WRITE)
    assert (str(found["total"]), found["id"]) == ("0.10", 98765432109876543)
    [(_, _, headers, body)] = server.asked
    assert body == b'{"price":19.90,"id":12345678901234567}'
    assert headers["Content-Type"] == "application/json"


def test_a_form_and_a_file_go_out_as_such(server: Server, client: ChannelClient) -> None:
    client.send(Call("POST", "/form", form=[("b", "2"), ("a", "1")]))
    client.send(Call("POST", "/file", form=[("a", "1")], files={"picture": ("p.png", b"\x89PNG", "image/png")}))
    [form, file] = server.asked
    assert form[3] == b"b=2&a=1"
    assert file[2]["Content-Type"].startswith("multipart/form-data; boundary=")
    assert b"\x89PNG" in file[3]


def test_a_line_without_tokens_signs_with_none_and_an_unsigned_one_adds_nothing(
    server: Server, open_client: Callable[..., ChannelClient]
) -> None:
    open_client(tokens=None).send(Call("GET", "/a"))
    open_client(tokens=None, sign=http.unsigned).send(Call("GET", "/b"))
    assert [path for _, path, _, _ in server.asked] == [f"/a?token=&sign={SECRET}-1", "/b"]
    assert "Authorization" not in server.asked[1][2]


def test_cookies_of_one_shop_never_reach_another_call(server: Server, client: ChannelClient) -> None:
    server.answers = [(200, b"{}", {"Set-Cookie": "session=1; Path=/"})]
    client.send(READ)
    client.send(READ)
    assert "Cookie" not in server.asked[1][2]


def test_an_answer_elsewhere_is_not_followed(server: Server, client: ChannelClient) -> None:
    server.answers = [(302, b"", {"Location": "/elsewhere"})]
    assert refusal(client, READ).code == http.UNREADABLE
    assert len(server.asked) == 1


def test_what_is_no_json_goes_to_the_judge_of_a_raw_call_only(
    server: Server, open_client: Callable[..., ChannelClient]
) -> None:
    server.answers = [(200, b"%PDF", {})]
    assert open_client().send(Call("GET", "/label", raw=True)) is None
    error = refusal(open_client(), READ)
    assert (type(error), error.code) == (TryLater, http.UNREADABLE)


def test_a_dead_token_is_renewed_once_and_the_call_repeated_once_also_a_write(
    server: Server, client: ChannelClient, tokens: Tokens
) -> None:
    server.answers = [(401, b"{}", {}), (200, b"{}", {})]
    client.send(WRITE)
    assert tokens.stale == ["token-1"]
    assert [path for _, path, _, _ in server.asked] == [
        f"/ship?token=token-1&sign={SECRET}-1",
        f"/ship?token=token-2&sign={SECRET}-2",
    ]


def test_a_renewed_token_that_is_refused_too_is_an_error(server: Server, client: ChannelClient, tokens: Tokens) -> None:
    server.answers = [(401, b"{}", {})]
    assert isinstance(refusal(client, READ), NotAuthorised)
    assert (tokens.stale, len(server.asked)) == (["token-1"], 2)
