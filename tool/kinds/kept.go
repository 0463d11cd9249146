package kinds

// Kept is an attribute that AWS has as it was where a configuration says nothing of it any more: the provider takes it for one that AWS makes up, and no
// plan shows it.
type Kept struct {
	// Type and Attribute say which: a path; of a list of blocks it means the first.
	Type      string
	Attribute []string
	// Default is its value where nobody ever said one.
	Default any
	// Way is how the design gets that back.
	Way string
}

// AllKept are those of all types.
var AllKept = []Kept{
	{"aws_lb_target_group", []string{"stickiness", "enabled"}, false, "StickySeconds: -1 of the service's HTTP switches it off"},
	{"aws_lb_target_group", []string{"health_check", "timeout"}, 5, "TimeoutSeconds: 5 of the service's Health is AWS's default"},
}
