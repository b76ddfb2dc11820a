"""The launcher binds the address once; a taken port leads to another one."""

import socket

import pytest

from webapp.operations.launcher.address import AddressRefused, listen


def test_a_free_port_is_taken_as_asked() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    address = listen("127.0.0.1", port)
    assert (address.port, address.wanted) == (port, port)
    assert address.url == f"http://127.0.0.1:{port}/"
    address.listener.close()


def test_a_taken_port_leads_to_the_next_free_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        address = listen("127.0.0.1", port)
        assert address.wanted == port
        assert address.port > port
        address.listener.close()


@pytest.mark.parametrize(("host", "shown"), [("0.0.0.0", "127.0.0.1"), ("::1", "[::1]"), ("::", "[::1]")])
def test_the_address_can_be_typed_into_a_browser(host: str, shown: str) -> None:
    address = listen(host, 0)
    assert address.url == f"http://{shown}:{address.port}/"
    address.listener.close()


def test_a_host_that_is_not_ours_is_refused_in_words() -> None:
    with pytest.raises(AddressRefused, match=r"cannot listen on 192\.0\.2\.1"):
        listen("192.0.2.1", 0)
