"""Patches of EventBridge Scheduler."""

import json

from moto.iam.models import iam_backends
from moto.scheduler.exceptions import ValidationException
from moto.scheduler.models import EventBridgeSchedulerBackend
from moto.utilities.utils import get_partition

from . import around, schedules


def schedules_are_checked():
    """EventBridge Scheduler refuses an expression and a time zone that are none, an ECS target without its parameters, and a role that it may not
    assume.

    API reference, CreateSchedule and UpdateSchedule: ValidationException; user guide, "Troubleshooting". It does not look whether the cluster and
    the task definition are there: a start fails then.
    """

    def trusts(role):
        statements = json.loads(role.assume_role_policy_document)["Statement"]
        principals = [statement.get("Principal", {}).get("Service", []) for statement in statements if statement["Effect"] == "Allow"]
        return any("scheduler.amazonaws.com" in ([one] if isinstance(one, str) else one) for one in principals)

    def check(backend, settings):
        expression, zone, target = settings["schedule_expression"], settings["schedule_expression_timezone"], settings["target"]
        if not schedules.is_schedule(expression):
            raise ValidationException(f"Invalid Schedule Expression {expression}.")
        if zone and not schedules.is_zone(zone):
            raise ValidationException(f"Provided ScheduleExpressionTimezone {zone} is not valid.")
        if ":ecs:" in target["Arn"] and "EcsParameters" not in target:
            raise ValidationException("EcsParameters is required for the target.")
        roles = iam_backends[backend.account_id][get_partition(backend.region_name)].roles.values()
        if not any(role.arn == target["RoleArn"] and trusts(role) for role in roles):
            raise ValidationException("The execution role you provide must allow AWS EventBridge Scheduler to assume the role.")

    @around(EventBridgeSchedulerBackend, "create_schedule", unless="to assume the role")
    def create_schedule(create, self, **settings):
        check(self, settings)
        return create(self, **settings)

    @around(EventBridgeSchedulerBackend, "update_schedule", unless="to assume the role")
    def update_schedule(update, self, **settings):
        check(self, settings)
        return update(self, **settings)
