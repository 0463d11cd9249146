package localaws

import "maps"

// Values returns values for the variables of a stack: those that are given, and in the place of each that names
// something which was seeded, the name that it has here.
func (e *Emulator) Values(given map[string]any) map[string]any {
	values := maps.Clone(given)
	for name, value := range e.Seeded {
		if _, is := values[name]; is {
			values[name] = value
		}
	}
	return values
}
