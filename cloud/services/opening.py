"""The services of a city as one Notifier."""

import logging
from collections.abc import Callable, Mapping

from cloud.links import Links, system_now_ms
from cloud.services.deadline import Deadline
from cloud.services.line import Line
from cloud.services.mail import Mail
from cloud.services.messages import compose
from cloud.services.privacy import PrivacyFilter, Roster
from cloud.services.service import Service, refused
from cloud.services.webhook import Webhook
from cloud.settings import CitySettings
from gateway.alerts.notifier import Delivery, Notice, Notifier

log = logging.getLogger(__name__)


class Dispatcher:
    """Composes a notice, looks at it for personal data, hands it to its service. For several threads."""

    def __init__(
        self, services: Mapping[str, Service], links: Links, privacy: PrivacyFilter, deadline: Deadline
    ) -> None:
        self._services = services
        self._links = links
        self._privacy = privacy
        self._deadline = deadline

    def send(self, notice: Notice) -> Delivery:
        """One try, bounded in time; never raises for what a network or a service does."""
        service = self._services.get(notice.service)
        if service is None:
            return refused(
                f"{notice.service}: not set up in the city's file (table services.{notice.service})"
            )
        message = compose(notice, self._links.answer_url(notice.alert_id, notice.person_id))
        objection = self._privacy.objection("\n".join((message.words, *notice.facts.values())))
        if objection is not None:
            log.error(
                "a %s message for alert %s was held back: %s",
                notice.purpose,
                notice.alert_id,
                objection.reason,
            )
            return objection
        key = f"{notice.service} {notice.retry_key}"
        delivery = self._deadline.run(key, lambda: service.send(message, notice))
        log.info(
            "%s message for alert %s by %s: %s %s",
            notice.purpose,
            notice.alert_id,
            notice.service,
            delivery.result,
            delivery.reason,
        )
        return delivery


def open_notifier(
    settings: CitySettings, links: Links, roster: Roster, now_ms: Callable[[], int] = system_now_ms
) -> Notifier:
    """A notifier over the services that have a table in the city's file; raises SecretError.

    ``roster`` gives what may never be in a message: ``cloud.services.privacy.roster_of(database)``.
    """
    services: dict[str, Service] = {}
    if settings.services.line is not None:
        services["line"] = Line(settings.services.line)
    if settings.services.mail is not None:
        services["mail"] = Mail(settings.services.mail, now_ms)
    if settings.services.webhook is not None:
        services["webhook"] = Webhook(settings.services.webhook, settings.web.public_url, now_ms)
    if not services:
        log.warning("no service is set up: nobody will be told of an alert (table services)")
    return Dispatcher(services, links, PrivacyFilter(roster), Deadline())
