"""Patches of Application Auto Scaling."""

import json

from moto.applicationautoscaling.exceptions import AWSValidationException
from moto.applicationautoscaling.models import ApplicationAutoscalingBackend, applicationautoscaling_backends
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.exceptions import JsonRESTError
from moto.ecs.models import EC2ContainerServiceBackend

from . import Outdated, around, schedules


def scalable_targets_have_tags():
    """Application Auto Scaling answers the three calls about tags; moto has none of them.

    API reference, ListTagsForResource, TagResource, UntagResource.
    """
    responses = ApplicationAutoScalingResponse
    calls = ("list_tags_for_resource", "tag_resource", "untag_resource")
    if any(hasattr(responses, call) for call in calls) or not hasattr(responses, "_get_param"):
        raise Outdated("ApplicationAutoScalingResponse")
    tags = {}

    def list_tags_for_resource(self):
        return json.dumps({"Tags": tags.get(self._get_param("ResourceARN"), {})})

    def tag_resource(self):
        tags.setdefault(self._get_param("ResourceARN"), {}).update(self._get_param("Tags"))
        return "{}"

    def untag_resource(self):
        for key in self._get_param("TagKeys"):
            tags.get(self._get_param("ResourceARN"), {}).pop(key, None)
        return "{}"

    responses.list_tags_for_resource = list_tags_for_resource
    responses.tag_resource = tag_resource
    responses.untag_resource = untag_resource


def scheduled_actions_are_checked():
    """A scheduled action needs a registered target, a schedule and a time zone that exist, and bounds in their order.

    API reference, PutScheduledAction: ObjectNotFoundException and ValidationException.
    """

    @around(ApplicationAutoscalingBackend, "put_scheduled_action", unless="ObjectNotFoundException")
    def put_scheduled_action(put, self, **action):
        resource, dimension = action["resource_id"], action["scalable_dimension"]
        if not self._scalable_target_exists(resource, dimension):
            raise JsonRESTError(
                "ObjectNotFoundException",
                f"No scalable target registered for service namespace: {action['service_namespace']}, resource ID: {resource}, scalable dimension: {dimension}",
            )
        if action["schedule"] and not schedules.is_schedule(action["schedule"]):
            raise AWSValidationException(f"Invalid schedule expression: {action['schedule']}")
        if action["timezone"] and not schedules.is_zone(action["timezone"]):
            raise AWSValidationException(f"Invalid time zone: {action['timezone']}")
        bounds = action["scalable_target_action"]
        if bounds is not None:
            lowest, highest = bounds.get("MinCapacity"), bounds.get("MaxCapacity")
            if lowest is None and highest is None:
                raise AWSValidationException("At least one of minimum capacity and maximum capacity should be provided")
            if lowest is not None and highest is not None and lowest > highest:
                raise AWSValidationException("Minimum capacity cannot be greater than maximum capacity")
        return put(self, **action)


def scheduled_actions_go_with_their_target():
    """A scalable target that is deregistered takes its scheduled actions with it.

    API reference, DeregisterScalableTarget.
    """

    @around(ApplicationAutoscalingBackend, "deregister_scalable_target", unless="scheduled_actions")
    def deregister_scalable_target(deregister, self, namespace, r_id, dimension):
        deregister(self, namespace, r_id, dimension)
        self.scheduled_actions = [a for a in self.scheduled_actions if (a.resource_id, a.scalable_dimension) != (r_id, dimension)]


def scalable_targets_go_with_their_service():
    """An ECS service that is deleted takes its scalable target with it, and the target's scheduled actions.

    Seen by others: terraform-provider-aws, issues 9473 and 10432.
    """

    @around(EC2ContainerServiceBackend, "delete_service", unless="scalable_target")
    def delete_service(delete, self, cluster_name, service_name, force):
        service = delete(self, cluster_name, service_name, force)
        backend = applicationautoscaling_backends[self.account_id][self.region_name]
        for target in backend.describe_scalable_targets("ecs", [f"service/{service.cluster_name}/{service.name}"], None):
            backend.deregister_scalable_target("ecs", target.resource_id, target.scalable_dimension)
        return service
