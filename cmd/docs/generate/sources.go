package generate

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// sources say where in the code a resource is made.
type sources struct {
	// modules are the directories by the name that a stack gives to a module; the stacks themselves have none.
	modules map[string]string
	// makers are the calls by directory and package of the bindings, such as "modules/ecs" and "ecsservice".
	makers map[[2]string][]maker
}

// maker is a call that makes a resource. Its id is that of the construct; "" if it does not stand there as it is.
type maker struct{ file, id string }

// call is how the code makes something: ecsservice.NewEcsService(scope, jsii.String("service"), or ecs.New(s, "ecs", of a module.
var call = regexp.MustCompile(`(\w+)\.New\w*\([\w.]+, (?:jsii\.String\()?(?:"(\w+)"\)?,)?`)

// read looks at the files of stacks and modules below root.
func read(root string) (sources, error) {
	found := sources{modules: map[string]string{"": "stacks"}, makers: map[[2]string][]maker{}}
	for _, pattern := range []string{"stacks/*.go", "modules/*/*.go"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			return found, err
		}
		for _, path := range files {
			text, err := os.ReadFile(path)
			if err != nil {
				return found, err
			}
			file, err := filepath.Rel(root, path)
			if err != nil {
				return found, err
			}
			file = filepath.ToSlash(file)
			directory := file[:strings.LastIndex(file, "/")]
			for _, made := range call.FindAllSubmatch(text, -1) {
				of, id := string(made[1]), string(made[2])
				if of == "dns" { // which makes a record for its caller
					of = "route53record"
				}
				if directory == "stacks" && id != "" && of != "route53record" {
					found.modules[id] = "modules/" + of
				}
				found.makers[[2]string{directory, of}] = append(found.makers[[2]string{directory, of}], maker{file, id})
			}
		}
	}
	return found, nil
}

// of returns the file that makes the resource at address in a module.
func (s sources) of(module, address string) (string, error) {
	directory, known := s.modules[module]
	if !known {
		return "", fmt.Errorf("no file in stacks makes the module %q (known: %q)", module, slices.Sorted(maps.Keys(s.modules)))
	}
	// The bindings of aws_ecs_service are in ecsservice, those of data.aws_region in dataawsregion.
	kind := address[:strings.LastIndex(address, ".")]
	bindings := strings.NewReplacer("_", "", ".", "").Replace(strings.TrimPrefix(kind, "aws_"))
	files := map[string]bool{}
	for _, made := range s.makers[[2]string{directory, bindings}] {
		if strings.HasSuffix(address, made.id) {
			files[made.file] = true
		}
	}
	if len(files) != 1 {
		return "", fmt.Errorf("%s: made by %q in %s; that should be one file", address, slices.Sorted(maps.Keys(files)), directory)
	}
	return slices.Collect(maps.Keys(files))[0], nil
}
