"""Alarms of CloudWatch, which moto keeps and does not look at. Minutes pass here when a test says so.

User guide, "Using Amazon CloudWatch alarms" (evaluation, missing data), and "Using math expressions with CloudWatch metrics". What ECS and Elastic
Load Balancing report is measured each minute; whatever else is as the test says.
"""

import json
import operator
import re

from moto.cloudwatch.models import cloudwatch_backends
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2 import ec2_backends
from moto.elbv2.models import elbv2_backends
from moto.sns.models import sns_backends

from . import deployments

minute = 0
numbers = {}  # of each metric, by minute

COMPARISONS = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
STATISTICS = {"Sum": sum, "Maximum": max, "Minimum": min, "Average": lambda all_: sum(all_) / len(all_)}


def minutes_pass(minutes, said):
    """Lets minutes pass in which all stays as it is, and returns the states of the alarms by name. said are values of other metrics by name."""
    global minute
    for _ in range(minutes):
        minute += 1
        measure()
        for backend in cloudwatch_backends[DEFAULT_ACCOUNT_ID].values():
            for alarm in backend.alarms.values():
                for metric in metrics(alarm).values():
                    if metric[1] in said:
                        report(backend.region_name, *metric[:3], said[metric[1]])
            for alarm in backend.alarms.values():
                judge(backend.region_name, alarm)
    backends = cloudwatch_backends[DEFAULT_ACCOUNT_ID].values()
    return {name: alarm.state_value for backend in backends for name, alarm in backend.alarms.items()}


def report(region, namespace, name, dimensions, value):
    numbers.setdefault((region, namespace, name, dimensions), {})[minute] = value


def measure():
    """Reports what AWS does of the services, and of those target groups that have targets.

    "Amazon ECS Container Insights metrics"; "CloudWatch metrics for your Application Load Balancer".
    """
    for service in deployments.services():
        of = frozenset({("ClusterName", service.cluster.name), ("ServiceName", service.name)})
        report(service.region_name, "ECS/ContainerInsights", "DesiredTaskCount", of, service.desired_count)
        report(service.region_name, "ECS/ContainerInsights", "RunningTaskCount", of, service.running_count)
    for region, backend in elbv2_backends[DEFAULT_ACCOUNT_ID].items():
        for group in backend.target_groups.values():
            targets = [group.health_for(target, ec2_backends[DEFAULT_ACCOUNT_ID][region]) for target in group.targets.values()]
            for balancer in group.load_balancer_arns if targets else []:
                of = {("TargetGroup", group.arn.split(":")[-1]), ("LoadBalancer", balancer.split(":loadbalancer/")[-1])}
                healthy = sum(target.status == "healthy" for target in targets)
                report(region, "AWS/ApplicationELB", "HealthyHostCount", frozenset(of), healthy)


def metrics(alarm):
    """Returns the metrics of an alarm by their ids in its expression: namespace, name, dimensions, statistic and seconds."""
    if not alarm.metric_data_queries:
        named = frozenset((one.name, one.value) for one in alarm.dimensions)
        return {"": (alarm.namespace, alarm.metric_name, named, alarm.statistic, int(alarm.period))}
    found = {}
    for query in alarm.metric_data_queries:
        if stat := query.metric_stat:
            named = frozenset((one.name, one.value) for one in stat.metric.dimensions)
            found[query.id] = (stat.metric.namespace, stat.metric.metric_name, named, stat.stat, int(stat.period))
    return found


def value(region, alarm, ago):
    """Returns the number of an alarm in the last period, or so many ago; None where one is missing."""
    found = {}
    for id_, (namespace, name, dimensions, statistic, seconds) in metrics(alarm).items():
        length = seconds // 60
        last = minute - ago * length
        within = [n for at, n in numbers.get((region, namespace, name, dimensions), {}).items() if last - length < at <= last]
        if not within:
            return None
        found[id_] = STATISTICS[statistic](within)
    expression = next((query.expression for query in alarm.metric_data_queries if query.expression), None)
    if expression is None:
        return found[""]
    for ours, theirs in (r"\bAND\b", "and"), (r"\bOR\b", "or"), (r"\bIF\(", "choose("):
        expression = re.sub(ours, theirs, expression)
    return eval(expression, {"__builtins__": {}, "choose": lambda condition, yes, no: yes if condition else no}, found)


def judge(region, alarm):
    """Sets an alarm's state by its last periods, and tells its topics of another one."""
    periods = int(alarm.evaluation_periods)
    needed = int(alarm.datapoints_to_alarm or periods)
    # Where some of them are missing, CloudWatch may take earlier ones, how many it does not say: here it takes none.
    there = [n for n in (value(region, alarm, ago) for ago in range(periods)) if n is not None]
    broken = sum(COMPARISONS[alarm.comparison_operator](n, float(alarm.threshold)) for n in there)
    missing = periods - len(there)
    if alarm.treat_missing_data == "breaching":
        broken += missing
    if not there and alarm.treat_missing_data in (None, "missing", "ignore"):
        state = alarm.state_value if alarm.treat_missing_data == "ignore" else "INSUFFICIENT_DATA"
    else:
        state = "ALARM" if broken >= needed else "OK"
    if state == alarm.state_value:
        return
    reason = f"Threshold Crossed: {broken} of the last {periods} datapoints were beyond the threshold ({alarm.threshold})."
    alarm.update_state(reason, "{}", state)
    actions = {"ALARM": alarm.alarm_actions, "OK": alarm.ok_actions}.get(state, alarm.insufficient_data_actions)
    for topic in actions if alarm.actions_enabled else []:
        text = {"AlarmName": alarm.name, "AlarmDescription": alarm.description, "NewStateValue": state, "NewStateReason": reason}
        sns_backends[DEFAULT_ACCOUNT_ID][topic.split(":")[3]].publish(json.dumps(text), topic, subject=f'{state}: "{alarm.name}"'[:99])
