package e2e

import (
	"strings"
	"testing"

	"github.com/order-bot/infra/tool/aws/awsapi"
	"github.com/order-bot/infra/tool/aws/servicediscovery"
)

// cloudMap asks Cloud Map. It returns the id of what is created: of a namespace that of the operation, which is not needed here.
type cloudMap func(action string, input map[string]any) (id string, err error)

func newCloudMap(t *testing.T) cloudMap {
	api := awsapi.New(newClients(local).config, awsapi.Service{ID: "ServiceDiscovery", Prefix: "servicediscovery", Target: "Route53AutoNaming_v20170314"})
	return func(action string, input map[string]any) (string, error) {
		var answer struct{ Service struct{ ID string } }
		err := api.JSON(t.Context(), action, input, &answer)
		return answer.Service.ID, err
	}
}

// namespace creates a namespace, and returns its id.
func (c cloudMap) namespace(t *testing.T, vpc, name string) string {
	t.Helper()
	_, err := c("CreatePrivateDnsNamespace", map[string]any{"Name": name, "Vpc": vpc, "CreatorRequestId": name})
	allowed(t, "creating "+name, err)
	for _, one := range must[[]servicediscovery.Named](t)(servicediscovery.New(newClients(local).config).PrivateNamespaces(t.Context())) {
		if one.Name == name {
			return one.ID
		}
	}
	t.Fatalf("there is no %s", name)
	return ""
}

// A VPC has a namespace of each name (Cloud Map API reference, CreatePrivateDnsNamespace).
func TestRuleNetworksHaveSeveralNamespaces(t *testing.T) {
	t.Parallel()
	api := newCloudMap(t)
	first := api.namespace(t, "vpc-several", "one.several.internal")
	if second := api.namespace(t, "vpc-several", "two.several.internal"); second == first {
		t.Errorf("both are %s", first)
	}
	if _, err := api("CreatePrivateDnsNamespace", map[string]any{"Name": "one.several.internal", "Vpc": "vpc-several", "CreatorRequestId": "again"}); err == nil {
		t.Error("a VPC has a namespace twice")
	}
}

// A namespace has a name once, and is asked for its own names (Cloud Map API reference, CreateService and ListServices).
func TestRulePrivateNamesAreTakenOnce(t *testing.T) {
	t.Parallel()
	api := newCloudMap(t)
	create := func(namespace string) (string, error) {
		return api("CreateService", map[string]any{
			"Name": "api", "DnsConfig": map[string]any{"NamespaceId": namespace, "DnsRecords": []any{map[string]any{"Type": "A", "TTL": 10}}},
		})
	}
	one, two := api.namespace(t, "vpc-once", "one.once.internal"), api.namespace(t, "vpc-once", "two.once.internal")
	id := must[string](t)(create(one))
	if _, err := create(one); err == nil || !strings.Contains(err.Error(), "ServiceAlreadyExists") {
		t.Errorf("a name is there twice: %v", err)
	}
	must[string](t)(create(two))
	_, err := api("DeleteService", map[string]any{"Id": id})
	allowed(t, "deleting a name", err)
	must[string](t)(create(one))
}

func TestRulePrivateNamesAreListedByNamespace(t *testing.T) {
	t.Parallel()
	api := newCloudMap(t)
	client := servicediscovery.New(newClients(local).config)
	for _, name := range []string{"one.listed.internal", "two.listed.internal"} {
		namespace := api.namespace(t, "vpc-listed", name)
		created, err := api("CreateService", map[string]any{"Name": "api", "DnsConfig": map[string]any{"NamespaceId": namespace, "DnsRecords": []any{}}})
		allowed(t, "creating a name", err)
		all := must[[]servicediscovery.Named](t)(client.Names(t.Context(), namespace))
		if len(all) != 1 || all[0].ID != created {
			t.Errorf("%s has %+v, and not %s", name, all, created)
		}
	}
}
