"""Patches of ECS."""

import json

from moto.core.responses import ActionResult
from moto.core.utils import camelcase_to_underscores, utcnow
from moto.ecs import models
from moto.ecs.exceptions import EcsClientException, ECSException, InvalidParameterException
from moto.ecs.models import EC2ContainerServiceBackend
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.elbv2.models import elbv2_backends
from moto.moto_api._internal import mock_random

from . import Outdated, around, deployments, runs, source


def services_keep_their_deployment_settings():
    """ECS keeps what CreateService says of deployments and health checks, of which UpdateService
    changes only what it names, and answers DISABLED for the rebalancing of zones unless told otherwise.

    API reference, CreateService: deploymentConfiguration, healthCheckGracePeriodSeconds, availabilityZoneRebalancing, enableExecuteCommand,
    enableECSManagedTags, propagateTags, capacityProviderStrategy.
    """

    @around(EC2ContainerServiceResponse, "create_service", unless="deploymentConfiguration")
    def create_service(create, self):
        result = create(self)
        service = result.result["service"]
        service.deployment_configuration = self._get_param("deploymentConfiguration")
        service.health_check_grace_period_seconds = self._get_param("healthCheckGracePeriodSeconds") or 0
        service.availability_zone_rebalancing = self._get_param("availabilityZoneRebalancing") or "DISABLED"
        for setting in "enableExecuteCommand", "enableECSManagedTags", "propagateTags", "capacityProviderStrategy":
            setattr(service, camelcase_to_underscores(setting), self._get_param(setting))
        return result

    @around(EC2ContainerServiceResponse, "update_service", unless="deploymentConfiguration")
    def update_service(update, self):
        [service], _ = self.ecs_backend.describe_services(self._get_param("cluster", "default"), [self._get_param("service")])
        kept = service.deployment_configuration
        merged = (kept or {}) | (self._get_param("deploymentConfiguration") or {})
        service.deployment_configuration = merged  # of the deployment that this starts, too
        try:
            return update(self)
        except Exception:
            merged = kept
            raise
        finally:
            service.deployment_configuration = merged


def services_need_a_load_balancer():
    """ECS refuses a service whose target group no load balancer has yet.

    API reference, CreateService and UpdateService: loadBalancers.
    """

    def check(backend, load_balancers):
        groups = elbv2_backends[backend.account_id][backend.region_name].target_groups
        for arn in [b.get("targetGroupArn") for b in load_balancers]:
            if arn not in groups or not groups[arn].load_balancer_arns:
                raise InvalidParameterException(f"The target group with targetGroupArn {arn} does not have an associated load balancer.")

    @around(EC2ContainerServiceBackend, "create_service", unless="does not have an associated load balancer")
    def create_service(create, self, *args, **kwargs):
        check(self, kwargs.get("load_balancers") or (args[4] if len(args) > 4 else None) or [])
        return create(self, *args, **kwargs)

    @around(EC2ContainerServiceBackend, "update_service", unless="does not have an associated load balancer")
    def update_service(update, self, properties):
        check(self, properties.get("load_balancers") or [])
        return update(self, properties)


def inactive_revisions_are_not_deployed():
    """ECS refuses to deploy a task definition that was deregistered.

    API reference, DeregisterTaskDefinition: an INACTIVE one cannot be used to create or to update a service.
    """

    def check(backend, task_definition):
        if task_definition and backend.describe_task_definition(task_definition).status != "ACTIVE":
            raise EcsClientException("TaskDefinition is inactive")

    @around(EC2ContainerServiceBackend, "create_service", unless="TaskDefinition is inactive")
    def create_service(create, self, cluster_str, service_name, desired_count, task_definition_str=None, *args, **kwargs):
        check(self, task_definition_str)
        return create(self, cluster_str, service_name, desired_count, task_definition_str, *args, **kwargs)

    @around(EC2ContainerServiceBackend, "update_service", unless="TaskDefinition is inactive")
    def update_service(update, self, properties):
        check(self, properties.get("task_definition"))
        return update(self, properties)


def services_are_created_once():
    """A second call with the name and the settings of a service returns that one; with other settings it is refused.

    API reference, CreateService: InvalidParameterException. moto puts a second service in the place of the first, whose tasks
    nobody can stop any more.
    """

    @around(EC2ContainerServiceBackend, "create_service", unless="not idempotent")
    def create_service(create, self, cluster_str, service_name, *args, **kwargs):
        there = self.services.get(f"{self._get_cluster(cluster_str).name}:{service_name}")
        if there is not None and there.status == "ACTIVE":
            if there.created_with != (args, kwargs):
                raise InvalidParameterException("Creation of service was not idempotent.")
            return there
        service = create(self, cluster_str, service_name, *args, **kwargs)
        service.created_with = (args, kwargs)
        return service


def deployments_take_their_course():
    """A service's tasks start, run or fail, and its deployment is completed, fails or goes back, as in deployments.py.

    API reference, Deployment: rolloutState; UpdateService: what starts a deployment.
    """
    if "MOTO_ECS_SERVICE_RUNNING" not in source(models.Service.__init__):  # how many moto says that run
        raise Outdated("Service.__init__")
    models.Service = deployments.Service

    @around(EC2ContainerServiceBackend, "create_service", unless="settle(")
    def create_service(create, self, *args, **kwargs):
        service = create(self, *args, **kwargs)
        service.settle(utcnow())
        return service

    @around(EC2ContainerServiceBackend, "update_service", unless="deploy(")
    def update_service(update, self, properties):
        service = self._get_service(properties.get("cluster", "default"), properties["service"].split("/")[-1])
        if service.status != "ACTIVE":
            raise ECSException("ServiceNotActiveException", "Service was not ACTIVE.")
        before = service.revision()
        force = properties.pop("force_new_deployment", False)
        update(self, properties)
        service.task_definition = self.describe_task_definition(service.task_definition).arn
        if force or service.revision() != before:
            service.deploy(utcnow())
        service.settle(utcnow())
        return service

    @around(EC2ContainerServiceBackend, "delete_service", unless=".stop(")
    def delete_service(delete, self, cluster_name, service_name, force):
        service = delete(self, cluster_name, service_name, force)
        service.stop(utcnow())
        return service


def tasks_run_and_end():
    """A task of RunTask starts, runs or fails, and ends, as in runs.py. ECS refuses one of an inactive revision, and overrides of a container that
    there is not. A call with the client token of another one starts nothing, and is refused where it asks for something else.

    API reference, RunTask: ClientException and InvalidParameterException; "Ensuring idempotency".
    """
    if "models.Task" in source(EC2ContainerServiceBackend.run_task):
        raise Outdated("EC2ContainerServiceBackend.run_task")
    models.Task = runs.Run

    @around(EC2ContainerServiceBackend, "_calculate_task_resource_requirements", unless="FARGATE")
    def requirements(calculate, self, task_definition):
        if "FARGATE" in (task_definition.requires_compatibilities or []):  # it takes no room of an instance, and its containers need no size
            return {"CPU": 0, "MEMORY": 0, "PORTS": [], "PORTS_UDP": []}
        return calculate(self, task_definition)

    @around(EC2ContainerServiceBackend, "run_task", unless="is not a container in the TaskDefinition")
    def run_task(run, self, cluster_str, task_definition_str, count, overrides, *args, **kwargs):
        definition = self.describe_task_definition(task_definition_str)
        if definition.status != "ACTIVE":
            raise EcsClientException("TaskDefinition is inactive")
        names = [container["name"] for container in definition.container_definitions]
        for override in (overrides or {}).get("containerOverrides") or []:
            if override.get("name") not in names:
                raise InvalidParameterException(f"Override for container named {override.get('name')} is not a container in the TaskDefinition.")
        return run(self, cluster_str, task_definition_str, count, overrides, *args, **kwargs)

    @around(EC2ContainerServiceResponse, "run_task", unless="clientToken")
    def run_once(run, self):
        token, asked = self._get_param("clientToken"), json.loads(self.body)
        cluster = self.ecs_backend._get_cluster(self._get_param("cluster", "default")).name
        there = [task for task in self.ecs_backend.tasks.get(cluster, {}).values() if token and getattr(task, "token", None) == token]
        if any(task.asked != asked for task in there):
            raise ECSException(
                "ConflictException",
                "The RunTask request could not be processed due to conflicts. The provided clientToken is already in use with a different RunTask request.",
            )
        if there:
            return ActionResult({"tasks": there, "failures": []})
        answer = run(self)
        for task in answer.result["tasks"]:
            task.token, task.asked = token, asked
        return answer


def tasks_are_listed_by_service():
    """ListTasks answers the tasks of the service that it names, and running ones unless told otherwise.

    API reference, ListTasks: serviceName and desiredStatus.
    """

    @around(EC2ContainerServiceBackend, "list_tasks", unless="service:")
    def list_tasks(
        list_, self, cluster_str=None, container_instance=None, family=None, started_by=None, service_name=None, desiredStatus=None
    ):
        tasks = list_(self, cluster_str, container_instance, family, started_by, None, desiredStatus or "RUNNING")
        if service_name is None:
            return tasks
        service = self._get_service(cluster_str, service_name)
        return [task for task in tasks if task.group == f"service:{service.name}" and task.cluster_name == service.cluster_name]


def clusters_in_use_stay():
    """ECS refuses to delete a cluster that has a service or a task.

    API reference, DeleteCluster: ClusterContainsServicesException and ClusterContainsTasksException.
    """

    @around(EC2ContainerServiceBackend, "delete_cluster", unless="ClusterContains")
    def delete_cluster(delete, self, cluster_str):
        cluster = self._get_cluster(cluster_str)
        if any(service.cluster_name == cluster.name and service.status != "INACTIVE" for service in self.services.values()):
            raise ECSException("ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active.")
        if any(task.last_status != "STOPPED" for task in self.tasks.get(cluster.name, {}).values()):
            raise ECSException("ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.")
        return delete(self, cluster_str)


def service_deployments_are_told():
    """ECS tells the course of each deployment of a service, and stops one on demand.

    API reference, ListServiceDeployments, DescribeServiceDeployments, DescribeServiceRevisions and StopServiceDeployment; developer guide,
    "Stopping Amazon ECS service deployments". AWS does not say what it answers for one that has ended, but that there is a
    ConflictException. A deployment with none before it has nothing to go back to: ROLLBACK_FAILED.
    """
    if hasattr(EC2ContainerServiceResponse, "list_service_deployments"):
        raise Outdated("EC2ContainerServiceResponse.list_service_deployments")

    def found(arns, known):
        """Returns what there is of the ARNs, and a failure for each other one."""
        failures = [{"arn": arn, "reason": "MISSING"} for arn in arns if arn not in known]
        return [known[arn] for arn in arns if arn in known], failures

    def courses():
        return [course for service in deployments.services() for course in service.history]

    def list_service_deployments(self):
        backend = self.ecs_backend
        service = backend._get_service(self._get_param("cluster", "default"), self._get_param("service").split("/")[-1])
        statuses, created = self._get_param("status"), self._get_param("createdAt") or {}
        after, before = created.get("after") or 0, created.get("before") or float("inf")
        all_ = [
            course.brief()
            for course in service.history
            if (not statuses or course.status in statuses) and after <= course.created_at.timestamp() <= before
        ]
        first, most = int(self._get_param("nextToken") or 0), int(self._get_param("maxResults") or 20)
        answer = {"serviceDeployments": all_[first : first + most]}
        if len(all_) > first + most:
            answer["nextToken"] = str(first + most)
        return ActionResult(answer)

    def describe_service_deployments(self):
        described, failures = found(self._get_param("serviceDeploymentArns"), {course.arn: course.described() for course in courses()})
        return ActionResult({"serviceDeployments": described, "failures": failures})

    def describe_service_revisions(self):
        revisions = {revision["serviceRevisionArn"]: revision for revision in (course.revision() for course in courses())}
        described, failures = found(self._get_param("serviceRevisionArns"), revisions)
        return ActionResult({"serviceRevisions": described, "failures": failures})

    def stop_service_deployment(self):
        arn, kind = self._get_param("serviceDeploymentArn"), self._get_param("stopType") or "ROLLBACK"
        if kind != "ROLLBACK":  # "The valid values are ROLLBACK"
            raise InvalidParameterException(f"The stop type {kind} isn't supported.")
        course = deployments.find_service_deployment(arn)
        if course is None:
            raise ECSException("ServiceDeploymentNotFoundException", "Service deployment not found.")
        goes_back = course.status in ("ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS")  # which goes on
        if not goes_back and not deployments.stop_service_deployment(course, utcnow()):
            raise ECSException("ConflictException", "The service deployment is not in progress.")
        return ActionResult({"serviceDeploymentArn": arn})

    for call in list_service_deployments, describe_service_deployments, describe_service_revisions, stop_service_deployment:
        setattr(EC2ContainerServiceResponse, call.__name__, call)


def containers_are_entered():
    """ECS opens a session in a container of a task that runs, if its service let people enter the containers when the task was started.

    API reference, ExecuteCommand: InvalidParameterException; developer guide, "Monitor Amazon ECS containers with ECS Exec". AWS does not say in which
    words it refuses a container that there is not.
    """
    if hasattr(EC2ContainerServiceResponse, "execute_command"):
        raise Outdated("EC2ContainerServiceResponse.execute_command")

    def execute_command(self):
        cluster, name = self.ecs_backend._get_cluster(self._get_param("cluster", "default")), self._get_param("container")
        if not self._get_param("interactive"):
            raise InvalidParameterException("Interactive is the only mode supported currently.")
        for task in self.ecs_backend.describe_tasks(cluster.name, [self._get_param("task")]):
            if task.last_status != "RUNNING" or not getattr(task, "enable_execute_command", False):
                raise InvalidParameterException(
                    "The execute command failed because execute command was not enabled when the task was run or the execute command agent isn't "
                    "running. Wait and try again or run a new task with execute command enabled and try again."
                )
            for container in task.containers:
                if name == container.name or name is None and len(task.containers) == 1:
                    id_ = f"ecs-execute-command-{mock_random.get_random_hex(17)}"
                    return ActionResult(
                        {
                            "clusterArn": cluster.arn,
                            "taskArn": task.task_arn,
                            "containerArn": container.container_arn,
                            "containerName": container.name,
                            "interactive": True,
                            "session": {
                                "sessionId": id_,
                                "streamUrl": f"wss://ssmmessages.{self.region}.amazonaws.com/v1/data-channel/{id_}",
                                "tokenValue": mock_random.get_random_hex(32),
                            },
                        }
                    )
            raise InvalidParameterException(f"The task has no container {name}.")
        raise InvalidParameterException("The specified task was not found.")

    EC2ContainerServiceResponse.execute_command = execute_command
