"""Patches of EventBridge, and what ECS tells it."""

import json
import re

import jsonpath_ng.ext
from moto.core import DEFAULT_ACCOUNT_ID
from moto.events.models import EventPattern, EventsBackend, Rule, events_backends
from moto.logs.models import LogsBackend
from moto.sns.models import sns_backends

from . import around


def rules_tell_topics():
    """A rule sends its events to topics, too.

    User guide, "Amazon EventBridge targets".
    """

    @around(Rule, "send_to_targets", unless='"sns"')
    def send_to_targets(send, self, original_event, transform_input=True):
        everything = self.targets
        topics = [target for target in everything if target["Arn"].split(":")[2] == "sns"]
        for target in topics if self.state == "ENABLED" and self.event_pattern.matches_event(original_event) else []:
            text = original_event
            if given := target.get("InputTransformer"):
                try:
                    text = transformed(given["InputTemplate"], given.get("InputPathsMap", {}), original_event)
                except ValueError:
                    continue  # nobody gets what is no JSON
            sns_backends[DEFAULT_ACCOUNT_ID][target["Arn"].split(":")[3]].publish(text if isinstance(text, str) else json.dumps(text), target["Arn"])
        try:
            self.targets = [target for target in everything if target not in topics]
            return send(self, original_event, transform_input)
        finally:
            self.targets = everything


def logs_have_whole_milliseconds():
    """The time of what a rule writes to a log group is a whole number, as that of all that is logged.

    CloudWatch Logs API reference, InputLogEvent.
    """

    @around(LogsBackend, "put_log_events", unless="whole")
    def put_log_events(put, self, log_group_name, log_stream_name, log_events):
        whole = [event | {"timestamp": int(event["timestamp"])} for event in log_events]
        return put(self, log_group_name, log_stream_name, whole)


def transformed(template, paths, event):
    """Returns what a template makes of an event. A value is JSON, and within a text it stands as it is.

    User guide, "Amazon EventBridge input transformation".
    """
    values = {name: found[0].value for name, path in paths.items() if (found := jsonpath_ng.ext.parse(path).find(event))}

    def fill(part):
        if part[1]:
            return json.dumps(values.get(part[1], ""), default=str)
        return re.sub(r"<(\w+)>", lambda name: str(values.get(name[1], "")), part[0])

    return json.loads(re.sub(r'"[^"]*"|<(\w+)>', fill, template))


def patterns_look_into_lists():
    """What a pattern says of a list of objects has to hold of one of them.

    User guide, "Amazon EventBridge event patterns", matching arrays; README of event-ruler, "And and Or relationship among fields".
    """

    @around(EventPattern, "_does_event_match", unless="within")
    def does_event_match(match, self, event_flat, pattern_node, prefix=""):
        rest = dict(pattern_node)
        for name, within in pattern_node.items():
            elements = event_flat.get(f"{prefix}.{name}" if prefix else name)
            if isinstance(within, dict) and isinstance(elements, list):
                del rest[name]
                if not any(match(self, EventPattern._flatten_dict(element), within) for element in elements):
                    return False
        return match(self, event_flat, rest, prefix)


def tell(region, kind, resources, detail):
    """Tells what happened in ECS: developer guide, "Amazon ECS events"."""
    backend: EventsBackend = events_backends[DEFAULT_ACCOUNT_ID][region]
    backend.put_events([{"Source": "aws.ecs", "DetailType": kind, "Resources": resources, "Detail": json.dumps(detail, default=str)}])


def deployment_failed(service, deployment, now):
    """Developer guide, "Amazon ECS service deployment state change events"."""
    tell(
        service.region_name,
        "ECS Deployment State Change",
        [service.arn],
        {
            "eventType": "ERROR",
            "eventName": "SERVICE_DEPLOYMENT_FAILED",
            "deploymentId": deployment.id,
            "updatedAt": now,
            "reason": deployment.rollout_state_reason,
        },
    )


def task_stopped(task):
    """Developer guide, "Amazon ECS task state change events"."""
    containers = [
        {"name": container.name, "lastStatus": "STOPPED"} | ({} if container.exitCode is None else {"exitCode": container.exitCode})
        for container in task.containers
    ]
    tell(
        task.region_name,
        "ECS Task State Change",
        [task.task_arn],
        {
            "taskArn": task.task_arn,
            "clusterArn": task.cluster_arn,
            "group": task.group or f"family:{task.definition.family}",
            "taskDefinitionArn": task.task_definition_arn,
            "createdAt": task.created_at,
            "lastStatus": "STOPPED",
            "stopCode": task.stop_code,
            "stoppedReason": task.stopped_reason,
            "stoppedAt": task.stopped_at,
            "containers": containers,
        },
    )
