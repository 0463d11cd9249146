package stacks

// Names returns the names of all stacks, in the order in which they are deployed.
func Names() []string { return []string{"global", "prod"} }
