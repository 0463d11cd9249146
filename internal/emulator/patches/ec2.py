"""Patches of EC2."""

from moto.ec2.exceptions import DependencyViolationError
from moto.ec2.models.elastic_network_interfaces import NetworkInterface, NetworkInterfaceBackend
from moto.ec2.models.instances import InstanceBackend
from moto.ec2.models.security_groups import SecurityGroupBackend
from moto.elbv2.models import elbv2_backends

from . import Outdated, around


def security_groups_in_use_stay():
    """A security group is not deleted while a network interface, a load balancer or a rule of another group uses it.

    API reference, DeleteSecurityGroup. The tasks of ECS services have network interfaces.
    """

    def users(backend, group_id):
        for interface in backend.enis.values():
            ended = interface.instance and interface.instance.state == "terminated"
            if not ended and any(group.id == group_id for group in interface.group_set):
                yield interface.id
        for balancer in elbv2_backends[backend.account_id][backend.region_name].load_balancers.values():
            if group_id in balancer.security_groups:
                yield balancer.arn
        for groups in backend.groups.values():
            for group in groups.values():
                rules = group.ingress_rules + group.egress_rules
                if group.id != group_id and any(rule.source_group.get("GroupId") == group_id for rule in rules):
                    yield group.id

    @around(SecurityGroupBackend, "delete_security_group", unless="DependencyViolation")
    def delete_security_group(delete, self, name=None, group_id=None):
        group = self.get_security_group_by_name_or_id(group_id or name)
        if group and any(users(self, group.id)):
            raise DependencyViolationError(f"resource {group.id} has a dependent object")
        return delete(self, name, group_id)


def instances_have_the_groups_of_their_interface():
    """The groups that an instance is put into are those of its primary network interface, and no others.

    API reference, ModifyInstanceAttribute: Groups; ModifyNetworkInterfaceAttribute: SecurityGroupId.
    """

    @around(InstanceBackend, "modify_instance_security_groups", unless="_group_set")
    def modify_instance_security_groups(modify, self, instance_id, new_group_id_list):
        instance = modify(self, instance_id, new_group_id_list)
        instance.nics[0]._group_set = list(instance.security_groups)
        return instance

    @around(NetworkInterfaceBackend, "modify_network_interface_attribute", unless="security_groups")
    def modify_network_interface_attribute(modify, self, eni_id, group_ids, *args, **kwargs):
        modify(self, eni_id, group_ids, *args, **kwargs)
        interface = self.get_network_interface(eni_id)
        if group_ids and interface.instance and interface is interface.instance.nics[0]:
            interface.instance.security_groups = list(interface._group_set)


def interfaces_may_have_no_name():
    """A network interface has a private DNS name only where its VPC has DNS hostnames.

    User guide, "DNS attributes for your VPC". moto asks the interface of a task for one anyway.
    """
    if hasattr(NetworkInterface, "private_dns_name"):
        raise Outdated("NetworkInterface")
    NetworkInterface.private_dns_name = None
