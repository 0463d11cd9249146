"""A local AWS: moto on loopback, patched where it forgets what AWS keeps, and seeded.

Prints one line of JSON when it is ready: its address and what it was seeded with. Ends when
its standard input does or, with --detached, when it is told to.
"""

import inspect
import json
import os
import signal
import sys
import threading

# Before moto is imported, which reads them: the managed policies, and nobody's credentials.
for name in [n for n in os.environ if n.startswith("AWS_")]:
    del os.environ[name]
os.environ.update(
    MOTO_IAM_LOAD_MANAGED_POLICIES="true",
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="test",
    AWS_EC2_METADATA_DISABLED="true",
    AWS_CONFIG_FILE=os.devnull,
    AWS_SHARED_CREDENTIALS_FILE=os.devnull,
    NO_PROXY="*",
)

import boto3  # noqa: E402
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse  # noqa: E402
from moto.cloudfront import models as cloudfront  # noqa: E402
from moto.ecs import models as ecs  # noqa: E402
from moto.ecs.exceptions import EcsClientException  # noqa: E402
from moto.ecs.responses import EC2ContainerServiceResponse  # noqa: E402
from moto.elbv2.models import elbv2_backends  # noqa: E402
from moto.s3.exceptions import S3AccessDeniedError  # noqa: E402
from moto.s3.models import FakeBucket, s3_backends  # noqa: E402
from moto.s3.responses import S3Response  # noqa: E402
from moto.server import ThreadedMotoServer  # noqa: E402

REGION = "ap-northeast-1"
STATE_BUCKET = "order-bot-terraform-state"


# Patches. Each says what AWS answers, and ends the program if moto answers that by itself
# by now, or has no such place to patch any more.


def outdated(patch):
    sys.exit(f"emulator: the patch {patch.__name__} is not needed with this moto, or does not fit it: see emulator/server.py")


def scalable_targets_have_tags():
    """Application Auto Scaling answers the three calls about tags; moto has none of them."""
    responses = ApplicationAutoScalingResponse
    calls = ("list_tags_for_resource", "tag_resource", "untag_resource")
    if any(hasattr(responses, call) for call in calls) or not hasattr(responses, "_get_param"):
        outdated(scalable_targets_have_tags)
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


def services_keep_their_deployment_settings():
    """ECS keeps what CreateService says of deployments and health checks, of which UpdateService
    changes only what it names, and answers DISABLED for the rebalancing of zones unless told otherwise."""
    create = EC2ContainerServiceResponse.create_service
    if "deploymentConfiguration" in inspect.getsource(create):
        outdated(services_keep_their_deployment_settings)

    def create_service(self):
        result = create(self)
        service = result.result["service"]
        service.deployment_configuration = self._get_param("deploymentConfiguration")
        service.health_check_grace_period_seconds = self._get_param("healthCheckGracePeriodSeconds") or 0
        service.availability_zone_rebalancing = self._get_param("availabilityZoneRebalancing") or "DISABLED"
        return result

    update = EC2ContainerServiceResponse.update_service

    def update_service(self):
        [service], _ = self.ecs_backend.describe_services(self._get_param("cluster", "default"), [self._get_param("service")])
        kept = service.deployment_configuration or {}
        result = update(self)
        service.deployment_configuration = kept | (self._get_param("deploymentConfiguration") or {})
        return result

    EC2ContainerServiceResponse.create_service = create_service
    EC2ContainerServiceResponse.update_service = update_service


def services_need_a_load_balancer():
    """ECS refuses a service whose target group no load balancer has yet."""
    create = ecs.EC2ContainerServiceBackend.create_service
    if "does not have an associated load balancer" in inspect.getsource(create):
        outdated(services_need_a_load_balancer)

    def create_service(self, *args, **kwargs):
        load_balancers = kwargs.get("load_balancers") or (args[4] if len(args) > 4 else None) or []
        groups = elbv2_backends[self.account_id][self.region_name].target_groups
        for arn in [b.get("targetGroupArn") for b in load_balancers]:
            if arn not in groups or not groups[arn].load_balancer_arns:
                raise EcsClientException(f"The target group with targetGroupArn {arn} does not have an associated load balancer.")
        return create(self, *args, **kwargs)

    ecs.EC2ContainerServiceBackend.create_service = create_service


def origins_keep_their_access_control():
    """CloudFront keeps the access control of an origin."""
    origin = {"Id": "o", "DomainName": "b.s3.amazonaws.com", "OriginAccessControlId": "E1"}
    if hasattr(cloudfront.Origin(dict(origin)), "origin_access_control_id"):
        outdated(origins_keep_their_access_control)
    init = cloudfront.Origin.__init__

    def patched(self, origin):
        init(self, origin)
        self.origin_access_control_id = origin.get("OriginAccessControlId") or ""

    cloudfront.Origin.__init__ = patched


def certificates_are_not_the_default_one():
    """CloudFront answers CloudFrontDefaultCertificate=false where there is another certificate."""
    certificate = {"ACMCertificateArn": "arn"}
    if cloudfront.ViewerCertificate(certificate).cloud_front_default_certificate is not True:
        outdated(certificates_are_not_the_default_one)
    init = cloudfront.ViewerCertificate.__init__

    def patched(self, config):
        init(self, config)
        if self.acm_certificate_arn or self.iam_certificate_id:
            self.cloud_front_default_certificate = False

    cloudfront.ViewerCertificate.__init__ = patched


def cache_policies_replace_forwarded_values():
    """CloudFront answers no ForwardedValues for a behaviour with a cache policy."""
    behaviour = {"TargetOriginId": "o", "ViewerProtocolPolicy": "https-only", "CachePolicyId": "p"}
    if cloudfront.DefaultCacheBehaviour(dict(behaviour)).forwarded_values is None:
        outdated(cache_policies_replace_forwarded_values)
    init = cloudfront.DefaultCacheBehaviour.__init__

    def patched(self, config):
        init(self, config)
        if self.cache_policy_id:
            self.forwarded_values = None

    cloudfront.DefaultCacheBehaviour.__init__ = patched


def buckets_refuse_another_owner():
    """S3 refuses a request that expects a bucket to belong to another account than it does."""
    respond = S3Response._bucket_response
    if "x-amz-expected-bucket-owner" in inspect.getsource(respond):
        outdated(buckets_refuse_another_owner)

    def _bucket_response(self, request, full_url):
        expected = request.headers.get("x-amz-expected-bucket-owner")
        _, owner = s3_backends.bucket_accounts.get(self.parse_bucket_name_from_url(request, full_url), (None, None))
        if expected and owner and owner != expected:
            raise S3AccessDeniedError()
        return respond(self, request, full_url)

    S3Response._bucket_response = _bucket_response


def lifecycles_keep_the_newest_versions():
    """S3 keeps how many old versions an expiration of versions leaves."""
    get, put = S3Response.get_bucket_lifecycle, FakeBucket.set_lifecycle
    if inspect.getsource(get).count("NewerNoncurrentVersions") != 1:  # in transitions, but not in expirations
        outdated(lifecycles_keep_the_newest_versions)

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


def seed(endpoint):
    """Creates what the stacks expect to find, and returns the variables that name it."""

    def client(service, region=REGION):
        return boto3.client(service, region_name=region, endpoint_url=endpoint)

    client("s3").create_bucket(Bucket=STATE_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    client("s3").put_bucket_versioning(Bucket=STATE_BUCKET, VersioningConfiguration={"Status": "Enabled"})

    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{i}.0/24", AvailabilityZone=REGION + "ac"[i % 2])["Subnet"]["SubnetId"]
        for i in range(4)
    ]
    zone = client("route53").create_hosted_zone(Name="example.com", CallerReference="seed")["HostedZone"]["Id"].split("/")[-1]

    def certificate(region, domain):
        return client("acm", region).request_certificate(DomainName=domain)["CertificateArn"]

    registry = f"123456789012.dkr.ecr.{REGION}.amazonaws.com"
    return {
        "global": {
            "aws_region": REGION,
            "hosted_zone_id": zone,
            "frontend_domain": "app.example.com",
            "frontend_bucket_name": "order-bot-prod-frontend",
            "cloudfront_certificate_arn": certificate("us-east-1", "app.example.com"),
        },
        "prod": {
            "aws_region": REGION,
            "vpc_id": vpc,
            "public_subnet_ids": subnets[:2],
            "private_subnet_ids": subnets[2:],
            "hosted_zone_id": zone,
            "alb_certificate_arn": certificate(REGION, "*.example.com"),
            "orderbot_domain": "api.example.com",
            "orderbot_mgmt_domain": "mgmt-api.example.com",
            "order_bot_image": f"{registry}/order-bot-svc:v1",
            "order_bot_mgmt_image": f"{registry}/order-bot-mgmt-svc:v1",
            "order_bot_environment": {"PORT": "8000", "HOST": "0.0.0.0", "DATABASE_URL": "postgresql://order_bot:made-up@10.0.10.10:5432/order_bot"},
            "order_bot_mgmt_environment": {"PORT": "8080", "GIN_MODE": "release", "JWT_ACCESS_SECRET": "made-up"},
        },
    }


PATCHES = (
    scalable_targets_have_tags,
    services_keep_their_deployment_settings,
    services_need_a_load_balancer,
    origins_keep_their_access_control,
    certificates_are_not_the_default_one,
    cache_policies_replace_forwarded_values,
    buckets_refuse_another_owner,
    lifecycles_keep_the_newest_versions,
)


def main():
    for patch in PATCHES:
        patch()

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    endpoint = "http://{}:{}".format(*server.get_host_and_port())
    variables = seed(endpoint)
    print(json.dumps({"endpoint": endpoint, "state_bucket": STATE_BUCKET, "variables": variables}), flush=True)

    # Whoever started this holds the other end of standard input: it cannot outlive them.
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if "--detached" not in sys.argv:
        threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
    stop.wait()
    server.stop()


if __name__ == "__main__":
    main()
