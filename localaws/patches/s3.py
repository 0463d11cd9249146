"""Patches of S3."""

import inspect
import json

from moto.iam.access_control import IAMPolicy
from moto.s3.exceptions import S3AccessDeniedError
from moto.s3.models import FakeBucket, s3_backends
from moto.s3.responses import S3Response

from . import Outdated, around


def buckets_refuse_another_owner():
    """S3 refuses a request that expects a bucket to belong to another account than it does.

    User guide, "Verifying bucket ownership with bucket owner condition".
    """

    @around(S3Response, "_bucket_response", unless="x-amz-expected-bucket-owner")
    def _bucket_response(respond, self, request, full_url):
        expected = request.headers.get("x-amz-expected-bucket-owner")
        _, owner = s3_backends.bucket_accounts.get(self.parse_bucket_name_from_url(request, full_url), (None, None))
        if expected and owner and owner != expected:
            raise S3AccessDeniedError()
        return respond(self, request, full_url)


def buckets_are_in_one_region():
    """S3 answers 301 to a request for a bucket that is in another region, and says in a header in which.

    API reference, HeadBucket, and "Error responses": PermanentRedirect.
    """

    @around(S3Response, "_bucket_response", unless="PermanentRedirect")
    def _bucket_response(respond, self, request, full_url):
        name = self.parse_bucket_name_from_url(request, full_url)
        bucket = self.backend.buckets.get(name)
        creates = request.method == "PUT" and not request.args
        if bucket is None or bucket.region_name == self.region or creates:
            return respond(self, request, full_url)
        return 301, {"x-amz-bucket-region": bucket.region_name}, "<Error><Code>PermanentRedirect</Code></Error>"


def buckets_begin_without_lists():
    """A new bucket has access control lists switched off, and says so.

    User guide, "Controlling ownership of objects and disabling ACLs for your bucket".
    """

    @around(FakeBucket, "__init__", unless="BucketOwnerEnforced")
    def __init__(init, self, *args, **kwargs):
        init(self, *args, **kwargs)
        self.ownership_rule = "BucketOwnerEnforced"


def buckets_are_asked_by_tls():
    """A policy that denies requests without TLS denies none here: the local AWS stands for the endpoint with TLS. moto denies all requests then.

    User guide, "Bucket policy examples using condition keys": aws:SecureTransport.
    """

    @around(FakeBucket, "get_permission", unless="aws:SecureTransport")
    def get_permission(permission, self, action, resource):
        if self.policy is None:
            return permission(self, action, resource)
        document = json.loads(self.policy)
        statements = document["Statement"]
        document["Statement"] = [
            statement
            for statement in ([statements] if isinstance(statements, dict) else statements)
            if str(statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport")).lower() != "false"
        ]
        return IAMPolicy(json.dumps(document)).is_action_permitted(action, resource)


def lifecycles_keep_the_newest_versions():
    """S3 keeps how many old versions an expiration of versions leaves.

    API reference, NoncurrentVersionExpiration: NewerNoncurrentVersions.
    """
    get, put = S3Response.get_bucket_lifecycle, FakeBucket.set_lifecycle
    if inspect.getsource(get).count("NewerNoncurrentVersions") != 1:  # in transitions, but not in expirations
        raise Outdated("S3Response.get_bucket_lifecycle")

    def set_lifecycle(self, rules):
        put(self, rules)
        for kept, rule in zip(self.rules, rules):
            kept.newest = (rule.get("NoncurrentVersionExpiration") or {}).get("NewerNoncurrentVersions")

    def get_bucket_lifecycle(self):
        bucket = self.backend.get_bucket(self.bucket_name)
        serialized = self.serialized

        def with_newest(action):  # NewerNoncurrentVersions of expirations
            for rule, kept in zip(action.result["Rules"], bucket.rules):
                if kept.newest:
                    rule["NoncurrentVersionExpiration"] |= {"NewerNoncurrentVersions": kept.newest}
            return serialized(action)

        self.serialized = with_newest
        try:
            return get(self)
        finally:
            del self.serialized

    FakeBucket.set_lifecycle = set_lifecycle
    S3Response.get_bucket_lifecycle = get_bucket_lifecycle
