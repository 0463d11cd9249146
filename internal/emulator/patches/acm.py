"""Patches of Certificate Manager."""

from moto.acm.models import CertBundle, acm_backends
from moto.acm.responses import AWSCertificateManagerResponse
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


def is_issued(arn):
    """Says whether a certificate is issued by now; also where it is none of Certificate Manager's, such as one of IAM."""
    parts = arn.split(":")
    certificate = acm_backends[parts[4]][parts[3]]._certificates.get(arn) if parts[2] == "acm" else None
    if certificate is None:
        return True
    certificate.check()
    return certificate.status == "ISSUED"
