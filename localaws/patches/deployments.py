"""The course of an ECS service's deployments.

Developer guide, "Deploy Amazon ECS services by replacing tasks" and "How the Amazon ECS deployment
circuit breaker detects failures". There is no thread: what is due happens before the next
request is answered, in the order in which it was due.
"""

from datetime import timedelta
from types import SimpleNamespace

from moto.cloudwatch.models import cloudwatch_backends
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.utils import unix_time_millis, utcnow
from moto.ec2 import ec2_backends
from moto.ecs import models
from moto.ecs.exceptions import InvalidParameterException
from moto.elbv2.models import elbv2_backends
from moto.logs.models import logs_backends
from moto.moto_api._internal import mock_random

from . import ec2, ecr, events, madeup

# How many seconds a task takes until it runs, or fails; one of an image whose tag begins with "slow" takes longer.
TASK_SECONDS = 1
SLOW_TASK_SECONDS = 15
# How many seconds a task of an image that crashes runs before it ends, and after how many the third one of a deployment starts. ECS takes its
# time, too, so that whoever watches sees the same exit twice before the circuit breaker has counted to three.
CRASH_SECONDS = 1
CRASH_PAUSE_SECONDS = 300
# How many seconds a task runs that fails the health checks of its load balancer, until ECS stops it.
SICK_SECONDS = 15
# How many times as long as its tasks take to start a rollout with alarms goes on, once they run and the old ones have stopped. AWS computes this
# "bake time" of the alarms.
BAKE_TIMES = 5
# Stopped tasks are answered for an hour: API reference, DescribeTasks.
STOPPED_TASKS_STAY = timedelta(hours=1)
# As many events as DescribeServices answers.
EVENTS = 100

# What ECS says of a task that does not reach the service of its secrets.
SECRETS = {
    "secretsmanager": "unable to retrieve secret from asm: There is a connection issue between the task and AWS Secrets Manager",
    "ssm": "unable to retrieve secrets from ssm: The task cannot pull secrets from AWS Systems Manager. There is a connection issue between the task "
    "and AWS Systems Manager Parameter Store",
}
NO_ECR = "There is a connection issue between the task and Amazon ECR"
CHECK_NETWORK = "Check your task network configuration."

# What ELB says of a target that answers its health checks with a wrong code: API reference, TargetHealth.
REFUSED = {"status": "unhealthy", "reason": "Target.ResponseCodeMismatch", "description": "Health checks failed with these codes: [503]"}

broken_images = set()


def is_broken(image):
    """Says whether an image fails: one whose tag begins with "broken", or that was broken since, or that is not there."""
    tag = ecr.tag_of(image)
    return tag.startswith("broken") or image in broken_images or ecr.is_missing(tag)


def seconds_of(images):
    """How long a task of these images takes until it runs."""
    return timedelta(seconds=SLOW_TASK_SECONDS if begins(images, "slow") else TASK_SECONDS)


def begins(images, word):
    """Says whether the tag of one of the images begins with a word."""
    return any(ecr.tag_of(image).startswith(word) for image in images)


def break_image(image):
    """Has an image's new tasks fail from now on, and its running ones end."""
    broken_images.add(image)
    for service in services():
        service.end_broken_tasks(utcnow())


def services():
    for backend in models.ecs_backends[DEFAULT_ACCOUNT_ID].values():
        yield from (service for service in backend.services.values() if service.status == "ACTIVE")


def advance():
    """Lets happen in all services what is due by now."""
    for service in services():
        service.advance(utcnow())


class Task(models.Task):
    """A task on Fargate. Its status is what it was set to, and no tick of moto's."""

    status = "PENDING"

    def __init__(self, **settings):
        super().__init__(**settings)
        definition = settings["task_definition"]
        self.status, self.definition = "PENDING", definition
        self.images = [container["image"] for container in definition.container_definitions]
        self.secrets = {
            "secretsmanager" if ":secretsmanager:" in secret["valueFrom"] else "ssm"
            for container in definition.container_definitions
            for secret in container.get("secrets") or []
        }
        platform = definition.runtime_platform or {}
        self.processor = "arm64" if platform.get("cpuArchitecture") == "ARM64" else "amd64"
        self.containers = [
            models.Container(SimpleNamespace(arn=definition.arn, container_definitions=[container]))
            for container in definition.container_definitions
        ]
        for container in self.containers:
            container.exitCode = None
            container.image_digest = None
            container.runtime_id = f"{self.id}-{container.container_arn[-10:]}"
        self.cpu, self.memory = definition.cpu, definition.memory
        self.stopped_reason = None

    def advance(self):
        pass

    def unmounted(self):
        return self.attachments and madeup.unmounted(self.region_name, self.definition.volumes, detail(self.attachments[0], "subnetId"))

    def broken_image(self):
        return next(filter(is_broken, self.images), None)

    def unreachable(self):
        """Why a task does not start where it reaches neither its registry nor its secrets, or None.

        Developer guide, "ResourceInitializationError task errors" and "Fargate task networking".
        """
        if not self.attachments:
            return None
        public = self.network_configuration["awsvpcConfiguration"].get("assignPublicIp") == "ENABLED"
        reached = ec2.reaches(
            ec2_backends[self._account_id][self.region_name],
            detail(self.attachments[0], "subnetId"),
            public,
            {"ecr.api", "ecr.dkr", "s3", "internet", *SECRETS},
        )
        initialization = "ResourceInitializationError: unable to pull secrets or registry auth: "
        for service in self.secrets - reached:
            return f"{initialization}{SECRETS[service]}. {CHECK_NETWORK}"
        for image in self.images:
            if ".dkr.ecr." not in image:
                if "internet" not in reached:
                    return (
                        f"CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref {image}: "
                        "failed to do request: i/o timeout"
                    )
            elif "ecr.api" not in reached:
                return f"{initialization}The task cannot pull registry auth from Amazon ECR: {NO_ECR}. {CHECK_NETWORK}"
            elif not {"ecr.dkr", "s3"} <= reached:
                return f"CannotPullContainerError: The task cannot pull '{image}' from Amazon ECR. {NO_ECR}. {CHECK_NETWORK}"
        return None

    def obstacle(self):
        """Why a task does not start, or None: developer guide, "CannotPullContainer task errors"."""
        if reason := self.unreachable() or self.unmounted():
            return reason
        if image := self.broken_image():
            return f"CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref {image}: {image}: not found"
        for image in self.images:
            if self.processor not in (are_for := ecr.processors_of(ecr.tag_of(image))):
                return (
                    "CannotPullContainerError: pull image manifest has been retried 1 time(s): image Manifest does not contain descriptor "
                    f"matching platform 'linux/{self.processor}': {image} is for {are_for[0]}"
                )
        return None

    def log(self, line, now, only=None):
        """Writes a line to the logs of its containers, or of one of them: developer guide, "Send Amazon ECS logs to CloudWatch"."""
        groups = logs_backends[self._account_id][self.region_name].groups
        for container in self.definition.container_definitions:
            if only not in (None, container["name"]):
                continue
            options = (container.get("logConfiguration") or {}).get("options") or {}
            if group := groups.get(options.get("awslogs-group")):
                stream = f"{options.get('awslogs-stream-prefix')}/{container['name']}/{self.id}"
                group.create_log_stream(stream)
                group.put_log_events(stream, [{"timestamp": int(unix_time_millis(now)), "message": line}])

    def set_status(self, status):
        self.status = status
        for container in self.containers:
            container.last_status = status

    def can_be_entered(self, now):
        """Starts the agent of ECS Exec in its containers: API reference, Task and ManagedAgent."""
        self.enable_execute_command = True
        for container in self.containers:
            container.managed_agents = [{"name": "ExecuteCommandAgent", "lastStatus": "RUNNING", "lastStartedAt": now}]

    def end(self, code, reason, now, exit_code=None):
        """Stops the task, and gives its network interfaces back."""
        for container in self.containers:
            container.exitCode = exit_code
            container.reason = reason if code == "TaskFailedToStart" else None
        self.set_status("STOPPED")
        self.desired_status = "STOPPED"
        self.stop_code, self.stopped_reason, self.stopped_at = code, reason, now
        interfaces = ec2_backends[self._account_id][self.region_name].enis
        for attachment in self.attachments:
            attachment["status"] = "DELETED"
            interfaces.pop(detail(attachment, "networkInterfaceId"), None)


class ServiceTask(Task):
    """A task of a service."""

    def __init__(self, service, deployment, now):
        super().__init__(
            cluster=service.cluster,
            task_definition=service.definition(deployment),
            container_instance_arn=None,
            resource_requirements=None,
            backend=service._backend,
            group=f"service:{service.name}",
            launch_type=service.launch_type,
            started_by=deployment.id,
            networking_configuration=deployment.network_configuration,
            platform_version=service.platform_version,
        )
        self.created_at = now
        # ECS waits longer after each failure: developer guide, "Amazon ECS service throttle logic".
        self.due = now + seconds_of(self.images) * max(1, deployment.failed_tasks - 3)
        if begins(self.images, "crash") and deployment.failed_tasks >= 2:
            self.due = now + timedelta(seconds=CRASH_PAUSE_SECONDS)
        self.ends = None  # when a running task ends by itself, or is stopped as it fails its health checks
        self.sick = False
        self.flaps = begins(self.images, "flap") and deployment.failed_tasks == 0

    def start(self, now, balanced):
        """Runs the task, and says when it ends: one of an image that crashes, that fails once, or that fails its health checks."""
        self.set_status("RUNNING")
        self.started_at = now
        self.sick = balanced and begins(self.images, "sick")
        if begins(self.images, "crash") or self.flaps:
            self.ends = now + timedelta(seconds=CRASH_SECONDS)
        elif self.sick:
            self.ends = now + timedelta(seconds=SICK_SECONDS)


class Deployment:
    """A deployment of a service, as DescribeServices answers it."""

    def __init__(self, service, now):
        self.id = f"ecs-svc/{mock_random.randint(10**18, 10**19 - 1)}"
        self.status = "PRIMARY"
        self.task_definition, self.network_configuration, self.load_balancers = service.revision()
        self.launch_type = service.launch_type
        self.platform_version = service.platform_version
        self.platform_family = "Linux"
        self.desired_count = service.desired_count
        self.failed_tasks = 0
        self.bakes = False
        self.created_at = now
        self.tasks = []  # those that have not stopped
        # All tasks of a deployment take the same image, whatever the tag is since: developer guide, "Container image resolution".
        images = [container["image"] for container in service.definition(self).container_definitions]
        self.digests = {image: ecr.digest_of(service._account_id, image) for image in images}
        self.roll_out("IN_PROGRESS", f"ECS deployment {self.id} in progress.", now)

    def roll_out(self, state, reason, now):
        self.rollout_state, self.rollout_state_reason, self.updated_at = state, reason, now
        self.completes = now  # at the earliest

    def count(self, status):
        return sum(task.status == status for task in self.tasks)

    @property
    def running_count(self):
        return self.count("RUNNING")

    @property
    def healthy_count(self):
        return sum(task.status == "RUNNING" and task.ends is None for task in self.tasks)

    @property
    def pending_count(self):
        return self.count("PENDING")


class Service(models.Service):
    """A service whose deployments take time, and can fail."""

    deployments = ()  # until moto has set all else

    def __init__(self, cluster, *args, **kwargs):
        super().__init__(cluster, *args, **kwargs)
        self.cluster = cluster
        self.created_at = utcnow()
        self.deployments = []
        self.history = []  # its service deployments, the newest first
        self.steady = False
        self.deploy(utcnow())

    # moto sets both; they follow from the tasks.
    running_count = property(lambda self: sum(d.running_count for d in self.deployments), lambda self, _: None)
    pending_count = property(lambda self: sum(d.pending_count for d in self.deployments), lambda self, _: None)

    def revision(self):
        """What of a service is deployed: another one is another deployment."""
        return self.task_definition, self.network_configuration, self.load_balancers

    def definition(self, deployment):
        return self._backend.describe_task_definition(deployment.task_definition)

    def happened(self, message, now):
        event = {"id": str(mock_random.uuid4()), "createdAt": now, "message": f"(service {self.name}) {message}"}
        self.events = [event, *self.events][:EVENTS]

    def deploy(self, now):
        """Starts a deployment of the service as it is now. The one before stays until this one is completed."""
        if self.deployment_controller["type"] != "ECS":
            return
        deployment = Deployment(self, now)
        if self.definition(deployment).network_mode == "awsvpc" and not self.network_configuration:
            raise InvalidParameterException("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
        for before in self.deployments:
            before.status = "ACTIVE"
        for course in self.history:
            course.end("STOPPED", "Service deployment stopped because another one was started.", now)
        self.history.insert(0, ServiceDeployment(self, deployment, now))
        self.deployments.insert(0, deployment)

    def advance(self, now):
        """Lets happen what is due by now."""
        stopped = [(deployment, task) for deployment in self.deployments for task in deployment.tasks if task.status == "STOPPED"]
        for deployment, task in stopped:  # by StopTask
            self.end(deployment, task, "UserInitiated", task.stopped_reason or "Task stopped by user", now)
        if stopped:
            self.settle(now)
        if self.is_monitored() and (names := self.ringing()):
            self.history[0].triggered = names
            primary, *older = self.deployments
            self.fail(primary, older, self.deployment_configuration["alarms"].get("rollback"), "alarm", now)
            self.settle(now)
        while (at := self.next_moment()) and at <= now:
            for deployment in self.deployments:
                for task in [task for task in deployment.tasks if task.status == "PENDING" and task.due <= at]:
                    self.run(deployment, task, at)
                for task in [task for task in deployment.tasks if task.status == "RUNNING" and task.ends and task.ends <= at]:
                    self.end_by_itself(deployment, task, at)
            self.settle(at)
        self.forget(now)

    def alarms(self):
        """The names of the alarms by which a rollout fails: developer guide, "How CloudWatch alarms detect Amazon ECS deployment failures"."""
        alarms = (getattr(self, "deployment_configuration", None) or {}).get("alarms") or {}
        return alarms.get("alarmNames", []) if alarms.get("enable") else []

    def ringing(self):
        known = cloudwatch_backends[self._account_id][self.region_name].alarms
        return [name for name in self.alarms() if name in known and known[name].state_value == "ALARM"]

    def is_monitored(self):
        """Tells whether an alarm can end the rollout that is in progress. One back does not end."""
        course = self.history[0] if self.history else None
        return course and course.monitors and not course.rollback and self.deployments[0].rollout_state == "IN_PROGRESS"

    def next_moment(self):
        """When the next task runs or ends, or a deployment that has all its tasks is completed."""
        tasks = [task for deployment in self.deployments for task in deployment.tasks]
        moments = [task.due for task in tasks if task.status == "PENDING"]
        moments += [task.ends for task in tasks if task.status == "RUNNING" and task.ends]
        if self.deployments and self.deployments[0].rollout_state == "IN_PROGRESS" and self.is_full():
            moments.append(self.deployments[0].completes)
        return min(moments, default=None)

    def is_full(self):
        return self.deployments[0].healthy_count == self.desired_count

    def settle(self, now):
        """Does what ECS does whenever a task has run or ended, or the desired count has changed."""
        if not self.deployments:
            return
        primary, *older = self.deployments
        breaker = (getattr(self, "deployment_configuration", None) or {}).get("deploymentCircuitBreaker") or {}
        failures = min(200, max(3, -(-self.desired_count // 2)))
        if primary.rollout_state == "IN_PROGRESS" and primary.failed_tasks >= failures and breaker.get("enable"):
            self.fail(primary, older, breaker.get("rollback"), "circuit breaker", now)
            primary, *older = self.deployments
        if primary.rollout_state != "FAILED":  # which launches no tasks
            primary.desired_count = self.desired_count
            while len(primary.tasks) < self.desired_count:
                self.launch(primary, now)
        for deployment in self.deployments:
            self.end_tasks(deployment, deployment.tasks[self.desired_count :], now)
        if self.is_monitored() and self.is_full() and not primary.bakes:
            primary.bakes, primary.completes = True, now + seconds_of(primary.digests) * BAKE_TIMES
            for deployment in older:
                self.end_tasks(deployment, list(deployment.tasks), now)
        if primary.rollout_state == "IN_PROGRESS" and self.is_full() and primary.completes <= now:
            self.complete(primary, older, now)
        if primary.rollout_state == "FAILED":
            self.deployments = [primary] + [deployment for deployment in older if deployment.tasks]
        steady = len(self.deployments) == 1 and self.is_full()
        if steady and not self.steady:
            self.happened("has reached a steady state.", now)
        self.steady = steady

    def complete(self, primary, older, now):
        primary.roll_out("COMPLETED", f"ECS deployment {primary.id} completed.", now)
        self.history[0].complete(now)
        for deployment in older:
            self.end_tasks(deployment, list(deployment.tasks), now)
        self.deployments = [primary]
        self.happened(f"(deployment {primary.id}) deployment completed.", now)

    def fail(self, primary, older, rollback, by, now):
        """Ends a deployment that the circuit breaker, an alarm or a person stops, and goes back to the last completed one.

        That one is in progress again, and can fail, too. AWS does not say whether it goes
        back to a revision that was deregistered since: here it does not.
        """
        why = {"circuit breaker": "tasks failed to start", "alarm": "alarm detected"}.get(by, "deployment was stopped by a user")
        primary.roll_out("FAILED", f"ECS deployment {by}: {why}.", now)
        events.deployment_failed(self, primary, now)
        if by != "alarm":  # whose tasks serve until the old ones run again
            self.end_tasks(primary, list(primary.tasks), now)
        self.happened(f"(deployment {primary.id}) deployment failed: {why}.", now)
        completed = [d for d in older if d.rollout_state == "COMPLETED" and self.definition(d).status == "ACTIVE"]
        if not rollback or not completed:
            self.history[0].end("ROLLBACK_FAILED" if rollback else "STOPPED", primary.rollout_state_reason, now)
            return
        last = completed[0]
        self.history[0].go_back(last, primary.rollout_state_reason, now)
        self.happened(f"rolling back to deployment {last.id}.", now)
        primary.status, last.status = "ACTIVE", "PRIMARY"
        last.failed_tasks = 0
        last.roll_out("IN_PROGRESS", f"ECS deployment {by}: rolling back to deploymentId {last.id}.", now)
        last.completes = now + seconds_of(last.digests)
        self.deployments = [last, primary] + [deployment for deployment in older if deployment is not last]
        self.task_definition, self.network_configuration, self.load_balancers = (
            last.task_definition,
            last.network_configuration,
            last.load_balancers,
        )

    def launch(self, deployment, now):
        task = ServiceTask(self, deployment, now)
        deployment.tasks.append(task)
        self._backend.tasks.setdefault(self.cluster.name, {})[task.task_arn] = task
        self.happened(f"has started 1 tasks: (task {task.id}).", now)

    def run(self, deployment, task, now):
        """Runs a task, or fails it. Where ECS does not get the role of a task, there is an event and no task."""
        if reason := madeup.refusal_of(task.definition):
            deployment.failed_tasks += 1
            deployment.tasks.remove(task)
            task.end("TaskFailedToStart", reason, now)
            del self._backend.tasks[self.cluster.name][task.task_arn]
            self.happened(f"failed to launch a task with (error {reason}).", now)
            return
        reason = task.obstacle()
        if reason:
            deployment.failed_tasks += 1
            self.end(deployment, task, "TaskFailedToStart", reason, now)
            return
        task.start(now, balanced=any(self.target_groups(deployment)))
        if getattr(self, "enable_execute_command", None):
            task.can_be_entered(now)
        for container in task.containers:
            container.image_digest = deployment.digests.get(container.image)
        for group, port in self.target_groups(deployment):
            group.register([{"Id": address(task), "Port": port}])

    def end_by_itself(self, deployment, task, now):
        """Ends a task whose container exits, or that fails the health checks: developer guide, "Stopped task error messages"."""
        deployment.failed_tasks += 1
        if not task.sick:
            task.log("Error: this container ends by itself, as the tag of its image says.", now)
            self.end(deployment, task, "EssentialContainerExited", "Essential container in task exited", now)
            return
        groups = ", ".join(f"(target-group {group.arn})" for group, _ in self.target_groups(deployment))
        self.happened(f"(port {next(self.target_groups(deployment))[1]}) is unhealthy in {groups} due to (reason {REFUSED['description']})", now)
        self.end(deployment, task, "ServiceSchedulerInitiated", f"Task failed ELB health checks in {groups}", now)

    def end_broken_tasks(self, now):
        """Ends the running tasks of broken images: developer guide, "Stopped task error messages"."""
        for deployment in self.deployments:
            for task in [task for task in deployment.tasks if task.status == "RUNNING" and task.broken_image()]:
                deployment.failed_tasks += 1
                self.end(deployment, task, "EssentialContainerExited", "Essential container in task exited", now)
        self.settle(now)

    def end_tasks(self, deployment, tasks, now):
        for task in tasks:
            self.end(deployment, task, "ServiceSchedulerInitiated", f"Scaling activity initiated by (deployment {deployment.id})", now)
            self.happened(f"has stopped 1 running tasks: (task {task.id}).", now)

    def end(self, deployment, task, code, reason, now):
        deployment.tasks.remove(task)
        for group, _ in self.target_groups(deployment):
            if task.attachments and address(task) in group.targets:
                group.deregister([{"Id": address(task)}])
        task.end(code, reason, now, exit_code=1 if code == "EssentialContainerExited" else None)
        events.task_stopped(task)

    def stop(self, now):
        """Ends all tasks of a service that is deleted."""
        for deployment in self.deployments:
            self.end_tasks(deployment, list(deployment.tasks), now)
        self.deployments = []
        self.desired_count = 0

    def forget(self, now):
        tasks = self._backend.tasks.get(self.cluster.name, {})
        for arn, task in list(tasks.items()):
            if task.group == f"service:{self.name}" and task.status == "STOPPED" and task.stopped_at < now - STOPPED_TASKS_STAY:
                del tasks[arn]

    def target_groups(self, deployment):
        groups = elbv2_backends[self._account_id][self.region_name].target_groups
        for balancer in deployment.load_balancers:
            group = groups.get(balancer.get("targetGroupArn"))
            if group and group.target_type == "ip":
                yield group, balancer["containerPort"]


def address(task):
    return detail(task.attachments[0], "privateIPv4Address")


def detail(attachment, name):
    return next(d["value"] for d in attachment["details"] if d["name"] == name)


def is_sick(address_):
    """Says whether a task has this address whose container answers the health checks of its load balancer with a wrong code."""
    tasks = (task for service in services() for deployment in service.deployments for task in deployment.tasks)
    return any(task.sick and task.attachments and address(task) == address_ for task in tasks)


class ServiceDeployment:
    """A deployment of a service from its begin to its end, as DescribeServiceDeployments answers it.

    Developer guide, "View service history using Amazon ECS service deployments".
    """

    ENDED = {"SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"}

    def __init__(self, service, deployment, now):
        self.service, self.deployment = service, deployment
        self.number = deployment.id.rpartition("/")[2]
        self.arn = service_arn(service, "service-deployment", mock_random.get_random_hex(22))
        # The revision that is in the place of which this one comes, if any was completed.
        self.source = next((before for before in service.deployments if before.rollout_state == "COMPLETED"), None)
        self.status, self.reason = "IN_PROGRESS", None
        # An alarm that rings already does not count.
        self.monitors, self.triggered = bool(service.alarms() and not service.ringing()), []
        self.created_at, self.updated_at, self.finished_at, self.stopped_at, self.rollback = now, now, None, None, None
        self.running_count = None

    def set(self, status, reason, now):
        self.status, self.reason, self.updated_at = status, reason, now

    def end(self, status, reason, now):
        if self.status in self.ENDED:
            return
        self.set(status, reason, now)
        self.finished_at = now
        self.stopped_at = now if status == "STOPPED" else None
        self.running_count = self.deployment.running_count

    def complete(self, now):
        """The newest deployment of the service has all its tasks: this one's, or the one before, to which ECS went back."""
        self.end("ROLLBACK_SUCCESSFUL" if self.rollback else "SUCCESSFUL", self.reason, now)

    def go_back(self, deployment, reason, now):
        self.set("ROLLBACK_IN_PROGRESS", reason, now)
        self.rollback = {"reason": reason, "startedAt": now, "serviceRevisionArn": revision_arn(self.service, deployment)}

    def brief(self):
        return {
            "serviceDeploymentArn": self.arn,
            "serviceArn": self.service.arn,
            "clusterArn": self.service.cluster_arn,
            "createdAt": self.created_at,
            "startedAt": self.created_at,
            "finishedAt": self.finished_at,
            "targetServiceRevisionArn": revision_arn(self.service, self.deployment),
            "status": self.status,
            "statusReason": self.reason,
        }

    def described(self):
        whole = self.brief() | {"stoppedAt": self.stopped_at, "updatedAt": self.updated_at, "rollback": self.rollback}
        whole["targetServiceRevision"] = {
            "arn": whole.pop("targetServiceRevisionArn"),
            "requestedTaskCount": self.deployment.desired_count,
            "runningTaskCount": self.deployment.running_count if self.running_count is None else self.running_count,
            "pendingTaskCount": self.deployment.pending_count,
        }
        state = "DISABLED" if not self.monitors else "TRIGGERED" if self.triggered else "MONITORING_COMPLETE" if self.finished_at else "MONITORING"
        whole["alarms"] = {"status": state, "alarmNames": self.service.alarms(), "triggeredAlarmNames": self.triggered}
        whole["sourceServiceRevisions"] = [{"arn": revision_arn(self.service, self.source)}] if self.source else []
        return whole

    def revision(self):
        """What was deployed, as DescribeServiceRevisions answers it."""
        definition = self.service.definition(self.deployment)
        return {
            "serviceRevisionArn": revision_arn(self.service, self.deployment),
            "serviceArn": self.service.arn,
            "clusterArn": self.service.cluster_arn,
            "taskDefinition": definition.arn,
            "launchType": self.deployment.launch_type,
            "networkConfiguration": self.deployment.network_configuration,
            "containerImages": [
                {"containerName": container["name"], "image": container["image"], "imageDigest": self.deployment.digests.get(container["image"])}
                for container in definition.container_definitions
            ],
            "createdAt": self.created_at,
        }


def service_arn(service, kind, id_):
    """Returns the ARN of a thing that belongs to a service: its deployment, its revision."""
    return f"{service.arn.partition(':service/')[0]}:{kind}/{service.cluster.name}/{service.name}/{id_}"


def revision_arn(service, deployment):
    return service_arn(service, "service-revision", deployment.id.rpartition("/")[2])


def find_service_deployment(arn):
    """Returns the service deployment of an ARN, or None."""
    return next((course for service in services() for course in service.history if course.arn == arn), None)


def stop_service_deployment(course, now):
    """Ends a deployment that is in progress, and goes back to the last completed one."""
    primary, *older = course.service.deployments
    if course.status != "IN_PROGRESS" or primary is not course.deployment:
        return False
    course.service.fail(primary, older, True, "rollback", now)
    course.service.settle(now)
    return True
