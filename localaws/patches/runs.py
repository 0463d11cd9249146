"""The course of a task that no service keeps running: of a job, or of RunTask.

Developer guide, "Amazon ECS task lifecycle".

There are no containers: three words of a shell are played. "echo TEXT" is logged, "sleep SECONDS" makes a run last, and "exit NUMBER" is how it
ends. They are those of the container that RunTask gives a command, or of the first one. A task that says no command goes on if it is of a
service's task definitions, and else it ends well.
"""

import re
from datetime import timedelta

from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.utils import utcnow
from moto.ecs import models

from . import events, madeup
from .deployments import STOPPED_TASKS_STAY, Task, seconds_of


class Run(Task):
    """A task that no service keeps running."""

    stopped_at = None
    told = False  # to EventBridge, that it has stopped

    def __init__(self, **settings):
        super().__init__(**settings)
        self.created_at = utcnow()
        self.starts = self.created_at + seconds_of(self.images)
        self.acting, words = self.definition.container_definitions[0]["name"], self.definition.container_definitions[0].get("command")
        for override in self.overrides.get("containerOverrides") or []:
            if override.get("command"):
                self.acting, words = override["name"], override["command"]
        self.command = " ".join(words or [])
        families = {service.task_definition.split("/")[-1].split(":")[0] for service in self._backend.services.values() if service.status == "ACTIVE"}
        self.goes_on = not self.command and self.definition.family in families

    def number_after(self, word, otherwise):
        found = re.search(rf"\b{word} (\d+)", self.command)
        return int(found[1]) if found else otherwise

    def proceed(self, now):
        """Lets happen what is due by now."""
        if self.status == "STOPPED" and self.stopped_at is None:  # by StopTask
            self.end("UserInitiated", self.stopped_reason or "Task stopped by user", now, exit_code=143)
        if self.status == "PENDING" and self.starts <= now:
            self.begin(self.starts)
        if self.status == "RUNNING" and not self.goes_on:
            at = self.started_at + timedelta(seconds=self.number_after("sleep", 1))
            if at <= now:
                self.end("EssentialContainerExited", "Essential container in task exited", at, exit_code=143)  # by SIGTERM
                for container in self.containers:
                    if container.name == self.acting:
                        container.exitCode = self.number_after("exit", 0)

    def begin(self, now):
        if reason := madeup.refusal_of(self.definition) or self.obstacle():
            self.end("TaskFailedToStart", reason, now)
            return
        self.set_status("RUNNING")
        self.started_at = now
        if said := re.search(r"\becho ([^;&|]+)", self.command):
            self.log(said[1].strip(), now, self.acting)


def runs(backend):
    return [(tasks, arn, task) for tasks in backend.tasks.values() for arn, task in tasks.items() if isinstance(task, Run)]


def advance():
    """Lets happen in all runs what is due by now, and forgets those that ended long ago."""
    now = utcnow()
    for backend in models.ecs_backends[DEFAULT_ACCOUNT_ID].values():
        for tasks, arn, task in runs(backend):
            task.proceed(now)
            if task.status == "STOPPED" and not task.told:
                task.told = True
                events.task_stopped(task)
            if task.status == "STOPPED" and task.stopped_at < now - STOPPED_TASKS_STAY:
                del tasks[arn]
