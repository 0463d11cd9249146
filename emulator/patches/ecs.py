"""Patches of ECS."""

from moto.ecs.exceptions import EcsClientException
from moto.ecs.models import EC2ContainerServiceBackend
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.elbv2.models import elbv2_backends

from . import around


def services_keep_their_deployment_settings():
    """ECS keeps what CreateService says of deployments and health checks, of which UpdateService
    changes only what it names, and answers DISABLED for the rebalancing of zones unless told otherwise.

    API reference, CreateService: deploymentConfiguration, healthCheckGracePeriodSeconds, availabilityZoneRebalancing.
    """

    @around(EC2ContainerServiceResponse, "create_service", unless="deploymentConfiguration")
    def create_service(create, self):
        result = create(self)
        service = result.result["service"]
        service.deployment_configuration = self._get_param("deploymentConfiguration")
        service.health_check_grace_period_seconds = self._get_param("healthCheckGracePeriodSeconds") or 0
        service.availability_zone_rebalancing = self._get_param("availabilityZoneRebalancing") or "DISABLED"
        return result

    @around(EC2ContainerServiceResponse, "update_service", unless="deploymentConfiguration")
    def update_service(update, self):
        [service], _ = self.ecs_backend.describe_services(self._get_param("cluster", "default"), [self._get_param("service")])
        kept = service.deployment_configuration or {}
        result = update(self)
        service.deployment_configuration = kept | (self._get_param("deploymentConfiguration") or {})
        return result


def services_need_a_load_balancer():
    """ECS refuses a service whose target group no load balancer has yet.

    API reference, CreateService: loadBalancers.
    """

    @around(EC2ContainerServiceBackend, "create_service", unless="does not have an associated load balancer")
    def create_service(create, self, *args, **kwargs):
        load_balancers = kwargs.get("load_balancers") or (args[4] if len(args) > 4 else None) or []
        groups = elbv2_backends[self.account_id][self.region_name].target_groups
        for arn in [b.get("targetGroupArn") for b in load_balancers]:
            if arn not in groups or not groups[arn].load_balancer_arns:
                raise EcsClientException(f"The target group with targetGroupArn {arn} does not have an associated load balancer.")
        return create(self, *args, **kwargs)
