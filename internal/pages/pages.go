// Package pages finds the pages that people read, for tests of what the pages say.
package pages

import "path/filepath"

// All returns the paths of all pages of the project in a directory: README.md, and those of docs, modules, localaws and fastjsii. It returns an
// error if the directory's path holds a broken pattern.
func All(project string) ([]string, error) {
	all := []string{filepath.Join(project, "README.md")}
	for _, pattern := range []string{"docs/*.md", "docs/*/*.md", "docs/*/*/*.md", "modules/*.md", "localaws/*.md", "fastjsii/*.md"} {
		found, err := filepath.Glob(filepath.Join(project, pattern))
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}
