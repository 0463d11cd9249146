"""Schedules of scheduled actions and of jobs, and what happens when their time comes.

Application Auto Scaling user guide, "How scheduled scaling works" and "Schedule recurring scaling actions
using cron expressions"; EventBridge Scheduler user guide, "Schedule types".
"""

import re

from dateutil.zoneinfo import get_zonefile_instance
from moto.applicationautoscaling.models import applicationautoscaling_backends
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ecs.models import ecs_backends
from moto.scheduler.models import scheduler_backends

MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
DAYS = "SUN MON TUE WED THU FRI SAT".split()


def values(field, lowest, highest, names=()):
    """Returns the numbers that a field of a cron expression stands for, or raises ValueError."""

    def number(text):
        value = lowest + names.index(text.upper()) if text.upper() in names else int(text)
        if not lowest <= value <= highest:
            raise ValueError(text)
        return value

    found = set()
    for part in field.split(","):
        span, slash, step = part.partition("/")
        first, dash, last = span.partition("-")
        if span == "*":
            first, last = lowest, highest
        else:
            first = number(first)
            last = number(last) if dash else highest if slash else first
        found.update(range(first, last + 1, int(step) if slash else 1))
    return found


def cron(schedule):
    """Returns the minutes and hours of a schedule cron(…), or raises ValueError."""
    minutes, hours, day, month, weekday, year = re.fullmatch(r"cron\((.+)\)", schedule)[1].split()
    if (day == "?") == (weekday == "?"):  # one of the two has to be left open
        raise ValueError(schedule)
    if not re.fullmatch(r"\?|L|LW|\d{1,2}W", day):
        values(day, 1, 31)
    if not re.fullmatch(r"\?|L|[1-7]L|[1-7]#[1-5]", weekday):
        values(weekday, 1, 7, DAYS)
    values(month, 1, 12, MONTHS)
    values(year, 1970, 2199)
    return values(minutes, 0, 59), values(hours, 0, 23)


def is_schedule(schedule):
    """Says whether a schedule is an at, a rate or a cron expression that AWS would take."""
    if re.fullmatch(r"at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\)|rate\([1-9]\d* (minute|hour|day)s?\)", schedule):
        return True
    try:
        return schedule.startswith("cron(") and bool(cron(schedule))
    except (TypeError, ValueError):
        return False


def is_zone(name):
    """Says whether a time zone is one of the IANA database."""
    return name in get_zonefile_instance().zones


def it_is(clock):
    """Lets all scheduled actions and jobs happen that are for this hour and minute, and returns their names."""
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", clock):
        raise ValueError(f"{clock} is no time of day like 18:00")
    hour, minute = map(int, clock.split(":"))

    def due(schedule):
        if schedule.startswith("at("):
            minutes, hours = {int(schedule[17:19])}, {int(schedule[14:16])}
        elif schedule.startswith("cron("):
            minutes, hours = cron(schedule)
        else:
            return False
        return minute in minutes and hour in hours

    names = []
    for backend in applicationautoscaling_backends[DEFAULT_ACCOUNT_ID].values():
        for action in backend.scheduled_actions:
            if due(action.schedule):
                happen(backend, action)
                names.append(action.scheduled_action_name)
    for backend in scheduler_backends[DEFAULT_ACCOUNT_ID].values():
        for group in backend.schedule_groups.values():
            for schedule in group.schedules.values():
                if schedule.state == "ENABLED" and due(schedule.schedule_expression):
                    start(backend, schedule)
                    names.append(schedule.name)
    if not names:
        raise ValueError(f"no scheduled action happens at {clock}")
    return sorted(names)


def happen(backend, action):
    """Sets the bounds of a target, and brings the service's number of tasks within them, no further."""
    lowest = action.scalable_target_action.get("MinCapacity")
    highest = action.scalable_target_action.get("MaxCapacity")
    backend.targets[action.scalable_dimension][action.resource_id].update(lowest, highest, None)
    _, cluster, name = action.resource_id.split("/")
    found, _ = backend.ecs_backend.describe_services(cluster, [name])
    for service in found:
        desired = service.desired_count
        if lowest is not None and desired < lowest:
            desired = lowest
        if highest is not None and desired > highest:
            desired = highest
        if service.status == "ACTIVE" and desired != service.desired_count:
            backend.ecs_backend.update_service({"cluster": cluster, "service": name, "desired_count": desired})


def start(backend, schedule):
    """Starts the tasks of a schedule of EventBridge Scheduler."""
    asked = schedule.target["EcsParameters"]
    vpc = asked["NetworkConfiguration"]["awsvpcConfiguration"]
    ecs_backends[backend.account_id][backend.region_name].run_task(
        schedule.target["Arn"],
        asked["TaskDefinitionArn"],
        asked.get("TaskCount") or 1,
        None,
        f"chronos-schedule/{schedule.name}"[:36],  # as long as startedBy may be: ECS API reference, RunTask
        None,
        asked.get("LaunchType"),
        {"awsvpcConfiguration": {"securityGroups": [], **{name[0].lower() + name[1:]: value for name, value in vpc.items()}}},
        None,
        None,
        [{"capacityProvider": one["capacityProvider"]} for one in asked.get("CapacityProviderStrategy") or []] or None,
    )
