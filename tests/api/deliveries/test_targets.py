"""Which addresses may be called: held when an automation is saved, and again at every connection."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

import pytest
from aiohttp import ClientError
from yarl import URL

from api.deliveries.pinned import IDLE, Calls, Said
from api.deliveries.targets import Names, NotATarget, Resolve, Targets, is_public
from api.errors import problem_in_words
from domain.automations import Action, ActionKind
from domain.errors import Fault, InvalidInput
from tests.api.deliveries.receivers import answer, receiving

PUBLIC = "93.184.215.14"
PUBLIC_6 = "2606:2800:21f:cb07:6820:80da:af6b:8b2c"
PRIVATE = [
    "127.0.0.1",
    "0x7f.1",
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
        ("https://@example.com/hook", "it holds a user's name or password"),
        ("https://example.com/hook#part", "it has a fragment"),
        ("https://example.com/hook#", "it has a fragment"),
        ("https://example.com:port/hook", "it is no URL"),
        ("https://example.com:99999/hook", "it is no URL"),
        ("https://example.com:0/hook", "it names no port"),
        ("https://0177.0.0.1/hook", "it is no URL"),
        ("https://127.1/hook", "it is no URL"),
        ("https://127.0.0.1./hook", "it is no URL"),
        ("https://2130706433/hook", "it is no URL"),
        ("https://%31%32%37.0.0.1/hook", "it names no host"),
        ("https://[fe80::1%25eth0]/hook", "it names no host"),
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


async def post(calls: Calls, url: str) -> Said:
    return await calls.post(URL(url), b"{}", {})


async def test_a_name_that_turns_private_after_the_check_is_not_connected_to() -> None:
    targets = Targets(resolving([PUBLIC], ["127.0.0.1"]))
    async with receiving() as receiver, Calls(targets) as calls:
        url = f"https://rebound.example.com:{receiver.port}/hook"
        await targets.check(actions(url))

        with pytest.raises(NotATarget):
            await post(calls, url)

    assert (receiver.requests, receiver.hello) == ([], b"")


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]"])
async def test_an_address_in_the_url_itself_is_looked_at_when_it_is_connected_to(host: str) -> None:
    """No name is looked up for it, so nobody else would."""
    async with receiving(host="::" if ":" in host else "") as receiver, Calls(Targets(nowhere)) as calls:
        with pytest.raises(NotATarget):
            await post(calls, f"http://{host}:{receiver.port}/hook")

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
        with pytest.raises(ClientError):
            await post(calls, f"https://hooks.example.com:{receiver.port}/hook")

    assert b"hooks.example.com" in receiver.hello


async def test_an_address_that_does_not_answer_is_passed_for_the_next() -> None:
    targets = Targets(resolving(["127.0.0.2", "127.0.0.1"]), allow_private=True)
    async with receiving() as receiver, Calls(targets) as calls:
        response = await post(calls, f"http://hooks.example.com:{receiver.port}/hook")

    assert response.status == 200


@pytest.mark.parametrize("path", ["/hook?to=%2Fa%2fb&sig=%2B%3D", "/%7Ea", "/ä b", "/"])
async def test_a_path_is_called_as_it_was_written(path: str) -> None:
    """Its host may have signed it; only what no request may hold is put in other words."""
    targets = Targets(Names(), allow_private=True)
    async with receiving() as receiver, Calls(targets) as calls:
        await calls.post(targets.parsed(receiver.url.replace("/hook", path)), b"{}", {})

    assert [each.path for each in receiver.requests] == [path.replace("ä b", "%C3%A4%20b")]


async def test_nothing_packed_is_asked_for_or_unpacked() -> None:
    broken = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\nxxx"
    async with receiving(broken) as receiver, Calls(Targets(Names(), allow_private=True)) as calls:
        assert (await post(calls, receiver.url)).status == 200

    assert "accept-encoding" not in receiver.requests[0].headers


async def test_only_so_many_connections_are_kept_for_later() -> None:
    async with receiving(host="0.0.0.0") as receiver, Calls(Targets(Names(), allow_private=True)) as calls:
        for number in range(IDLE + 9):
            await post(
                calls, receiver.url.replace("127.0.0.1", f"127.0.{2 + number // 250}.{1 + number % 250}")
            )
        connector = calls._session.connector
        assert connector
        kept = [each for connections in connector._conns.values() for each in connections]

    assert len(kept) == IDLE


async def test_redirects_are_not_followed() -> None:
    targets = Targets(Names(), allow_private=True)
    async with (
        receiving() as other,
        receiving(answer(302, location=other.url)) as receiver,
        Calls(targets) as calls,
    ):
        response = await post(calls, receiver.url)

    assert response.status == 302
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
