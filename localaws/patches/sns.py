"""Patches of SNS."""

import copy

from moto.core import DEFAULT_ACCOUNT_ID
from moto.sns.exceptions import SNSInvalidParameter
from moto.sns.models import SNSBackend, Subscription, sns_backends

from . import around

mails = []


def mail_addresses_are_confirmed():
    """A mail address gets nothing before somebody has followed the link that AWS sends there. Until then, a subscription cannot be deleted, and a list
    does not have its ARN.

    Developer guide, "Email notifications"; API reference, ListSubscriptionsByTopic and Unsubscribe.
    """

    @around(SNSBackend, "subscribe", unless="PendingConfirmation = ")
    def subscribe(subscribe_, self, topic_arn, endpoint, protocol):
        before = set(self.subscriptions)
        subscription = subscribe_(self, topic_arn, endpoint, protocol)
        if protocol == "email" and subscription.arn not in before:
            subscription.attributes["PendingConfirmation"] = True
        return subscription

    @around(SNSBackend, "list_subscriptions_by_topic", unless="PendingConfirmation")
    def list_subscriptions_by_topic(list_, self, topic_arn, next_token=None):
        found, token = list_(self, topic_arn, next_token)
        shown = []
        for subscription in found:
            if subscription.attributes["PendingConfirmation"]:
                subscription = copy.copy(subscription)
                subscription.arn = subscription.subscription_arn = "PendingConfirmation"
            shown.append(subscription)
        return shown, token

    @around(SNSBackend, "unsubscribe", unless="pending confirmation")
    def unsubscribe(unsubscribe_, self, subscription_arn):
        subscription = self.subscriptions.get(subscription_arn)
        if subscription and subscription.attributes["PendingConfirmation"]:
            raise SNSInvalidParameter("Invalid parameter: SubscriptionArn Reason: Cannot unsubscribe a subscription that is pending confirmation")
        return unsubscribe_(self, subscription_arn)

    @around(Subscription, "publish", unless="mails")
    def publish(publish_, self, message, message_id, **settings):
        if self.protocol == "email" and not self.attributes["PendingConfirmation"]:
            mails.append({"to": self.endpoint, "subject": settings.get("subject") or "AWS Notification Message", "text": message})
        return publish_(self, message, message_id, **settings)


def confirm_mails():
    """Follows the links in all mails that ask for that, and returns the addresses."""
    confirmed = []
    for backend in sns_backends[DEFAULT_ACCOUNT_ID].values():
        for subscription in backend.subscriptions.values():
            if subscription.attributes["PendingConfirmation"]:
                subscription.attributes["PendingConfirmation"] = False
                confirmed.append(subscription.endpoint)
    return sorted(confirmed)
