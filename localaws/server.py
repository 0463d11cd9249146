"""A local AWS: moto on loopback, patched where it does other than AWS, and seeded.

Prints one line of JSON when it is ready: its address, its process, and what it was seeded with. Ends when
its standard input does or, with --detached, when it is told to.
"""

import functools
import gzip
import json
import os
import signal
import sys
import threading
from urllib.parse import parse_qs

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
import moto.backends  # noqa: E402
import moto.core.responses  # noqa: E402
import waitress  # noqa: E402
import waitress.wasyncore  # noqa: E402
from moto.server import DomainDispatcherApplication, create_backend_app  # noqa: E402
from werkzeug.wrappers import Response  # noqa: E402

import patches  # noqa: E402
from patches import acm, applicationautoscaling, cloudfront, cloudwatch, deployments, ec2, ecr, ecs, elbv2, events  # noqa: E402
from patches import madeup, route53, runs, s3, scheduler, schedules, servicediscovery, sns  # noqa: E402

REGION = "ap-northeast-1"
STATE_BUCKET = "order-bot-terraform-state"

PATCHES = (
    acm.certificates_wait_for_their_records,
    acm.certificates_in_use_stay,
    applicationautoscaling.scalable_targets_have_tags,
    applicationautoscaling.scheduled_actions_are_checked,
    applicationautoscaling.scheduled_actions_go_with_their_target,
    applicationautoscaling.scalable_targets_go_with_their_service,
    cloudfront.origins_keep_their_access_control,
    cloudfront.certificates_are_not_the_default_one,
    cloudfront.cache_policies_replace_forwarded_values,
    cloudfront.distributions_are_disabled_before_they_are_deleted,
    cloudfront.aliases_belong_to_one_distribution,
    cloudfront.aliases_need_a_certificate,
    cloudfront.conflicting_aliases_are_listed,
    cloudfront.access_controls_in_use_stay,
    cloudfront.access_controls_have_names_of_their_own,
    cloudfront.invalidations_take_a_moment,
    cloudfront.policies_are_kept,
    cloudfront.functions_have_two_stages,
    cloudfront.distributions_run_functions,
    cloudfront.logs_need_a_bucket_with_lists,
    ec2.security_groups_in_use_stay,
    ec2.instances_have_the_groups_of_their_interface,
    ec2.interfaces_may_have_no_name,
    ec2.networks_in_use_stay,
    ec2.nat_gateways_give_back_what_they_had,
    ec2.endpoints_that_are_deleted_are_gone,
    ecr.digests_are_of_the_manifest,
    ecr.images_need_no_push,
    ecr.images_of_a_manifest_list_stay,
    ecr.scans_are_switched_off,
    ecs.services_keep_their_deployment_settings,
    ecs.deployments_take_their_course,
    ecs.tasks_run_and_end,
    ecs.tasks_are_listed_by_service,
    ecs.services_need_a_load_balancer,
    ecs.inactive_revisions_are_not_deployed,
    ecs.services_are_created_once,
    ecs.clusters_in_use_stay,
    ecs.service_deployments_are_told,
    ecs.containers_are_entered,
    elbv2.load_balancers_need_two_zones,
    elbv2.load_balancers_are_in_one_vpc,
    elbv2.load_balancers_have_names_of_their_own,
    elbv2.listeners_need_issued_certificates,
    elbv2.listeners_need_their_certificates,
    elbv2.listeners_are_created_once,
    elbv2.targets_are_as_their_tasks,
    elbv2.callers_need_rights_of_ec2,
    elbv2.targets_may_drain_for_an_hour,
    elbv2.protected_load_balancers_stay,
    elbv2.logs_need_their_bucket,
    events.patterns_look_into_lists,
    events.rules_tell_topics,
    events.logs_have_whole_milliseconds,
    route53.records_are_created_once,
    route53.records_belong_to_their_zone,
    s3.buckets_refuse_another_owner,
    s3.buckets_are_in_one_region,
    s3.buckets_begin_without_lists,
    s3.buckets_are_asked_by_tls,
    s3.lifecycles_keep_the_newest_versions,
    scheduler.schedules_are_checked,
    servicediscovery.private_names_are_taken_once,
    servicediscovery.networks_have_several_namespaces,
    servicediscovery.private_names_are_listed_by_namespace,
    sns.mail_addresses_are_confirmed,
)

# What a test can let happen by POST, and AWS has no call for.
CONTROLS = {
    "/order-bot/it-is": lambda query: {"actions": schedules.it_is(query["clock"][0])},
    "/order-bot/break-image": lambda query: deployments.break_image(query["image"][0]),
    "/order-bot/copy": lambda query: copy(),
    "/order-bot/minutes-pass": lambda query: {
        "alarms": cloudwatch.minutes_pass(int(query.pop("minutes")[0]), {metric: float(values[0]) for metric, values in query.items()})
    },
    "/order-bot/confirm-mails": lambda query: {"addresses": sns.confirm_mails()},
    "/order-bot/mails": lambda query: {"mails": sns.mails},
    "/order-bot/make-up": lambda query: madeup.make_up(REGION, query["name"], query["subnet"]),
}

# moto looks through its own folder, and through all methods of a service, at each request. That is a third of its work.
modules = tuple(moto.backends.list_of_moto_modules())
moto.backends.list_of_moto_modules = lambda: modules
moto.core.responses.method_names_from_class = functools.cache(moto.core.responses.method_names_from_class)

aws = DomainDispatcherApplication(create_backend_app)
one_at_a_time = threading.Lock()
connections = {}  # what the server listens to
ready = {}  # what a program needs to know of this local AWS


def application(environ, start_response):
    """Answers a request as AWS does, or a control, after what was due before it has happened."""
    environ["RAW_URI"] = environ["REQUEST_URI"]  # moto looks there for the path as it was sent
    with one_at_a_time:
        deployments.advance()
        runs.advance()
        control = CONTROLS.get(environ["PATH_INFO"])
        if control is None:
            return answered(environ, start_response)
        return controlled(control, environ, start_response)


def answered(environ, start_response):
    """Answers as AWS does, in what a client reads at once (serve says why): what is longer goes zipped to whoever takes that."""
    if environ["REQUEST_METHOD"] == "HEAD" or "gzip" not in environ.get("HTTP_ACCEPT_ENCODING", ""):
        return aws(environ, start_response)
    answer = Response.from_app(aws, environ, buffered=True)
    if len(answer.data) > 1024 and "Content-Encoding" not in answer.headers:
        answer.data = gzip.compress(answer.data, 1)
        answer.headers["Content-Encoding"] = "gzip"
    return answer(environ, start_response)


def controlled(control, environ, start_response):
    try:
        status, answer = "200 OK", control(parse_qs(environ["QUERY_STRING"]))
    except (KeyError, ValueError) as error:
        status, answer = "400 Bad Request", {"error": str(error)}
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(answer).encode()]


def seed(endpoint):
    """Creates what the stacks expect to find, and returns its ids by the names of the variables that take them."""

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
    public, private = subnets[:2], subnets[2:]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=public[0], AllocationId=address)["NatGateway"]["NatGatewayId"]
    for inside, way in (public, {"GatewayId": gateway}), (private, {"NatGatewayId": nat}):
        table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", **way)
        for subnet in inside:
            ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    zone = client("route53").create_hosted_zone(Name="example.com", CallerReference="seed")["HostedZone"]["Id"].split("/")[-1]

    def certificate(region, *domains):
        requested = client("acm", region).request_certificate(DomainName=domains[0], SubjectAlternativeNames=list(domains))
        return requested["CertificateArn"]

    return {
        "aws_region": REGION,
        "vpc_id": vpc,
        "public_subnet_ids": public,
        "private_subnet_ids": private,
        "hosted_zone_id": zone,
        "alb_certificate_arn": certificate(REGION, "*.example.com"),
        "cloudfront_certificate_arn": certificate("us-east-1", "app.example.com", "www.example.com", "web.example.com", "*.preview.example.com"),
    }


def serve():
    """Answers at an address of its own from now on."""
    # Connections stay open, as those to AWS do: moto's own server closes each after its answer. An engine opens dozens.
    server = waitress.create_server(application, host="127.0.0.1", port=0, connection_limit=1000, asyncore_use_poll=True, map=connections)
    # An answer goes out in one piece. Where its body came later than its head, the AWS SDK of the provider at times lost it, though AWS
    # had done what it was asked for: smithy-go closes the request's body once it has the head, and Go's net/http, if it is late to look
    # whether that body has ended, takes this for an error and closes the connection. What net/http reads at once is 4 KiB.
    server.adj.send_bytes = 1 << 20
    threading.Thread(target=server.run, daemon=True).start()
    ready.update(endpoint=f"http://127.0.0.1:{server.effective_port}", pid=os.getpid(), state_bucket=STATE_BUCKET)


def wait():
    """Waits until this process is told to end, or until whoever started it has ended, who holds the other end of standard input."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if "--detached" not in sys.argv:
        threading.Thread(target=lambda: (os.read(0, 1), stop.set()), daemon=True).start()
    stop.wait()


def copy():
    """Starts a process that begins with all that this one has by now, which is all in its memory, and returns what is known of it."""
    global one_at_a_time
    reading, writing = os.pipe()
    if os.fork() > 0:
        os.close(writing)
        with os.fdopen(reading) as pipe:
            return json.load(pipe)
    try:  # only this thread is in the new process
        one_at_a_time = threading.Lock()
        waitress.wasyncore.close_all(connections)
        serve()
        with os.fdopen(writing, "w") as pipe:
            json.dump(ready, pipe)
        wait()
    finally:
        os._exit(0)


def main():
    for patch in PATCHES:
        patches.apply(patch)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # copies that end are forgotten
    serve()
    ready.update(seeded=seed(ready["endpoint"]))
    print(json.dumps(ready), flush=True)
    wait()


if __name__ == "__main__":
    main()
