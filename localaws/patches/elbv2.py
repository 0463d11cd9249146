"""Patches of Elastic Load Balancing."""

import copy
import fnmatch
import json

from moto.elbv2.exceptions import DuplicateListenerError, DuplicateLoadBalancerName, ELBClientError
from moto.elbv2.models import ELBv2Backend, FakeHealthStatus, FakeTargetGroup
from moto.elbv2.responses import ELBV2Response
from moto.iam.access_control import AssumedRoleAccessKey, CreateAccessKeyFailure, IAMPolicy, PermissionResult
from moto.s3.models import s3_backends

from . import Outdated, acm, around, deployments, source


def load_balancers_need_two_zones():
    """An application load balancer needs subnets in two zones, and takes one subnet of each.

    API reference, CreateLoadBalancer: Subnets; SetSubnets, which moto checks by itself.
    """

    @around(ELBv2Backend, "create_load_balancer", unless="Availability Zone")
    def create_load_balancer(create, self, subnet_ids, subnet_mappings=None, loadbalancer_type=None, **others):
        ids = list(subnet_ids) + [mapping["SubnetId"] for mapping in subnet_mappings or []]
        zones = [subnet.availability_zone for subnet in map(self.ec2_backend.get_subnet, ids) if subnet]
        if (loadbalancer_type or "application") == "application" and len(zones) == len(ids):  # moto names unknown ones
            if len(set(zones)) < len(zones):
                raise ELBClientError(
                    "InvalidConfigurationRequest", "A load balancer cannot be attached to multiple subnets in the same Availability Zone"
                )
            if len(zones) < 2:
                raise ELBClientError("ValidationError", "At least two subnets in two different Availability Zones must be specified")
        return create(self, subnet_ids=subnet_ids, subnet_mappings=subnet_mappings, loadbalancer_type=loadbalancer_type, **others)


def load_balancers_are_in_one_vpc():
    """A load balancer's subnets are of one VPC, and its security groups and target groups are of the same.

    API reference, CreateLoadBalancer, SetSubnets, SetSecurityGroups, CreateListener, ModifyListener, CreateRule and ModifyRule:
    InvalidConfigurationRequest. Its texts were seen by others, such as aws-load-balancer-controller, issue 1045.
    """

    def refuse(why):
        raise ELBClientError("InvalidConfigurationRequest", why)

    def check_subnets(backend, ids, vpc=None):
        """Returns the VPC of the subnets. moto itself refuses those that are not there."""
        for subnet in backend.ec2_backend.describe_subnets():
            if subnet.id in ids:
                vpc = vpc or subnet.vpc_id
                if subnet.vpc_id != vpc:
                    refuse(f"All subnets must belong to the same VPC: '{vpc}'")
        return vpc

    def check_groups(backend, ids, vpc):
        groups = [backend.ec2_backend.get_security_group_from_id(id) for id in ids or []]
        if any(group and group.vpc_id != vpc for group in groups):
            refuse("One or more security groups are invalid")

    def check_targets(backend, balancer, actions):
        for action in actions or []:
            for arn in backend._get_target_group_arns_from(action_data=action):
                group = backend.target_groups.get(arn)
                if balancer and group and group.vpc_id and group.vpc_id != balancer.vpc_id:
                    refuse(f"Target group '{arn}' is in a different VPC than load balancer '{balancer.arn}'")

    def balancer_of(backend, listener_arn):
        return next((b for b in backend.load_balancers.values() if listener_arn in b.listeners), None)

    @around(ELBv2Backend, "create_load_balancer", unless="same VPC")
    def create_load_balancer(create, self, security_groups, subnet_ids, subnet_mappings=None, **others):
        vpc = check_subnets(self, list(subnet_ids) + [mapping["SubnetId"] for mapping in subnet_mappings or []])
        if vpc:
            check_groups(self, security_groups, vpc)
        return create(self, security_groups=security_groups, subnet_ids=subnet_ids, subnet_mappings=subnet_mappings, **others)

    @around(ELBv2Backend, "set_subnets", unless="same VPC")
    def set_subnets(set_, self, arn, subnets, subnet_mappings):
        if balancer := self.load_balancers.get(arn):
            check_subnets(self, list(subnets) + [mapping["SubnetId"] for mapping in subnet_mappings], balancer.vpc_id)
        return set_(self, arn, subnets, subnet_mappings)

    @around(ELBv2Backend, "set_security_groups", unless="security groups are invalid")
    def set_security_groups(set_, self, arn, sec_groups):
        if balancer := self.load_balancers.get(arn):
            check_groups(self, sec_groups, balancer.vpc_id)
        return set_(self, arn, sec_groups)

    @around(ELBv2Backend, "create_listener", unless="different VPC")
    def create_listener(create, self, load_balancer_arn, actions, **others):
        check_targets(self, self.load_balancers.get(load_balancer_arn), actions)
        return create(self, load_balancer_arn=load_balancer_arn, actions=actions, **others)

    @around(ELBv2Backend, "modify_listener", unless="different VPC")
    def modify_listener(modify, self, arn, port=None, protocol=None, ssl_policy=None, certificates=None, actions=None):
        check_targets(self, balancer_of(self, arn), actions)
        return modify(self, arn, port, protocol, ssl_policy, certificates, actions)

    @around(ELBv2Backend, "create_rule", unless="different VPC")
    def create_rule(create, self, listener_arn, actions, **others):
        check_targets(self, balancer_of(self, listener_arn), actions)
        return create(self, listener_arn=listener_arn, actions=actions, **others)

    @around(ELBv2Backend, "modify_rule", unless="different VPC")
    def modify_rule(modify, self, rule_arn, conditions, actions):
        listener_arn = rule_arn.replace(":listener-rule/", ":listener/").rpartition("/")[0]
        check_targets(self, balancer_of(self, listener_arn), actions)
        return modify(self, rule_arn=rule_arn, conditions=conditions, actions=actions)


def load_balancers_have_names_of_their_own():
    """A second call with the name and the settings of a load balancer returns that one; with other settings it is refused.

    API reference, CreateLoadBalancer: "This operation is idempotent", and DuplicateLoadBalancerName. A client repeats the
    call when it has lost the answer to the first one.
    """

    @around(ELBv2Backend, "create_load_balancer", unless=".name == name")
    def create_load_balancer(create, self, name, tags=None, **settings):
        for balancer in self.load_balancers.values():
            if balancer.name == name:
                if balancer.created_with != settings:
                    raise DuplicateLoadBalancerName()
                return balancer
        balancer = create(self, name=name, tags=tags, **settings)
        balancer.created_with = settings
        return balancer


def listeners_need_their_certificates():
    """A listener takes certificates of its own region only, which exist.

    API reference, CreateListener and AddListenerCertificates: CertificateNotFound.
    """

    def check(backend, arns):
        for arn in arns:
            if not backend._certificate_exists(arn):
                raise ELBClientError("CertificateNotFound", f"Certificate '{arn}' not found")

    @around(ELBv2Backend, "create_listener", unless="CertificateNotFound")
    def create_listener(create, self, certificate=None, **others):
        check(self, [certificate] if certificate else [])
        return create(self, certificate=certificate, **others)

    @around(ELBv2Backend, "add_listener_certificates", unless="CertificateNotFound")
    def add_listener_certificates(add, self, arn, certificates):
        check(self, [certificate["CertificateArn"] for certificate in certificates])
        return add(self, arn, certificates)


def listeners_need_issued_certificates():
    """A listener takes no certificate that is not issued yet.

    API reference, CreateListener, ModifyListener and AddListenerCertificates: UnsupportedCertificate; seen by others:
    terraform-provider-aws, issue 26245.
    """

    def check(arns):
        for arn in arns:
            if not acm.is_issued(arn):
                raise ELBClientError(
                    "UnsupportedCertificate",
                    f"The certificate '{arn}' must have a fully-qualified domain name, a supported signature, and a supported key size.",
                )

    @around(ELBv2Backend, "create_listener", unless="UnsupportedCertificate")
    def create_listener(create, self, certificate=None, **others):
        check([certificate] if certificate else [])
        return create(self, certificate=certificate, **others)

    @around(ELBv2Backend, "modify_listener", unless="UnsupportedCertificate")
    def modify_listener(modify, self, arn, port=None, protocol=None, ssl_policy=None, certificates=None, actions=None):
        check(certificate["CertificateArn"] for certificate in certificates or [])
        return modify(self, arn, port, protocol, ssl_policy, certificates, actions)

    @around(ELBv2Backend, "add_listener_certificates", unless="UnsupportedCertificate")
    def add_listener_certificates(add, self, arn, certificates):
        check(certificate["CertificateArn"] for certificate in certificates)
        return add(self, arn, certificates)


def listeners_are_created_once():
    """A second call with the settings of a listener returns that one; with other settings on its port it is refused.

    API reference, CreateListener: "This operation is idempotent", and DuplicateListener.
    """
    if "if port in balancer.listeners:" not in source(ELBv2Backend.create_listener):  # whose keys are ARNs
        raise Outdated("ELBv2Backend.create_listener")

    @around(ELBv2Backend, "create_listener", unless=".created_with")
    def create_listener(create, self, load_balancer_arn, port, **settings):
        balancer = self.load_balancers.get(load_balancer_arn)
        for listener in balancer.listeners.values() if balancer else ():
            if listener.port == port:
                if listener.created_with != settings:
                    raise DuplicateListenerError()
                return listener
        given = copy.deepcopy(settings)  # moto completes the actions that it gets
        listener = create(self, load_balancer_arn=load_balancer_arn, port=port, **settings)
        listener.created_with = given
        return listener


def callers_need_rights_of_ec2():
    """Elastic Load Balancing looks at EC2 in the name of whoever calls it, who needs the rights for that.

    User guide, "Elastic Load Balancing API permissions". That page lacks ec2:GetSecurityGroupsForVpc, without which AWS refuses, too:
    https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/3917. The first load balancer of an account brings the role of the
    service, which AWS creates in the caller's name. Asked of assumed roles only: whoever else works here is an administrator.
    """
    vpc = "arn:aws:ec2:{region}:{account}:vpc/{vpc}"
    needed = {
        "create_load_balancer": {
            "ec2:DescribeAccountAttributes": "*",
            "ec2:DescribeAddresses": "*",
            "ec2:DescribeInternetGateways": "*",
            "ec2:DescribeSecurityGroups": "*",
            "ec2:DescribeSubnets": "*",
            "ec2:DescribeVpcs": "*",
            "ec2:GetSecurityGroupsForVpc": vpc,
            "iam:CreateServiceLinkedRole": "arn:aws:iam::{account}:role/aws-service-role/elasticloadbalancing.amazonaws.com/"
            "AWSServiceRoleForElasticLoadBalancing",
        },
        "create_target_group": {"ec2:DescribeInternetGateways": "*", "ec2:DescribeVpcs": "*"},
        "set_subnets": {"ec2:DescribeSubnets": "*"},
        "set_ip_address_type": {"ec2:DescribeSubnets": "*"},
    }

    def check(response, rights):
        try:
            caller = AssumedRoleAccessKey(response.current_account, response.partition, response.access_key, response.headers)
        except CreateAccessKeyFailure:
            return
        policies = [IAMPolicy(policy) for policy in caller.collect_policies()]
        subnets = (response._get_params().get("Subnets") or [None])[0]
        subnet = response.elbv2_backend.ec2_backend.get_subnet(subnets) if subnets else None
        for action, resource in rights.items():
            named = resource.format(region=response.region, account=response.current_account, vpc=subnet.vpc_id if subnet else "*")
            answers = [policy.is_action_permitted(action, named) for policy in policies]
            if PermissionResult.DENIED in answers or PermissionResult.PERMITTED not in answers:
                raise ELBClientError("AccessDenied", f"User: {caller.arn} is not authorized to perform: {action}")

    def patch(operation, rights):
        @around(ELBV2Response, operation, unless="ec2:Describe")
        def patched(call, self):
            check(self, rights)
            return call(self)

    for operation, rights in needed.items():
        patch(operation, rights)


def targets_are_as_their_tasks():
    """A target whose container answers the health checks with a wrong code is unhealthy.

    API reference, TargetHealth: Target.ResponseCodeMismatch.
    """

    @around(FakeTargetGroup, "health_for", unless="ResponseCodeMismatch")
    def health_for(healthy, self, target, ec2_backend):
        health = healthy(self, target, ec2_backend)
        if health.status == "healthy" and deployments.is_sick(target["Id"]):
            return FakeHealthStatus(target["Id"], health.port, self.health_check_port, **deployments.REFUSED)
        return health


def targets_may_drain_for_an_hour():
    """A target has up to 3,600 seconds to finish its requests. moto takes one less.

    User guide, "Edit target group attributes": 0 to 3600.
    """

    @around(ELBv2Backend, "modify_target_group_attributes", unless="3601")
    def modify_target_group_attributes(modify, self, target_group_arn, attributes):
        an_hour = {name: value for name, value in attributes.items() if name == "deregistration_delay.timeout_seconds" and value == "3600"}
        modify(self, target_group_arn, {name: value for name, value in attributes.items() if name not in an_hour})
        self.target_groups[target_group_arn].attributes.update(an_hour)


def protected_load_balancers_stay():
    """A load balancer with deletion protection is not deleted.

    API reference, DeleteLoadBalancer: OperationNotPermitted.
    """

    @around(ELBv2Backend, "delete_load_balancer", unless="OperationNotPermitted")
    def delete_load_balancer(delete, self, arn):
        balancer = self.load_balancers.get(arn)
        if balancer and balancer.attrs.get("deletion_protection.enabled") == "true":
            raise ELBClientError("OperationNotPermitted", f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled")
        return delete(self, arn)


def logs_need_their_bucket():
    """Requests are logged to a bucket that is there, in the region of the load balancer, and whose policy lets Elastic Load Balancing write.

    User guide, "Enable access logs for your Application Load Balancer": requirements, and the policy of the bucket.
    """

    def allows(bucket, folder, account):
        """Tells whether a statement of the bucket's policy allows it: one without conditions, which are not looked at."""
        policy = json.loads(bucket.policy) if bucket.policy else {"Statement": []}
        key = f"arn:aws:s3:::{bucket.name}/{folder}AWSLogs/{account}/ELBAccessLogTestFile"
        return any(
            statement["Effect"] == "Allow"
            and any(who in json.dumps(statement["Principal"]) for who in (LOG_DELIVERY, LOG_ACCOUNTS.get(bucket.region_name, LOG_DELIVERY)))
            and any(fnmatch.fnmatchcase("s3:PutObject", action) for action in many(statement["Action"]))
            and any(fnmatch.fnmatchcase(key, resource) for resource in many(statement["Resource"]))
            for statement in many(policy["Statement"])
        )

    @around(ELBv2Backend, "modify_load_balancer_attributes", unless="Access Denied for bucket")
    def modify_load_balancer_attributes(modify, self, arn, attrs):
        if attrs.get("access_logs.s3.enabled") == "true":
            name, prefix = attrs.get("access_logs.s3.bucket"), attrs.get("access_logs.s3.prefix")
            bucket = s3_backends[self.account_id][self.partition].buckets.get(name)
            if bucket is None or bucket.region_name != self.region_name or not allows(bucket, f"{prefix}/" if prefix else "", self.account_id):
                raise ELBClientError("InvalidConfigurationRequest", f"Access Denied for bucket: {name}. Please check S3bucket permission")
        return modify(self, arn, attrs)


LOG_DELIVERY = "logdelivery.elasticloadbalancing.amazonaws.com"
LOG_ACCOUNTS = {"ap-northeast-1": "582318560864"}  # who writes where a policy is older


def many(values):
    """Returns a list, of which a policy may write a single value without one."""
    return values if isinstance(values, list) else [values]
