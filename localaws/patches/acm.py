"""Patches of Certificate Manager."""

from moto.acm.models import AWSCertificateManagerBackend, CertBundle, acm_backends
from moto.acm.responses import AWSCertificateManagerResponse
from moto.cloudfront.models import cloudfront_backends
from moto.core.exceptions import AWSError
from moto.elbv2.models import elbv2_backends
from moto.route53.models import route53_backends

from . import around


def certificates_wait_for_their_records():
    """A certificate that is validated by DNS is pending until its records are there. One that is validated by e-mail is issued when
    somebody has answered, which is at once here.

    User guide, "DNS validation" and "Email validation". moto issues each of them after a minute.
    """

    def is_validated(bundle):
        account = bundle.arn.split(":")[4]
        there = {
            (record.name.strip("."), record.type)
            for zone in route53_backends[account]["aws"].zones.values()
            if not zone.private_zone
            for record in zone.rrsets
        }
        needed = bundle.describe()["Certificate"].get("DomainValidationOptions", [])
        return all((option["ResourceRecord"]["Name"].strip("."), "CNAME") in there for option in needed)

    @around(AWSCertificateManagerResponse, "request_certificate", unless="ValidationMethod")
    def request_certificate(request, self):
        answer = request(self)
        certificate = self.acm_backend._certificates[answer.result["CertificateArn"]]
        certificate.validation_method = self._get_param("ValidationMethod") or "EMAIL"
        return answer

    @around(CertBundle, "check", unless="validation_method")
    def check(check, self):
        pending = self.status == "PENDING_VALIDATION"
        check(self)
        method = getattr(self, "validation_method", None)
        if pending and method and self.status != "EXPIRED":
            self.status = "ISSUED" if method == "EMAIL" or is_validated(self) else "PENDING_VALIDATION"


class ResourceInUse(AWSError):
    TYPE = "ResourceInUseException"


def certificates_in_use_stay():
    """A certificate is not deleted while a load balancer or a distribution uses it, and says which ones do.

    API reference, DeleteCertificate: ResourceInUseException; CertificateDetail: InUseBy.
    """

    def users(arn):
        account, region = arn.split(":")[4], arn.split(":")[3]
        for balancer in elbv2_backends[account][region].load_balancers.values():
            if any(arn in listener.certificates for listener in balancer.listeners.values()):
                yield balancer.arn
        for distribution in cloudfront_backends[account]["aws"].distributions.values():
            if distribution.distribution_config.ViewerCertificate.acm_certificate_arn == arn:
                yield distribution.arn

    @around(CertBundle, "describe", unless="elbv2")
    def describe(describe, self):
        self.in_use_by = list(users(self.arn))
        return describe(self)

    @around(AWSCertificateManagerBackend, "delete_certificate", unless="in_use_by")
    def delete_certificate(delete, self, arn):
        if any(users(arn)):
            raise ResourceInUse(f"Certificate {arn} is in use.")
        return delete(self, arn)


def is_issued(arn):
    """Says whether a certificate is issued by now; also where it is none of Certificate Manager's, such as one of IAM."""
    parts = arn.split(":")
    certificate = acm_backends[parts[4]][parts[3]]._certificates.get(arn) if parts[2] == "acm" else None
    if certificate is None:
        return True
    certificate.check()
    return certificate.status == "ISSUED"
