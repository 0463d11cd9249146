"""Patches of Application Auto Scaling."""

import json

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse

from . import Outdated


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
