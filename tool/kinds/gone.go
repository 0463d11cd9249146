package kinds

import (
	"fmt"

	"github.com/order-bot/infra/tool/tfvalue"
)

// Gone are the attributes of the resources that a plan destroys, by type and address.
type Gone map[string]map[string]map[string]any

// values are those of an attribute of all resources of a type.
func (g Gone) values(kind, attribute string) []string {
	var all []string
	for _, attributes := range g[kind] {
		all = append(all, fmt.Sprint(attributes[attribute]))
	}
	return all
}

// hold tells whether a resource of a type has a value in any of its attributes.
func (g Gone) hold(kind, value string) bool {
	for _, attributes := range g[kind] {
		if tfvalue.Holds(attributes, value) {
			return true
		}
	}
	return false
}
