// Package tags turns tags into what the provider bindings take.
package tags

import "github.com/aws/jsii-runtime-go"

// Map returns tags for the provider bindings.
func Map(tags map[string]string) *map[string]*string {
	pointers := make(map[string]*string, len(tags))
	for key, value := range tags {
		pointers[key] = jsii.String(value)
	}
	return &pointers
}

// Named returns tags and the tag Name, which the AWS console shows as a resource's name.
func Named(tags map[string]string, name string) *map[string]*string {
	pointers := Map(tags)
	(*pointers)["Name"] = jsii.String(name)
	return pointers
}
