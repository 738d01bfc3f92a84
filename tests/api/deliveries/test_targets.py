"""Which addresses may be called: held when an automation is saved, and again at every connection."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

import httpx
import pytest

from api.deliveries.pinned import Calls
from api.deliveries.targets import Names, NotATarget, Resolve, Targets, is_public
from api.errors import problem_in_words
from domain.automations import Action, ActionKind
from domain.errors import Fault, InvalidInput
from tests.api.deliveries.receivers import answer, receiving

PUBLIC = "93.184.215.14"
PUBLIC_6 = "2606:2800:21f:cb07:6820:80da:af6b:8b2c"
PRIVATE = [
    "127.0.0.1",
    "127.1",
    "0x7f.1",
    "2130706433",
    "localhost",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[2002:7f00:1::]",
    "[64:ff9b::7f00:1]",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.254",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "[fe80::1]",
    "[fc00::1]",
    "[fec0::1]",
    "[ff02::1]",
    "[::]",
]


def resolving(*answers: Sequence[str]) -> Resolve:
    """A name server that answers one thing after the other, and the last of them for ever."""
    left = list(answers)

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return left.pop(0) if len(left) > 1 else left[0]

    return resolve


async def nowhere(_host: str, _port: int) -> Sequence[str]:
    raise OSError("no such name")


def actions(*urls: str) -> Sequence[Action]:
    return [Action(ActionKind.WEBHOOK, url) for url in urls]


async def refused(targets: Targets, *urls: str) -> Iterable[str]:
    """The paths of the URLs that are refused, with why."""
    with pytest.raises(InvalidInput) as refusal:
        await targets.check(actions(*urls))
    assert all(each.fault is Fault.NOT_A_TARGET for each in refusal.value.problems)
    return [f"{'.'.join(each.path)}: {problem_in_words(each).message}" for each in refusal.value.problems]


@pytest.mark.parametrize("host", PRIVATE)
async def test_what_is_private_is_refused_in_every_spelling(host: str) -> None:
    (why,) = await refused(Targets(Names()), f"https://{host}/hook")

    assert why == (
        "automation.actions.0.url: cannot be called: its host is, or may be, at a private address; "
        "it must be an https URL of a public host"
    )


@pytest.mark.parametrize("host", PRIVATE[:-2])
async def test_what_is_private_may_be_called_where_the_setting_says_so(host: str) -> None:
    targets = Targets(Names(), allow_private=True)

    await targets.check(actions(f"https://{host}/hook", f"http://{host}:8080/hook"))


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://example.com/hook", "it is not https"),
        ("ftp://example.com/hook", "it does not begin with https://"),
        ("//example.com/hook", "it does not begin with https://"),
        ("example.com", "it does not begin with https://"),
        ("javascript:alert(1)", "it does not begin with https://"),
        ("https:///hook", "it names no host"),
        ("https://ada@example.com/hook", "it holds a user's name or password"),
        ("https://ada:secret@example.com/hook", "it holds a user's name or password"),
        ("https://:@example.com/hook", "it holds a user's name or password"),
        ("https://example.com/hook#part", "it has a fragment"),
        ("https://example.com/hook#", "it has a fragment"),
        ("https://example.com:port/hook", "it is no URL"),
        ("https://example.com:99999/hook", "it names no port"),
        ("https://example.com:0/hook", "it names no port"),
        ("https://0177.0.0.1/hook", "it is no URL"),
        ("https://[::1/hook", "it is no URL"),
        ("https://exa mple.com/hook", "it names no host"),
        ("https://example.com/\n", "it is no URL"),
    ],
)
async def test_only_plain_https_urls_pass(url: str, why: str) -> None:
    (said,) = await refused(Targets(resolving([PUBLIC])), url)

    assert why in said


async def test_a_public_host_passes_and_actions_without_a_url_are_not_asked_for_one() -> None:
    targets = Targets(resolving([PUBLIC, PUBLIC_6]))

    await targets.check([*actions("https://example.com/hook"), Action(ActionKind.ADD_TAG, tag="hot")])


async def test_every_url_that_is_wrong_is_named_at_its_place() -> None:
    said = await refused(Targets(Names()), "https://127.0.0.1/", "http://example.com/", "https://10.0.0.1/")

    assert [each.partition(":")[0] for each in said] == [f"automation.actions.{at}.url" for at in range(3)]


async def test_a_name_with_one_private_address_among_public_ones_is_refused() -> None:
    (why,) = await refused(Targets(resolving([PUBLIC, "10.0.0.1"])), "https://example.com/")

    assert "private address" in why


@pytest.mark.parametrize("resolve", [nowhere, resolving([])], ids=["unknown", "empty"])
async def test_a_name_that_does_not_resolve_is_refused(resolve: Resolve) -> None:
    (why,) = await refused(Targets(resolve), "https://example.com/")

    assert "its host's name" in why


async def test_a_refusal_says_nothing_of_what_the_url_holds() -> None:
    (why,) = await refused(Targets(resolving([PUBLIC])), "https://hooks.example.com/services/T0/B0/hush#x")

    assert "hush" not in why
    assert "hooks" not in why


@pytest.mark.parametrize("address", [PUBLIC, PUBLIC_6, f"::ffff:{PUBLIC}", "2002:5db8:d70e::1"])
def test_public_addresses_are_known_as_such(address: str) -> None:
    assert is_public(address)


async def post(calls: Calls, url: str) -> httpx.Response:
    response = await calls.handle_async_request(httpx.Request("POST", url, content=b"{}"))
    await response.aread()
    return response


async def test_a_name_that_turns_private_after_the_check_is_not_connected_to() -> None:
    targets = Targets(resolving([PUBLIC], ["127.0.0.1"]))
    async with receiving() as receiver, Calls(targets) as calls:
        url = f"https://rebound.example.com:{receiver.port}/hook"
        await targets.check(actions(url))

        with pytest.raises(NotATarget):
            await post(calls, url)

    assert (receiver.requests, receiver.hello) == ([], b"")


async def test_every_connection_is_to_an_address_that_was_looked_at_and_names_the_host() -> None:
    """The address is the resolver's; the name stays in Host."""
    targets = Targets(resolving(["127.0.0.1"]), allow_private=True)
    async with receiving(answer(200, connection="close")) as receiver, Calls(targets) as calls:
        for _ in range(2):
            await post(calls, f"http://hooks.example.com:{receiver.port}/hook")

    assert [each.headers["host"] for each in receiver.requests] == [f"hooks.example.com:{receiver.port}"] * 2


async def test_tls_is_begun_with_the_name_of_the_host() -> None:
    targets = Targets(resolving(["127.0.0.1"]), allow_private=True)
    async with receiving() as receiver, Calls(targets) as calls:
        with pytest.raises(httpx.TransportError):
            await post(calls, f"https://hooks.example.com:{receiver.port}/hook")

    assert b"hooks.example.com" in receiver.hello


async def test_an_address_that_does_not_answer_is_passed_for_the_next() -> None:
    targets = Targets(resolving(["127.0.0.2", "127.0.0.1"]), allow_private=True)
    async with receiving() as receiver, Calls(targets) as calls:
        response = await post(calls, f"http://hooks.example.com:{receiver.port}/hook")

    assert response.status_code == 200


async def test_redirects_are_not_followed() -> None:
    targets = Targets(Names(), allow_private=True)
    async with (
        receiving() as other,
        receiving(answer(302, location=other.url)) as receiver,
        Calls(targets) as calls,
    ):
        response = await post(calls, receiver.url)

    assert response.status_code == 302
    assert other.requests == []


async def test_neither_proxies_nor_passwords_of_the_environment_are_gone_by(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with receiving() as proxy, receiving() as receiver:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        async with Calls(Targets(Names(), allow_private=True)) as calls:
            await post(calls, receiver.url)

    assert (len(proxy.requests), len(receiver.requests)) == (0, 1)


async def test_a_name_that_many_ask_for_is_looked_up_once_at_a_time() -> None:
    names = Names()

    found = await asyncio.gather(*(names("localhost", 80) for _ in range(50)))

    assert all(each == found[0] for each in found)
    assert names._asked == {}
    names.close()
