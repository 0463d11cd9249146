"""Patches of Cloud Map."""

import json

from moto.core.exceptions import JsonRESTError
from moto.servicediscovery.models import ServiceDiscoveryBackend
from moto.servicediscovery.responses import ServiceDiscoveryResponse

from . import around


def private_names_are_taken_once():
    """A namespace has a name once. The settings of DNS may say which namespace that is.

    API reference, CreateService: ServiceAlreadyExists, "The service can't be created because a service with the same name already exists."
    """

    @around(ServiceDiscoveryBackend, "create_service", unless="ServiceAlreadyExists")
    def create_service(create, self, name, namespace_id, dns_config, **settings):
        namespace_id = namespace_id or (dns_config or {}).get("NamespaceId")
        for service in list(self.services.values()):
            if (service.namespace_id, service.name) == (namespace_id, name):
                raise JsonRESTError("ServiceAlreadyExists", "Service already exists.")
        return create(self, name=name, namespace_id=namespace_id, dns_config=dns_config, **settings)


def networks_have_several_namespaces():
    """A VPC has a namespace of each name. moto takes one in all.

    API reference, CreatePrivateDnsNamespace: ConflictingDomainExists is not among its errors. Developer guide, "AWS Cloud Map namespaces".
    """

    @around(ServiceDiscoveryBackend, "create_private_dns_namespace", unless="namespace.name == name")
    def create_private_dns_namespace(create, self, name, vpc, **settings):
        others = [namespace for namespace in self.namespaces.values() if namespace.vpc == vpc and namespace.name != name]
        for namespace in others:
            namespace.vpc = None  # create looks at nothing else of it
        try:
            return create(self, name=name, vpc=vpc, **settings)
        finally:
            for namespace in others:
                namespace.vpc = vpc


def private_names_are_listed_by_namespace():
    """Who asks for the names of a namespace gets no others.

    API reference, ListServices and ServiceFilter.
    """

    @around(ServiceDiscoveryResponse, "list_services", unless="Filters")
    def list_services(every, self):
        wanted = [of["Values"] for of in json.loads(self.body).get("Filters", []) if of["Name"] == "NAMESPACE_ID"]
        found = json.loads(every(self))["Services"]
        return json.dumps({"Services": [service for service in found if all(service["NamespaceId"] in ids for ids in wanted)]})
