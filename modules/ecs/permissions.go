package ecs

import (
	"regexp"
	"strings"

	"github.com/order-bot/infra/internal/check"
)

// Permission is what an application may do in AWS: all of the actions, on all of the resources.
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
type Permission struct {
	// Actions are such as "s3:GetObject" or "s3:Get*". Not "*" or "s3:*": that is more than any application needs.
	Actions []string
	// Resources are ARNs, such as "arn:aws:s3:::bucket/*".
	Resources []string
	// AnyResource is for actions for which AWS knows no resources. Resources is empty then.
	AnyResource bool
}

var (
	action      = regexp.MustCompile(`^[A-Za-z0-9-]+:[*?]*[A-Za-z][A-Za-z0-9*?]*$`)
	resourceARN = regexp.MustCompile(`^arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:\d{0,12}:[^\s"\\]+$`)
)

func (s Permission) validate() error {
	var p check.Problems
	if len(s.Actions) == 0 {
		p.Addf("permission: actions", "at least one is required")
	}
	for _, of := range s.Actions {
		p.Name("permission: action", of, 128, action, `service:Action, such as "s3:GetObject", and no * for all of a service`)
	}
	for _, of := range s.Resources {
		p.Name("permission: resource", of, 2048, resourceARN, `an ARN, such as "arn:aws:s3:::bucket/*"; for actions without resources set AnyResource`)
	}
	switch {
	case s.AnyResource && len(s.Resources) > 0:
		p.Addf("permission: resources", "are listed, and AnyResource is set: one of the two")
	case !s.AnyResource && len(s.Resources) == 0:
		p.Addf("permission: resources", "at least one is required, for %s", strings.Join(s.Actions, ", "))
	}
	return p.Err()
}
