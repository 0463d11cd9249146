"""Patches of CloudFront."""

import copy
import datetime
import re

from moto.acm.models import acm_backends
from moto.cloudfront import models, urls
from moto.cloudfront.exceptions import CloudFrontException, NoSuchFunctionExists
from moto.cloudfront.responses import CloudFrontResponse
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.moto_api._internal import mock_random
from moto.s3.models import s3_backends

from . import Outdated, acm, around


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


def before_changes(unless, check):
    """Has check look at what a distribution is to be, before it is created or updated."""

    @around(models.CloudFrontBackend, "create_distribution_with_tags", unless)
    def create_distribution_with_tags(create, self, distribution_config, tags):
        check(self, distribution_config, None)
        return create(self, distribution_config, tags)

    @around(models.CloudFrontBackend, "update_distribution", unless)
    def update_distribution(update, self, dist_config, _id, if_match):
        check(self, dist_config, _id)
        return update(self, dist_config, _id, if_match)


def aliases(config):
    return config.get("Aliases", {}).get("Items") or []


def distributions_are_disabled_before_they_are_deleted():
    """CloudFront deletes only a distribution that is disabled.

    API reference, DeleteDistribution: DistributionNotDisabled.
    """

    @around(models.CloudFrontBackend, "delete_distribution", unless="DistributionNotDisabled")
    def delete_distribution(delete, self, distribution_id, if_match):
        distribution = self.distributions.get(distribution_id)
        if distribution and distribution.distribution_config.Enabled:
            raise CloudFrontException("DistributionNotDisabled", "The distribution you are trying to delete has not been disabled.")
        return delete(self, distribution_id, if_match)


def aliases_belong_to_one_distribution():
    """An alias that another distribution has is refused.

    API reference, CreateDistribution and UpdateDistribution: CNAMEAlreadyExists.
    """

    def check(backend, config, own):
        taken = {
            alias
            for distribution in backend.distributions.values()
            if distribution.distribution_id != own
            for alias in aliases(vars(distribution.distribution_config))
        }
        if taken.intersection(aliases(config)):
            raise CloudFrontException(
                "CNAMEAlreadyExists", "One or more of the CNAMEs you provided are already associated with a different resource."
            )

    before_changes("CNAMEAlreadyExists", check)


def aliases_need_a_certificate():
    """An alias needs an issued certificate in us-east-1 that names it, or has a wildcard in place of its first label.

    Developer guide, "Requirements for using alternate domain names"; API reference, CreateDistribution: InvalidViewerCertificate.
    """

    def refuse(why):
        raise CloudFrontException("InvalidViewerCertificate", why)

    def check(backend, config, _):
        arn = config.get("ViewerCertificate", {}).get("ACMCertificateArn")
        certificates = acm_backends[backend.account_id]["us-east-1"]._certificates
        if arn and (arn not in certificates or not acm.is_issued(arn)):
            refuse(
                "The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid, or doesn't include a valid certificate chain."
            )
        if aliases(config) and not arn:
            refuse("To add an alternate domain name (CNAME) to a CloudFront distribution, you must attach a trusted certificate.")
        for alias in aliases(config):
            names = {certificates[arn].common_name, *certificates[arn].sans}
            if not names & {alias, "*." + alias.partition(".")[2]}:
                refuse(
                    "The certificate that is attached to your distribution doesn't cover the alternate domain name (CNAME) that you're trying to add."
                )

    before_changes("InvalidViewerCertificate", check)


def conflicting_aliases_are_listed():
    """ListConflictingAliases tells which distributions have an alias, with the middle of their ids hidden. It takes the id of a distribution
    of one's own whose certificate covers the alias.

    API reference, ListConflictingAliases; moto does not have it.
    """
    path = "{0}/2020-05-31/conflicting-alias$"
    if hasattr(CloudFrontResponse, "list_conflicting_aliases") or path in urls.url_paths:
        raise Outdated("CloudFrontResponse")

    def hidden(text):
        return "*" * (len(text) - 5) + text[-5:]

    def list_conflicting_aliases(self):
        alias = self._get_param("Alias")
        own = self.backend.distributions.get(self._get_param("DistributionId"))
        if own is None:
            raise CloudFrontException("NoSuchDistribution", "The specified distribution does not exist.")
        names = covered(self.current_account, own.distribution_config.ViewerCertificate.acm_certificate_arn)
        if not names & {alias, "*." + alias.partition(".")[2]}:
            raise CloudFrontException("InvalidArgument", "The certificate of the distribution does not cover the alias.")
        found = [
            {"Alias": alias, "DistributionId": hidden(other.distribution_id), "AccountId": hidden(self.current_account)}
            for other in self.backend.distributions.values()
            if other is not own and alias in aliases(vars(other.distribution_config))
        ]
        return ActionResult({"ConflictingAliasesList": {"MaxItems": 100, "Quantity": len(found), "Items": found}})

    CloudFrontResponse.list_conflicting_aliases = list_conflicting_aliases
    urls.url_paths[path] = CloudFrontResponse.dispatch


def covered(account, arn):
    """Returns the names of a certificate in us-east-1."""
    certificate = acm_backends[account]["us-east-1"]._certificates.get(arn)
    return {certificate.common_name, *certificate.sans} if certificate else set()


def access_controls_in_use_stay():
    """CloudFront does not delete the access control of an origin.

    API reference, DeleteOriginAccessControl: OriginAccessControlInUse.
    """

    @around(models.CloudFrontBackend, "delete_origin_access_control", unless="OriginAccessControlInUse")
    def delete_origin_access_control(delete, self, control_id):
        for distribution in self.distributions.values():
            for origin in distribution.distribution_config.Origins["Items"]:
                if getattr(origin, "origin_access_control_id", "") == control_id:
                    raise CloudFrontException(
                        "OriginAccessControlInUse",
                        "Cannot delete the origin access control because it's in use by one or more distributions.",
                    )
        return delete(self, control_id)


def access_controls_have_names_of_their_own():
    """CloudFront takes the name of an access control once.

    API reference, CreateOriginAccessControl: OriginAccessControlAlreadyExists.
    """

    @around(models.CloudFrontBackend, "create_origin_access_control", unless="OriginAccessControlAlreadyExists")
    def create_origin_access_control(create, self, config_dict):
        if any(control.name == config_dict.get("Name") for control in self.origin_access_controls.values()):
            raise CloudFrontException("OriginAccessControlAlreadyExists", "An origin access control with the same name already exists.")
        return create(self, config_dict)


def invalidations_take_a_moment():
    """An invalidation is in progress at first, and then completed.

    API reference, Invalidation: "The status of the invalidation request. When the invalidation batch is finished, the status is Completed."
    """
    if models.Invalidation("d", [], "r").status != "COMPLETED":
        raise Outdated("Invalidation")
    init = models.Invalidation.__init__

    def patched(self, *args, **kwargs):
        init(self, *args, **kwargs)
        self.completes = self.create_time + datetime.timedelta(seconds=1)

    models.Invalidation.__init__ = patched
    models.Invalidation.status = property(
        lambda self: "Completed" if utcnow() >= self.completes else "InProgress",
        lambda self, _: None,  # moto has it completed, and spells it otherwise
    )


# What a behaviour of a distribution names, and the names that the API has for it.
POLICIES = {"CachePolicy": "cache-policy", "ResponseHeadersPolicy": "response-headers-policy"}


def policies_are_kept():
    """CloudFront keeps cache policies and response headers policies. A name is taken once, and one that a distribution uses is not deleted.

    API reference, CreateCachePolicy (CachePolicyAlreadyExists), UpdateCachePolicy (InvalidIfMatchVersion, NoSuchCachePolicy),
    DeleteCachePolicy (CachePolicyInUse), and the same of response headers policies; moto does not have them.
    """
    for kind, path in POLICIES.items():
        if hasattr(CloudFrontResponse, f"create_{snake(kind)}") or "{0}/2020-05-31/" + path + "$" in urls.url_paths:
            raise Outdated("CloudFrontResponse")
        keep_policies(kind, path)


def keep_policies(kind, path):
    def kept(response):
        vars(response.backend).setdefault("policies", {})
        return response.backend.policies.setdefault(kind, {})

    def answer(policy):
        return {"Id": policy["Id"], "LastModifiedTime": policy["LastModifiedTime"], f"{kind}Config": policy["Config"]}

    def existing(response):
        policy = kept(response).get(response._get_param("Id"))
        if policy is None:
            raise CloudFrontException(f"NoSuch{kind}", f"The specified {kind} does not exist.")
        return policy

    def matching(response):
        policy = existing(response)
        if response.headers.get("If-Match") != policy["ETag"]:
            raise CloudFrontException("InvalidIfMatchVersion", "The If-Match version is missing or not valid for the resource.")
        return policy

    def put(response, policy):
        policy["Config"] = response._get_param(f"{kind}Config", {})
        if any(other["Config"]["Name"] == policy["Config"]["Name"] for other in kept(response).values() if other is not policy):
            raise CloudFrontException(f"{kind}AlreadyExists", f"A {kind} with this name already exists.")
        policy |= {"LastModifiedTime": utcnow(), "ETag": random_id()}
        kept(response)[policy["Id"]] = policy
        return ActionResult({kind: answer(policy), "ETag": policy["ETag"]})

    def create(self):
        return put(self, {"Id": str(mock_random.uuid4())})

    def update(self):
        return put(self, matching(self))

    def get(self):
        policy = existing(self)
        return ActionResult({kind: answer(policy), "ETag": policy["ETag"]})

    def listed(self):
        items = [{"Type": "custom", kind: answer(policy)} for policy in kept(self).values()]
        return ActionResult({f"{kind}List": {"MaxItems": 100, "Quantity": len(items), "Items": items}})

    def delete(self):
        policy = matching(self)
        for distribution in self.backend.distributions.values():
            if policy["Id"] == getattr(distribution.distribution_config.DefaultCacheBehavior, snake(kind) + "_id", None):
                raise CloudFrontException(f"{kind}InUse", f"Cannot delete the {kind} because it is attached to one or more cache behaviors.")
        del kept(self)[policy["Id"]]
        return EmptyResult()

    plural = kind.replace("Policy", "Policies")
    for name, method in {
        f"create_{snake(kind)}": create,
        f"update_{snake(kind)}": update,
        f"get_{snake(kind)}": get,
        f"list_{snake(plural)}": listed,
        f"delete_{snake(kind)}": delete,
    }.items():
        setattr(CloudFrontResponse, name, method)
    for end in ("$", "/(?P<Id>[^/]+)$"):
        urls.url_paths["{0}/2020-05-31/" + path + end] = CloudFrontResponse.dispatch


def functions_have_two_stages():
    """A function is changed in the stage DEVELOPMENT, and PublishFunction copies it to the stage LIVE, which is the one that runs.

    Each stage has an ETag of its own. UpdateFunction and PublishFunction take that of DEVELOPMENT only. The status tells how far it is: UNPUBLISHED,
    UNASSOCIATED, or DEPLOYED where a distribution runs it.

    API reference, DescribeFunction and GetFunction (Stage), UpdateFunction, PublishFunction and DeleteFunction (InvalidIfMatchVersion,
    PreconditionFailed, NoSuchFunctionExists); moto has one stage, and can neither update nor publish.
    """
    publish = "{0}/2020-05-31/function/(?P<function_name>[^/]+)/publish$"
    if hasattr(CloudFrontResponse, "publish_function") or hasattr(CloudFrontResponse, "update_function") or publish in urls.url_paths:
        raise Outdated("CloudFrontResponse")

    def existing(response):
        function = response.backend.describe_function(response._get_param("Name"))
        if response._get_param("Stage") != "LIVE":
            return function
        if not hasattr(function, "live"):
            raise NoSuchFunctionExists(function.name)
        return function.live

    def matching(response):
        function, tag = existing(response), response._get_param("IfMatch")
        if not tag:
            raise CloudFrontException("InvalidIfMatchVersion", "The If-Match version is missing or not valid for the resource.")
        if tag != function.etag:
            raise CloudFrontException("PreconditionFailed", "The precondition in one or more of the request fields evaluated to false.")
        return function

    def summary(response, function):
        status = function.status
        if status != "UNPUBLISHED" and function.arn in {arn for one in response.backend.distributions.values() for arn in associated(one)}:
            status = "DEPLOYED"
        return {**function.function_summary, "Status": status}

    def answer(response, function, **more):
        return ActionResult({"FunctionSummary": summary(response, function), "ETag": function.etag, **more})

    def describe(self):
        return answer(self, existing(self))

    def get(self):
        function = existing(self)
        return ActionResult({"FunctionCode": function.code, "ETag": function.etag, "ContentType": "application/octet-stream"})

    def listed(self):
        stages = [self._get_param("Stage")] if self._get_param("Stage") else ["DEVELOPMENT", "LIVE"]
        items = []
        for function in self.backend.functions.values():
            items += [summary(self, function)] if "DEVELOPMENT" in stages else []
            items += [summary(self, function.live)] if "LIVE" in stages and hasattr(function, "live") else []
        return ActionResult({"FunctionList": {"MaxItems": 100, "Quantity": len(items), "Items": items}})

    def update(self):
        function = matching(self)
        function.config, function.code = self._get_param("FunctionConfig", {}), self._get_param("FunctionCode")
        function.status, function.etag, function.last_modified_time = "UNPUBLISHED", random_id(), utcnow()
        return answer(self, function)

    def published(self):
        function = matching(self)
        function.status = "UNASSOCIATED"
        vars(function).pop("live", None)
        live = copy.copy(function)
        live.stage, live.etag, live.last_modified_time = "LIVE", random_id(), utcnow()
        function.live = live
        return ActionResult({"FunctionSummary": summary(self, live)})

    def delete(self):
        function = matching(self)
        if any(function.arn in associated(distribution) for distribution in self.backend.distributions.values()):
            raise CloudFrontException("FunctionInUse", "Cannot delete the function, it is in use by one or more distributions.")
        del self.backend.functions[function.name]
        return EmptyResult()

    for name, method in {
        "describe_function": describe,
        "get_function": get,
        "list_functions": listed,
        "update_function": update,
        "publish_function": published,
        "delete_function": delete,
    }.items():
        setattr(CloudFrontResponse, name, method)
    urls.url_paths[publish] = CloudFrontResponse.dispatch


def associated(distribution):
    """Returns the ARNs of the functions that a distribution runs."""
    behaviour = distribution.distribution_config.DefaultCacheBehavior
    return [one["FunctionARN"] for one in behaviour.function_associations.get("Items") or []]


def distributions_run_functions():
    """CloudFront keeps the functions of a behaviour. It takes only one that is published, and one for each event type.

    API reference, FunctionAssociations; CreateDistribution and UpdateDistribution: InvalidFunctionAssociation; developer guide, "Restrictions on
    CloudFront Functions".
    """
    behaviour = {"TargetOriginId": "o", "ViewerProtocolPolicy": "https-only", "FunctionAssociations": {"Quantity": 1, "Items": [{}]}}
    if models.DefaultCacheBehaviour(dict(behaviour)).function_associations != {"Quantity": 0}:
        raise Outdated("DefaultCacheBehaviour")
    init = models.DefaultCacheBehaviour.__init__

    def patched(self, config):
        init(self, config)
        self.function_associations = config.get("FunctionAssociations") or {"Quantity": 0}

    models.DefaultCacheBehaviour.__init__ = patched

    def check(backend, config, _):
        items = config.get("DefaultCacheBehavior", {}).get("FunctionAssociations", {}).get("Items") or []
        live = {function.arn for function in backend.functions.values() if hasattr(function, "live")}
        if any(one["FunctionARN"] not in live for one in items) or len({one["EventType"] for one in items}) < len(items):
            raise CloudFrontException(
                "InvalidFunctionAssociation", "A function that is associated is not published, or its event type has another one."
            )

    before_changes("InvalidFunctionAssociation", check)


def logs_need_a_bucket_with_lists():
    """CloudFront logs to a bucket that is there, and that has access control lists switched on, which a new one has not.

    Developer guide, "Configure standard logging (legacy)", required permissions; user guide of S3, "Controlling ownership of objects".
    """

    def check(backend, config, _):
        logging = config.get("Logging", {})
        if logging.get("Enabled") not in ("true", True):
            return
        bucket = s3_backends[backend.account_id][backend.partition].buckets.get(logging["Bucket"].removesuffix(".s3.amazonaws.com"))
        if bucket is None:
            raise CloudFrontException("InvalidArgument", f"The S3 bucket that you specified for CloudFront logs doesn't exist: {logging['Bucket']}")
        if "ObjectWriter" not in str(bucket.ownership_rule) and "BucketOwnerPreferred" not in str(bucket.ownership_rule):
            raise CloudFrontException(
                "InvalidArgument", f"The S3 bucket that you specified for CloudFront logs does not enable ACL access: {logging['Bucket']}"
            )

    before_changes("for CloudFront logs", check)


def snake(name):
    return re.sub("(?<!^)([A-Z])", r"_\1", name).lower()


def random_id():
    return "E" + mock_random.get_random_hex(13).upper()
