"""The mail service through real SMTP."""

import shutil
import ssl
import subprocess

import pytest

from cloud.services.mail import Mail
from cloud.services.messages import compose
from cloud.settings import MailSettings
from gateway.alerts.notifier import Result
from simulators.city.city import City
from simulators.city.faults import Mishap

LOGIN = ("mimamori", "a-password-of-the-mail-server")


@pytest.fixture
def certificate(tmp_path):
    """Key and self-signed certificate for localhost, made for this test."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl on this machine to make a certificate with")
    key, certificate = tmp_path / "mail.key", tmp_path / "mail.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"]
    subprocess.run([*command, *names, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return key, certificate


@pytest.fixture
def strict_city(certificate):
    """A city whose mail server wants TLS and a password."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate[1], certificate[0])
    with City(mail_tls=context, mail_login=LOGIN) as running:
        yield running


def mail_to(city, tmp_path, password=LOGIN[1], **changes):
    password_file = tmp_path / "mail.password"
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    tables = {
        "host": "localhost",
        "port": city.mail.port,
        "sender": "mimamori@city.example",
        "username": LOGIN[0],
        "password_file": password_file,
        **changes,
    }
    return Mail(MailSettings.model_validate(tables), lambda: 1_800_000_000_000)


def test_a_mail_arrives_with_number_and_link(city, notifier, a_notice):
    assert notifier.send(a_notice("mail")).result is Result.ACCEPTED
    [mail] = city.timeline.arrivals()
    assert mail.subject == "【見守り】受付番号 A12 確認のお願い"
    assert "https://mimamori.example.jp/a/" in mail.text


def test_every_copy_of_a_mail_has_the_same_message_id(city, notifier, a_notice):
    city.mail.faults.next(Mishap.LOST_ANSWER)
    notice = a_notice("mail")
    assert notifier.send(notice).result is Result.RETRY
    assert notifier.send(notice).result is Result.ACCEPTED
    keys = [mail.key for mail in city.timeline.arrivals()]
    assert keys == [f"<{notice.retry_key}@city.example>"] * 2


@pytest.mark.parametrize("mishap", [Mishap.ERROR, Mishap.RATE, Mishap.TIMEOUT, Mishap.REFUSE])
def test_mail_trouble_that_passes_is_tried_again(city, notifier, a_notice, mishap):
    city.mail.faults.next(mishap)
    assert notifier.send(a_notice("mail")).result is Result.RETRY
    assert notifier.send(a_notice("mail")).result is Result.ACCEPTED


def test_a_mail_server_that_is_down_is_tried_again(city, notifier, a_notice):
    city.mail.stop()
    assert notifier.send(a_notice("mail")).result is Result.RETRY


def test_a_mailbox_that_does_not_exist_is_refused(city, notifier, a_notice):
    city.mail.faults.next(Mishap.REJECT)
    delivery = notifier.send(a_notice("mail"))
    assert delivery.result is Result.REFUSED
    assert delivery.reason == "mail: 550"


@pytest.mark.parametrize("address", ["daughter", "a@b\r\nBcc: c@d", "", "two@one.example, three@one.example"])
def test_an_address_that_is_none_is_refused_before_anything_is_sent(city, notifier, a_notice, address):
    assert notifier.send(a_notice("mail", address=address)).result is Result.REFUSED
    assert city.timeline.arrivals() == []


def test_the_old_addresses_of_japanese_telephones_are_mail_addresses(city, notifier, a_notice):
    assert notifier.send(a_notice("mail", address="oba..chan.@phone.example")).result is Result.ACCEPTED
    assert [mail.address for mail in city.timeline.arrivals()] == ["oba..chan.@phone.example"]


def test_mail_is_handed_over_inside_tls_after_signing_in(strict_city, certificate, tmp_path, a_notice):
    mail = mail_to(strict_city, tmp_path, ca_file=certificate[1])
    notice = a_notice("mail")
    assert mail.send(compose(notice, "https://a.example/a/t"), notice).result is Result.ACCEPTED
    assert [arrival.shown for arrival in strict_city.timeline.arrivals()] == [True]


def test_a_server_with_an_unknown_certificate_gets_neither_password_nor_mail(strict_city, tmp_path, a_notice):
    notice = a_notice("mail")
    delivery = mail_to(strict_city, tmp_path).send(compose(notice, "https://a.example/a/t"), notice)
    assert delivery.result is Result.REFUSED
    assert "certificate" in delivery.reason
    assert strict_city.timeline.arrivals() == []


def test_a_server_without_starttls_gets_no_mail(city, tmp_path, a_notice):
    notice = a_notice("mail")
    delivery = mail_to(city, tmp_path).send(compose(notice, "https://a.example/a/t"), notice)
    assert delivery.result is Result.REFUSED
    assert city.timeline.arrivals() == []


def test_a_wrong_mail_password_is_refused(strict_city, certificate, tmp_path, a_notice):
    notice = a_notice("mail")
    mail = mail_to(strict_city, tmp_path, password="another-password", ca_file=certificate[1])
    assert mail.send(compose(notice, "https://a.example/a/t"), notice).result is Result.REFUSED
