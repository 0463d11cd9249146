"""Patches of ECR."""

import hashlib
import json

from moto.ecr.models import ECRBackend, Image, ecr_backends

from . import Outdated, around


def digests_are_of_the_manifest():
    """The digest of an image is the SHA-256 of its manifest, by which manifest lists refer to it.

    API reference, ImageIdentifier: imageDigest.
    """

    def digest(manifest):
        return "sha256:" + hashlib.sha256(manifest.encode()).hexdigest()

    manifest = '{"layers": []}'
    if Image("123456789012", "v1", manifest, "r").get_image_digest() == digest(manifest):
        raise Outdated("Image._create_digest")

    def _create_digest(self):
        self._image_digest = digest(self.image_manifest)

    Image._create_digest = _create_digest


def images_of_a_manifest_list_stay():
    """An image that a manifest list refers to is not deleted before the list is, not even in the same call.

    API reference, BatchDeleteImage and ImageFailure: ImageReferencedByManifestList. moto also leaves
    untagged images out of what it says that it deleted.
    """

    def referred(images):
        return {manifest["digest"] for image in images for manifest in json.loads(image.image_manifest).get("manifests", [])}

    def deletes(image_id, image):
        if "imageDigest" in image_id:
            return image_id["imageDigest"] == image.get_image_digest()
        return image.image_tags == [image_id.get("imageTag")]  # without its last tag an image is gone

    @around(ECRBackend, "batch_delete_image", unless="ImageReferencedByManifestList")
    def batch_delete_image(delete, self, repository_name, registry_id=None, image_ids=None):
        repository = self.repositories.get(repository_name)
        images = list(repository.images) if repository else []
        kept = [i for i in image_ids or [] if any(deletes(i, image) and image.get_image_digest() in referred(images) for image in images)]
        allowed = [i for i in image_ids or [] if i not in kept]
        response = delete(self, repository_name, registry_id, allowed) if allowed or not kept else {"imageIds": [], "failures": []}
        response["imageIds"] += [
            {"imageDigest": image.get_image_digest()}
            for image in images
            if image.image_tag is None and image not in repository.images
        ]
        response["failures"] += [
            {
                "imageId": image_id,
                "failureCode": "ImageReferencedByManifestList",
                "failureReason": "Requested image referenced by manifest list",
            }
            for image_id in kept
        ]
        return response


def tag_of(image):
    """Returns the tag of an image, as a task definition names it."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[2]


def digest_of(account, image):
    """Returns the digest of an image that was pushed to a repository; None of any other."""
    registry, _, rest = image.partition("/")
    name, _, tag = rest.partition("@")[0].partition(":")
    if ".dkr.ecr." in registry:
        repository = ecr_backends[account][registry.split(".")[3]].repositories.get(name)
        for pushed in repository.images if repository else []:
            if tag in pushed.image_tags:
                return pushed.get_image_digest()
    return None


def is_missing(tag):
    """Says whether a repository of the local AWS lacks an image: one whose tag begins with "missing"."""
    return tag.startswith("missing")


PROCESSORS = ["amd64", "arm64"]


def processors_of(tag):
    """Returns for which processors an image is that nobody pushed: for the one with which its tag begins, or for all."""
    return [processor for processor in PROCESSORS if tag.startswith(processor)] or PROCESSORS


def images_need_no_push():
    """A repository has an image that nobody pushed, and there is each repository, so that stacks can be deployed without images.

    Here AWS does otherwise: API reference, BatchGetImage: RepositoryNotFoundException and ImageNotFound. The local AWS answers so for
    tags that begin with "missing".
    """

    @around(ECRBackend, "batch_get_image", unless="processors_of")
    def batch_get_image(get, self, repository_name, registry_id=None, image_ids=None):
        tags = [image_id.get("imageTag", "") for image_id in image_ids or []]
        if repository_name not in self.repositories and not any(map(is_missing, tags)):
            response = {"images": [], "failures": [{"imageId": image_id} for image_id in image_ids or []]}
        else:
            response = get(self, repository_name, registry_id, image_ids)
        for failure in list(response["failures"]):
            tag = failure["imageId"].get("imageTag") or ""
            if not is_missing(tag):
                response["failures"].remove(failure)
                platforms = [{"os": "linux", "architecture": processor} for processor in processors_of(tag)]
                manifests = [{"digest": "sha256:" + "0" * 64, "platform": platform} for platform in platforms]
                index = json.dumps({"schemaVersion": 2, "manifests": manifests})
                response["images"].append(Image(self.account_id, tag, index, repository_name))
        return response


def scans_are_switched_off():
    """A scanning configuration that says nothing of pushes has none of them scanned. Clients leave out what is false.

    API reference, ImageScanningConfiguration: scanOnPush is false where it is not given.
    """

    @around(ECRBackend, "put_image_scanning_configuration", unless="scanOnPush")
    def put_image_scanning_configuration(put, self, registry_id, repository_name, image_scan_config):
        return put(self, registry_id, repository_name, {"scanOnPush": False} | (image_scan_config or {}))
