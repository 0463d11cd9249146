// Package glob compares patterns in which * stands for any characters and ? for one, such as those of the paths of a load balancer.
package glob

import "strings"

// Takes tells whether a pattern matches all that another one does, or a text without * and ?.
func Takes(pattern, other string) bool {
	star, after := -1, 0 // the last * of the pattern, and up to where in other it reaches
	at, i := 0, 0
	for i < len(other) {
		switch {
		case at < len(pattern) && pattern[at] == '*':
			star, after = at, i
			at++
		case at < len(pattern) && other[i] != '*' && (pattern[at] == '?' || pattern[at] == other[i]):
			at, i = at+1, i+1
		case star >= 0: // it reaches further
			after++
			at, i = star+1, after
		default:
			return false
		}
	}
	return strings.Trim(pattern[at:], "*") == ""
}
