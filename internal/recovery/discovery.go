package recovery

import (
	"context"

	"github.com/order-bot/infra/internal/servicediscovery"
)

// namespace: by name. AWS takes a name once in a VPC. Imported by ID:VPC (service_discovery_private_dns_namespace.html.markdown).
func namespace(ctx context.Context, f *finder, r resource) (*Found, error) {
	all, err := servicediscovery.New(f.config).PrivateNamespaces(ctx)
	if err != nil {
		return nil, err
	}
	return f.named(ctx, r, all, func(id string) string { return id + ":" + f.value(r, "vpc") })
}

// privateName: by name in its namespace. Imported by its id (service_discovery_service.html.markdown).
func privateName(ctx context.Context, f *finder, r resource) (*Found, error) {
	id := f.value(r, "dns_config", "namespace_id")
	if id == "" {
		return nil, nil
	}
	all, err := servicediscovery.New(f.config).Names(ctx, id)
	if err != nil {
		return nil, err
	}
	return f.named(ctx, r, all, func(id string) string { return id })
}

// named is the one of all that has the name of a resource, and its tags.
func (f *finder) named(ctx context.Context, r resource, all []servicediscovery.Named, imported func(id string) string) (*Found, error) {
	for _, one := range all {
		if one.Name != f.value(r, "name") {
			continue
		}
		tags, err := servicediscovery.New(f.config).Tags(ctx, one.ARN)
		if err != nil {
			return nil, err
		}
		return f.tagged(r, &Found{ID: imported(one.ID), values: map[string]string{"id": one.ID, "arn": one.ARN}}, tags)
	}
	return nil, nil
}
