"""Patches of Route 53."""

from moto.route53.exceptions import DnsNameInvalidForZone, ResourceRecordAlreadyExists
from moto.route53.models import Route53Backend

from . import around


def plain(name):
    return name.strip(".").lower()


def key(record_set):
    return plain(record_set["Name"]), record_set["Type"], record_set.get("SetIdentifier")


def records_are_created_once():
    """A record that exists is not created, whatever its values; one that existed before is.

    API reference, ChangeResourceRecordSets: CREATE and InvalidChangeBatch. moto refuses a CREATE that is
    in its journal to the letter: none is, where the journal has only what exists, and as UPSERT.
    """

    @around(Route53Backend, "change_resource_record_sets", unless="existing")
    def change_resource_record_sets(change, self, zoneid, change_list):
        zone = self.get_hosted_zone(zoneid)
        existing = {(plain(r.name), r.type, r.set_identifier) for r in zone.rrsets}
        zone.rr_changes[:] = [c | {"Action": "UPSERT"} for c in zone.rr_changes if key(c["ResourceRecordSet"]) in existing]
        for item in change_list:
            record_set = item["ResourceRecordSet"]
            if item["Action"] == "DELETE":
                existing.discard(key(record_set))
                continue
            if item["Action"] == "CREATE" and key(record_set) in existing:
                raise ResourceRecordAlreadyExists(name=plain(record_set["Name"]) + ".", _type=record_set["Type"])
            existing.add(key(record_set))
        return change(self, zoneid, change_list)


def records_belong_to_their_zone():
    """A name that is not the zone's or below it is refused, and with it the whole batch.

    API reference, ChangeResourceRecordSets: Name. moto takes otherexample.com for a name in example.com,
    and keeps the changes before one that it refuses.
    """

    @around(Route53Backend, "change_resource_record_sets", unless="not permitted in zone")
    def change_resource_record_sets(change, self, zoneid, change_list):
        zone = self.get_hosted_zone(zoneid)
        for item in change_list:
            name = plain(item["ResourceRecordSet"]["Name"])
            if name != plain(zone.name) and not name.endswith("." + plain(zone.name)):
                raise DnsNameInvalidForZone(name=name + ".", zone_name=plain(zone.name) + ".")
        return change(self, zoneid, change_list)
