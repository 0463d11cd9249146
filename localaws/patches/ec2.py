"""Patches of EC2."""

from moto.ec2.exceptions import DependencyViolationError
from moto.ec2.models.elastic_network_interfaces import NetworkInterface, NetworkInterfaceBackend
from moto.ec2.models.instances import InstanceBackend
from moto.ec2.models.internet_gateways import InternetGateway, InternetGatewayBackend
from moto.ec2.models.nat_gateways import NatGatewayBackend
from moto.ec2.models.security_groups import SecurityGroupBackend
from moto.ec2.models.subnets import SubnetBackend
from moto.ec2.models.vpcs import VPCBackend
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


def interfaces(backend):
    """Returns the network interfaces of all that has not ended."""
    return [interface for interface in backend.enis.values() if not interface.instance or interface.instance.state != "terminated"]


def networks_in_use_stay():
    """A subnet is not deleted while a network interface or a load balancer is in it, and a VPC not while it has one, an internet gateway or a
    security group beside the default one. An internet gateway is not detached from a VPC that has public addresses.

    API reference, DeleteSubnet, DeleteVpc and DetachInternetGateway: DependencyViolation.
    """

    def balancers(backend, vpc_id):
        return [one for one in elbv2_backends[backend.account_id][backend.region_name].load_balancers.values() if one.vpc_id == vpc_id]

    @around(SubnetBackend, "delete_subnet", unless="DependencyViolation")
    def delete_subnet(delete, self, subnet_id):
        subnet = self.get_subnet(subnet_id)
        balanced = any(subnet_id in [of.id for of in balancer.subnets] for balancer in balancers(self, subnet.vpc_id))
        if balanced or any(interface.subnet and interface.subnet.id == subnet_id for interface in interfaces(self)):
            raise DependencyViolationError(f"The subnet '{subnet_id}' has dependencies and cannot be deleted.")
        return delete(self, subnet_id)

    @around(VPCBackend, "delete_vpc", unless="internet_gateways")
    def delete_vpc(delete, self, vpc_id):
        attached = any(gateway.vpc and gateway.vpc.id == vpc_id for gateway in self.internet_gateways.values())
        if attached or any(group.name != "default" for group in self.groups[vpc_id].values()):
            raise DependencyViolationError(f"The vpc '{vpc_id}' has dependencies and cannot be deleted.")
        return delete(self, vpc_id)

    @around(InternetGatewayBackend, "detach_internet_gateway", unless="DependencyViolation")
    def detach_internet_gateway(detach, self, internet_gateway_id, vpc_id):
        mapped = any(address.eni and address.eni.subnet.vpc_id == vpc_id for address in self.addresses)
        if mapped or balancers(self, vpc_id):
            raise DependencyViolationError(f"Network {vpc_id} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.")
        return detach(self, internet_gateway_id, vpc_id)


def nat_gateways_give_back_what_they_had():
    """A NAT gateway that is deleted has no network interface any more, and its address is free.

    API reference, DeleteNatGateway.
    """

    @around(NatGatewayBackend, "delete_nat_gateway", unless="enis")
    def delete_nat_gateway(delete, self, nat_gateway_id):
        gateway = delete(self, nat_gateway_id)
        for address in self.addresses:
            if address.eni is gateway._eni:
                address.eni = address.association_id = None
        self.enis.pop(gateway._eni.id, None)
        return gateway


def endpoints_that_are_deleted_are_gone():
    """A VPC endpoint that is deleted is not there any more after a while, which is at once here. moto keeps it for ever.

    API reference, DeleteVpcEndpoints and VpcEndpoint: State.
    """

    @around(VPCBackend, "delete_vpc_endpoints", unless="vpc_end_points.pop")
    def delete_vpc_endpoints(delete, self, vpce_ids=None):
        delete(self, vpce_ids)
        for vpce_id in vpce_ids or []:
            self.vpc_end_points.pop(vpce_id, None)


def reaches(backend, subnet_id, public, services):
    """Says which of the services, such as "ecr.api", a network interface in a subnet reaches: all of them by a way out, else those that its VPC
    has endpoints for. A public address is needed to leave by an internet gateway.

    User guide, "Configure route tables" and "NAT gateways"; AWS PrivateLink guide, "Gateway endpoints".
    """
    subnet = backend.get_subnet(subnet_id)
    tables = [table for table in backend.route_tables.values() if table.vpc_id == subnet.vpc_id]
    own = [table for table in tables if subnet_id in table._associations.values()]
    table = (own or [table for table in tables if table.main_association_id])[0]

    def leads_out(route):
        if route.destination_cidr_block != "0.0.0.0/0":
            return False
        if route.nat_gateway:
            return route.nat_gateway.state == "available"
        if isinstance(route.gateway, InternetGateway):
            return public and route.gateway.vpc is not None
        return any((route.gateway, route.instance, route.interface, route.transit_gateway, route.vpc_pcx))

    def has_endpoint(service):
        return any(
            endpoint.vpc_id == subnet.vpc_id
            and endpoint.service_name == f"com.amazonaws.{backend.region_name}.{service}"
            and (endpoint.vpc_endpoint_type == "Interface" or table.id in endpoint.route_table_ids)
            for endpoint in backend.vpc_end_points.values()
        )

    out = any(map(leads_out, table.routes))
    return {service for service in services if out or has_endpoint(service)}
