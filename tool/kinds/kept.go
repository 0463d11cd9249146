package kinds

// Kept is an attribute that AWS has as it was where a configuration says nothing of it any more: the provider takes it for one that AWS makes up, and no
// plan shows it.
type Kept struct {
	// Attribute is its path; of a list of blocks it means the first.
	Attribute []string
	// Default is its value where nobody ever said one.
	Default any
	// Way is how the design gets that back.
	Way string
}
