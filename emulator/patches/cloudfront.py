"""Patches of CloudFront."""

from moto.cloudfront import models

from . import Outdated


def origins_keep_their_access_control():
    """CloudFront keeps the access control of an origin.

    API reference, Origin: OriginAccessControlId.
    """
    origin = {"Id": "o", "DomainName": "b.s3.amazonaws.com", "OriginAccessControlId": "E1"}
    if hasattr(models.Origin(dict(origin)), "origin_access_control_id"):
        raise Outdated("Origin")
    init = models.Origin.__init__

    def patched(self, origin):
        init(self, origin)
        self.origin_access_control_id = origin.get("OriginAccessControlId") or ""

    models.Origin.__init__ = patched


def certificates_are_not_the_default_one():
    """CloudFront answers CloudFrontDefaultCertificate=false where there is another certificate.

    API reference, ViewerCertificate: CloudFrontDefaultCertificate.
    """
    certificate = {"ACMCertificateArn": "arn"}
    if models.ViewerCertificate(certificate).cloud_front_default_certificate is not True:
        raise Outdated("ViewerCertificate")
    init = models.ViewerCertificate.__init__

    def patched(self, config):
        init(self, config)
        if self.acm_certificate_arn or self.iam_certificate_id:
            self.cloud_front_default_certificate = False

    models.ViewerCertificate.__init__ = patched


def cache_policies_replace_forwarded_values():
    """CloudFront answers no ForwardedValues for a behaviour with a cache policy.

    API reference, DefaultCacheBehavior: ForwardedValues and CachePolicyId.
    """
    behaviour = {"TargetOriginId": "o", "ViewerProtocolPolicy": "https-only", "CachePolicyId": "p"}
    if models.DefaultCacheBehaviour(dict(behaviour)).forwarded_values is None:
        raise Outdated("DefaultCacheBehaviour")
    init = models.DefaultCacheBehaviour.__init__

    def patched(self, config):
        init(self, config)
        if self.cache_policy_id:
            self.forwarded_values = None

    models.DefaultCacheBehaviour.__init__ = patched
