"""What a design names and others have made: roles, security groups, file systems. AWS chooses their ids, so that no call makes them."""

import json

from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2 import ec2_backends
from moto.efs.models import efs_backends
from moto.iam.models import iam_backends

TASKS_OF_ECS = "ecs-tasks.amazonaws.com"


def make_up(region, names, subnets):
    """Makes what is not there yet of role/NAME, sg-…, fs-… and fs-…/fsap-…: a role for tasks of ECS, and what else can be reached from subnets."""
    for name in sorted(names):  # a file system before its access points
        if name.startswith("role/"):
            make_role(name.removeprefix("role/"))
        elif name.startswith("sg-"):
            make_security_group(ec2_backends[DEFAULT_ACCOUNT_ID][region], name, subnets)
        else:
            make_file_system(efs_backends[DEFAULT_ACCOUNT_ID][region], *name.split("/"), subnets=subnets)


def make_role(name):
    backend = iam_backends[DEFAULT_ACCOUNT_ID]["aws"]
    if all(role.name != name for role in backend.roles.values()):
        statement = {"Effect": "Allow", "Principal": {"Service": TASKS_OF_ECS}, "Action": "sts:AssumeRole"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        backend.create_role(name, policy, "/", None, None, [], "3600")


def make_security_group(backend, wanted, subnets):
    vpc = backend.get_subnet(subnets[0]).vpc_id
    if wanted not in backend.groups[vpc]:
        group = backend.create_security_group(f"made-up-{wanted}", "made up", vpc)
        del backend.groups[vpc][group.id]
        group.id = group.group_id = wanted
        backend.groups[vpc][wanted] = group


def make_file_system(backend, wanted, access_point=None, *, subnets):
    if wanted not in backend.file_systems_by_id:
        made = backend.create_file_system(wanted, "generalPurpose", True, None, "bursting", None, None, False, [])
        del backend.file_systems_by_id[made.file_system_id]
        made.file_system_id = wanted
        backend.file_systems_by_id[wanted] = made
    there = {target.availability_zone_name for target in backend.file_systems_by_id[wanted].iter_mount_targets()}
    for subnet in map(backend.ec2_backend.get_subnet, subnets):
        if subnet.availability_zone not in there:
            there.add(subnet.availability_zone)
            default = backend.ec2_backend.get_security_group_by_name_or_id("default", subnet.vpc_id)
            backend.create_mount_target(wanted, subnet.id, security_groups=[default.id])
    if access_point and access_point not in backend.access_points:
        made = backend.create_access_point(access_point, [], wanted, {}, {})
        made.access_point_id = access_point
        backend.access_points[access_point] = made


def refusal_of(definition):
    """Why tasks do not get their role, or None: developer guide, "Service event messages", and "Amazon ECS task IAM role" for who has to be trusted."""
    role = getattr(definition, "task_role_arn", None)
    if not role:
        return None
    there = [known for known in iam_backends[DEFAULT_ACCOUNT_ID]["aws"].roles.values() if known.arn == role]
    if there and TASKS_OF_ECS in there[0].assume_role_policy_document:
        return None
    return (
        f"ECS was unable to assume the role '{role}' that was provided for this task. Please verify that the role being passed has the proper "
        "trust relationship and permissions and that your IAM user has permissions to pass this role."
    )


def unmounted(region, volumes, subnet):
    """Why a task in a subnet does not mount its file systems, or None: developer guide, "ResourceInitializationError"; EFS user guide, "Mount targets"."""
    efs, subnet = efs_backends[DEFAULT_ACCOUNT_ID][region], ec2_backends[DEFAULT_ACCOUNT_ID][region].get_subnet(subnet)
    failed = "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: "
    for volume in volumes or []:
        mounted = volume.get("efsVolumeConfiguration")
        if not mounted:
            continue
        wanted, point = mounted["fileSystemId"], (mounted.get("authorizationConfig") or {}).get("accessPointId")
        targets = efs.file_systems_by_id[wanted].iter_mount_targets() if wanted in efs.file_systems_by_id else []
        if all((target.availability_zone_name, target.vpc_id) != (subnet.availability_zone, subnet.vpc_id) for target in targets):
            return (
                f'{failed}Failed to resolve "{wanted}.efs.{region}.amazonaws.com" - check that your file system ID is correct, and ensure that the VPC '
                "has an EFS mount target for this file system ID."
            )
        if point and (point not in efs.access_points or efs.access_points[point].file_system_id != wanted):
            return f"{failed}mount.nfs4: access denied by server while mounting 127.0.0.1:/"
    return None
